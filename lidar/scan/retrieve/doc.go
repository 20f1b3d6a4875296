// Package retrieve puts the steps from a scan to plumes in order: cut the scan into turns, find what stands in
// the beam, invert each turn up to it, look for plumes, and follow them from turn to turn.
//
// Each step is a package or a function of its own ([invert.Run], [plume.Echoes], [plume.Find], [plume.Track]);
// this one holds only their order, so that a command and a worker do the same.
package retrieve
