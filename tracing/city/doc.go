// Package city finds the sources behind a day of readings of some hundred stations.
//
// # Model
//
// A reading is
//
//	y = (1 + g) (haze(x, t) + town(t) w) + o + Sum_s q_s H(x, t; s) + e
//
// haze is smooth in space (knots 12 km apart, or a plane when there are few stations) and a random walk in time; town(t)
// is a pattern of the day that stations share more or less of (w >= 0); g and o are the instrument's gain and offset.
// All are inferred together, by ridge regression with weights of Student-t errors: what is smooth over 12 km is nobody's
// plume, and what stays at one station all day is that station. H comes from tracing/footprint.
//
// Errors are Student-t with the variance s^2 + (k q H)^2: a modelled plume is right within a factor, so close to a
// source its own error counts, and far from it the instrument's.
//
// # A source at a place
//
// A source has a rate q, works in one span of hours, and the wind that carries it is turned by an angle: one offset all
// the time plus another in each hour, apart for air that came fast and air that came from far. For a place all these are
// summed out on grids. For the emission hour b, rate q and turn d the log likelihood ratio against no source is L(b,q,d);
//
//	L(b, q | offset) = log Sum_d p(d | offset) exp L(b, q, d)
//	evidence         = log Sum_{offset, q, span} p(offset) p(q) p(span) exp Sum_{b in span} L(b, q | offset)
//
// The likelihood is tempered, L / T, since errors of neighbouring readings are not independent, and once more when
// places are weighed against each other, since all readings of a source share the errors of one wind; the prior is not.
// The tempers were set on simulated days (fixtures/airshed, seeds below 1000).
//
// # Which places
//
// All cells of 800 m and all listed sites are looked at. The best is taken; if it stands a closer look, its
// neighbourhood is followed outwards as far as it weighs something and split down to 50 m where the mass is, listed
// sites among the cells. The odds that something is there are the sum of prior times evidence: a listed site emits with
// a probability of some per cent, free places have a density a km2. What a source brings that has a fair chance is taken
// off with its variance, its surroundings are looked at again, and so on; then the background is fitted anew, each
// source is placed again with the others as they are, and those that the others explain are dropped. All this is done
// twice, the second time where a better known background may show something. Fainter ones are told of and take nothing
// off.
//
// # What the background swallows
//
// A faint source of a few hours can pass for its stations' own offsets. Where these swallow a share r of a signal S, the
// log likelihood ratio is (1 - r) S^2/2s^2; against a background fitted without the source it comes out as
// (1 - 2r) S^2/2s^2, and against one fitted with the source taken off as S^2/2s^2: the one misses sources, the other
// invents them. With half of the source taken off it comes out right, so each source is weighed that way.
//
// # Answer
//
// Answer.Evidence is the log odds of all sources together; [Fit] gives it roughly and cheaply, to compare winds.
// Each source is a [Trace]: whether it exists at all, up to three places or sites with the probability that it lies
// within 500 m or is that site, rate, hours, and the probability that no listed site did it. What could not have been
// seen is in the map's Seen.
//
// # Limits
//
// One span of hours a source; a constant rate in it; sources nearer to each other than about a kilometre are one. Rates
// share the error of the mixing and of the wind speed, a factor of two: RateSD widens them.
package city
