// Package terrain finds the ground under what stands on it, makes surfaces of a survey, and tells what changed
// between two surveys.
//
// # Ground
//
// The lowest last return of every cell makes a grid. Opening it with a disk of radius r (the highest of the
// lowest heights within r) takes away what is narrower than the disk and leaves what is wider. The simple
// morphological filter (SMRF; Pingel, Clarke and McBride 2013) opens with growing radii and calls object
// what falls by more than
//
//	step(r) = min(slope r, StepM)
//
// from one opening to the next; on ground nothing falls faster than the slope. Disks are octagons made of
// lines, each line a running minimum (van Herk 1992; Gil and Werman 1993), so that a radius costs the same
// whatever its size. Empty cells are filled with the harmonic function through the others, the Laplace
// equation, by multigrid (Brandt 1977), before opening and once more where objects were.
//
// What is published is changed in five places. Each was kept because it helped, or did no harm, on towns,
// forest slopes and quarries alike.
//
//  1. The step is capped at the height of a storey, and windows reach 64 m: wide low halls are found
//     without a larger slope.
//  2. On a slope a roof may lie below the ground uphill and is no narrower than the hill. So the openings are
//     repeated on the heights less the smoothed trend of the ground, and what they find there is an object
//     if it stands: if the surface falls around at least half of its rim. Terraces have one level side.
//  3. Opening cuts the crests of terraces and cliffs, and the filled surface bridges them with a chord. So
//     the first test is strict, and ground then grows: a point joins when the plane through the ground in a
//     half-circle on any one side of it predicts its height, or when it lies between the levels that two
//     opposite sides predict, on the wall between them (one-sided prediction as in facet models, Haralick
//     1981; growth as in progressive densification, Axelsson 2000). Trees and roofs end in the air on all
//     sides; few rounds keep what touches from creeping onto roofs.
//  4. The last test of all points is against the plane through the ground around, and the tolerance follows
//     the scatter about that plane: tight on meadows, loose in rubble (Evans and Hudak 2007 adapt their
//     tolerance by scale for the same reason).
//  5. Pits are sought in the opened surface too, so that clumps of multipath are dropped and courtyards are
//     not.
//
// Lengths are metres on the ground; the caller states the length of the file's units. One set of defaults
// serves all. A heap of sand at repose is ground to this package as to every ground filter: volumes of heaps
// are the business of package pile, and of [Change].
//
// # Surfaces
//
// [Model.DTM] is the ground, [DSM] what is seen from above, [HeightAbove] their difference; all are [Grid]
// values, north-up, with a deviation for every cell, ready for a writer of rasters.
//
// # Change
//
// [Change] aligns the second survey to the first on ground that did not change: height, tilt, and the
// horizontal shift that slopes betray (Nuth and Kaab 2011). A cell has changed when its difference exceeds
//
//	LoD = 1.96 sqrt(s1^2 + s2^2 + s_reg^2)
//
// and a region is reported when noise alone would hardly show it anywhere in the survey. Noise is correlated
// over an area a_c, which widens the error of the alignment by sqrt(a_c) and that of a volume V over N cells
// of area A to
//
//	sigma_V^2 = A^2 sum s_i^2 min(N, a_c) + (A sum s_reg)^2
package terrain
