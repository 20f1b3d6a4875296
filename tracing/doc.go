// Package tracing looks upwind: where does this air come from, how sure are we, how much is emitted, and
// could it be something nobody has listed?
//
// # From readings to events
//
// [Exceedances] takes the background of each station as its own running low percentile plus what rises at
// its neighbours too, so that regional haze is no event, and groups station-times far above it. A plume in
// a picture is an event of its own ([PlumeTrigger]).
//
// # From wind to footprints
//
// Wind stations give u and v at 10 m on a grid by optimal interpolation (Gandin 1963), linear in time.
// From a receptor the air is followed back by midpoint steps. Along the path X(a), a the age, it is known
// ever worse: s_h^2 = (s_v a)^2/(1 + a/2T) + (s_d path)^2, turbulence after Taylor (1921) and the error of
// the direction s_d; the height spreads to s_z likewise. The time that air spends over a place, spread by
// these Gaussians, is the concentration at the receptor for a unit emission there, in s/m3:
//
//	h(x) = Integral da  exp(-|x-X(a)|^2 / 2 s_h^2) / (2 pi s_h^2)  *  V(z_receptor, z_source; s_z)
//
// V is the Gaussian with reflection at the ground. Nothing divides by the wind speed, so a calm is just a
// puff that grows where it is. In a steady wind this is the Gaussian plume.
//
// # From footprints to sources
//
// At each place of a grid, and at each listed site, one source of constant rate q must explain all means
// in the time of the event, those above their background and the clean ones: y = q h + e. The residual is
// taken in asinh(y / 2 sigma), relative in a plume and absolute near the noise, with Student-t tails, and
// the log likelihood is tempered, since the means of one event share the errors of one wind. Rates are
// marginalised on a logarithmic grid. What is wrong with the wind all through the event (its direction,
// its speed, the spread of the plume) is an ensemble, a Latin hypercube looked up by counter, over which
// the likelihood, not the footprint, is averaged. Half of the prior lies on the listed sites, half on
// places nobody has listed and on no such source: the probability of "none of these" is always part of the
// answer. Without any listed site the peaks of the map, where the back cones of many station-times
// overlap, are the answer. Along a single wind direction range and rate trade off: the trace says that it
// is a ray.
//
// Wind is u, v in m/s, towards east and north. To read "comes from" as "blows to", or to have a clock an
// hour off, gives no error anywhere; a trace compares the fit under both mistakes and warns.
//
// # Limits
//
// One source an event; a constant rate in it; a neutral surface layer unless the wind readings carry u* and
// the Obukhov length; no deposition, no terrain; path means are left out. Rates are broad on purpose.
package tracing
