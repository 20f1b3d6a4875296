// Package upwind is the vocabulary of a program that finds who makes a city's dust and smoke.
//
// The story in a page. A drone, a satellite or a laser scanner looks at the city and its picture
// becomes an [Asset]: a manifest of files that never change. Detectors look at the asset and say what
// they see as [Detection]s: bare soil, a sand pile with a volume, a plume of smoke with an origin and
// an axis. Stations on the ground say what they breathe as [Observation]s and how the air moves as
// [Wind]. Where there is a plume, or where the air is bad and nothing is in sight, the program looks
// upwind: a [Trace] follows the air back in time and ranks the [Site]s it may have passed, and says
// how likely it is that none of them is to blame. Detections and traces of one place merge into a
// [Candidate], which belongs to a grid cell and its officer and lives in a ledger until it is verified
// closed. A candidate is a suspicion with its evidence; it is never called a source.
//
// This package holds only what crosses two rooms of the program, with ids, JSON and validation, and no
// other behaviour. Conventions that hold everywhere:
//
//   - Places are GeoJSON in WGS84, longitude before latitude. Lengths are metres, areas square metres.
//   - Wind is stored as u (towards east) and v (towards north) in m/s. "From" degrees, clockwise from
//     north, exist only at the edges, in names that end in FromDeg.
//   - Times are UTC. An estimate carries its uncertainty ([Estimate]).
//   - An id is derived from content: the same input gives the same id on every machine.
package upwind
