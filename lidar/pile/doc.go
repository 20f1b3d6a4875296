// Package pile finds heaps of loose material in a height grid and measures them.
//
// # Why no ground filter
//
// A heap of sand at repose is ground to every ground filter: it is smooth and no steeper than a hill. A
// volume from "surface less ground" loses most of it. So nothing here knows of ground. A heap is found by
// its flanks, and its base is the plane through what lies around its toe.
//
// # From flanks to a toe
//
// Planes fitted to small windows give the slope at every cell. Cells at slopes between 18 and 58 degrees
// are flanks; connected flanks, with the crest or plateau they enclose, are a mound. A mound is flooded from
// its peaks downward (watershed); two floods that meet in a deep enough saddle are two heaps. This is done
// on the slopes themselves and again on slopes relative to the mean slope of the surroundings, which finds
// heaps on hillsides.
//
// From the upper part of a heap one walks downslope until the slope, taken relative to the base, falls
// below half of the nearby flank's: a window centred on the toe sees flank on one side and base on the
// other. The half-slope contour runs between the cells, so edge cells count by the share inside.
//
// # Base and volume
//
// The base is a robust plane (absolute deviations, then Tukey's biweight) through all cells of a ring 1 to
// 3 m outside the toe. Directions in which the ring meets walls, voids or another heap are left out, and so
// are directions that stand off as a whole. Toe and base are found in turn until neither moves. With cell
// area A, weight w and base b
//
//	V = sum w (z - b) A
//
// which is exact to first order in the place of the toe, because z - b vanishes there. The variance is
//
//	sigma_V^2 = (A_f s_base)^2 + (A_f s_wave)^2 + A_f s_z^2 a_c + (P h_toe s_toe)^2 + voids
//
// with footprint A_f, perimeter P, noise s_z and its correlation area a_c (2 pi l^2 for exp(-d/l)), the
// error s_base of the plane at the footprint's centre (level and tilt, sectors as independent looks), and
// s_wave, the rolling of the ground under the heap inferred from how it rolls around it. The factors were
// set by simulation; the coverage test repeats it.
//
// # Heap or not
//
// Sand rests at 30 to 35 degrees and runs out at its toe. A roof ends in the air above a wall, a crown is
// rough and ends in the air, a terrace is high along part of its rim. Each trait gives a factor between 0
// and 1; their product is the probability, and the weakest is named in the reasons.
package pile
