// Package footprint is the far tier of transport: from where, and how much, a station's mean concentration looks.
//
// # Footprint
//
// The mean of a reading is linear in the emissions, y = Integral H(x) q(x) dx, with H in s/m3 (ug/m3 for a gram a
// second is 1e6 H). Air is followed back from the receptor along a few centre-lines, spread over the span of the mean,
// for up to six hours. Air of age a was near X(a), within a Gaussian of sd s(a), and at a height z above ground with the
// density V(z, a):
//
//	H(x) = Integral da  V(z, a)  exp(-|x - X(a)|^2 / 2 s^2) / (2 pi s^2)
//
// Nothing divides by the wind speed, so a calm is a puff that grows where it is.
//
// # Vertical
//
// V solves the diffusion equation from the height of the inlet back in time, in the boundary layer as it was at each age
// (tracing/air: K of the surface layer, falling to nothing at the mixing height), with the flux v_d V into the ground.
// The equation is its own adjoint: the kernel from z to the receptor is that from the receptor to z. The mean over V of
// the wind's profile, with its turn with height (van Ulden & Holtslag 1985), carries the centre-line; far from the
// source a random walk with the same K agrees with it. Settling of PM10 (3-6 mm/s) is part of v_d.
//
// # Sideways
//
// s^2 is the sum of turbulence (Taylor 1921 with Hanna's 1982 scales), of the meander of about 0.5 m/s that an hour's
// mean leaves out (Hanna 1983), of air that goes up and down through winds of different direction (Taylor 1953), and of
// what the direction is uncertain by.
//
// # Storage
//
// A row of H is kept on rings and spokes about its receptor, not on a map: 45 rings, each 15 % wider than the last, from
// 100 m to 47 km, and 128 spokes. Its cells grow with the distance as footprints do, so about a thousand values hold
// what a fixed grid needs a hundred thousand for; any place is looked up by linear interpolation without laying the
// footprint down again; and the wind's most common error, a turn, is a shift along the spokes. Only arcs that hold
// something are kept, in single precision. [Exact] sums the same puffs at one place without the rings.
//
// # Limits
//
// One boundary layer for the whole area; Gaussian spread, no skewed convection; no terrain; puffs narrower than 25 m
// are not resolved, so places nearer than 100 m to a receptor all look alike.
package footprint
