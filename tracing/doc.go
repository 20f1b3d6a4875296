// Package tracing looks upwind: where does this air come from, how sure are we, how much is emitted, and
// could it be something nobody has listed?
//
// # From readings to events
//
// [Exceedances] takes the background of each station as its own running low percentile plus what rises at
// its neighbours too, so that regional haze is no event, and groups station-times far above it. [Pending] follows an event
// while new hours of it come in. A plume in a picture or a lidar scan is an event of its own ([PlumeTrigger]).
//
// # From events to sources
//
// [Run] answers a trigger, [Explain] a table of readings. What they need lies in rooms of its own, each with its mathematics
// in its doc.go, and imported only downwards:
//
//	plane      metres about a place
//	air        profile, stability, turbulence and depth of the layer next to the ground
//	wind       stations and gridded fields to u and v with their error; stations that contradict their neighbours
//	plume      near tier: puffs under one-minute winds, points, areas and paths
//	particle   Lagrangian particles forwards and backwards, which the kernels are tested against
//	footprint  far tier: centre-lines and footprints of many stations as one sparse matrix
//	invert     the statistics: background, robust errors, spike and slab, tempering, smallest regions
//	near       a close network: plume + invert
//	city       hundreds of stations: footprint + invert, hour after hour
//	season     a season at one station: CPF, PSCF, CWT
//
// A network within three kilometres, with means of minutes, and anything measured along a path, is explained by the near
// tier, everything else by the far one. Both say the same things: sources by probability, listed sites and free places together,
// each with its rate, the probability that no listed site is to blame, and a map of where an unlisted one may stand and where
// none would have been noticed. Plumes and hot spots enter as a density of free places, detected sites as prior odds.
//
// Wind is u, v in m/s, towards east and north. To read "comes from" as "blows to", or to have a clock an
// hour off, gives no error anywhere; [Explain] compares the fit under both mistakes and warns.
//
// # Limits
//
// A constant rate while a source works; flat ground; no chemistry. What a candidate is remains to be seen: nothing here calls it a
// source in the end.
package tracing
