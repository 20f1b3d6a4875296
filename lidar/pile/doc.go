// Package pile finds heaps of loose material in a height grid and measures them.
//
// # Why no ground filter
//
// A heap of sand at repose is ground to every ground filter: it is smooth and no steeper than a hill. A
// volume from "surface less ground" loses most of it. So nothing here knows of ground. A heap is found by
// its flanks, and its base is the plane through what lies around its toe.
//
// # Thin things
//
// A conveyor over a heap cuts it in two, a wall beside it looks like a flank that never ends. From the middle
// of such a strip the surface drops on both sides faster than anything loose can; that marks it. Under what
// climbs (conveyors), what crosses from flank to flank (galleries) and what is small (posts), the surface is
// inferred: along four lines through each cell the heights and slopes of both sides are carried on, and on a
// crest the lower of the two continuations holds, so a ridge under a gallery keeps its ridge. What is level and
// ends a flank is a wall: nothing is inferred across it, and heaps on its two sides stay apart. A strip
// narrower than about two cells cannot be told from what it touches.
//
// # From flanks to a toe
//
// Planes fitted to small windows give the slope at every cell. Cells at slopes between 18 and 58 degrees
// are flanks; connected flanks, with the crest or plateau they enclose, are a mound. A mound is cut where
// walls leave only a gap, and flooded from its peaks downward, each cell going where its steepest way up leads
// (watershed); two floods that meet in a deep enough saddle are two heaps. This is done on the slopes
// themselves and again on slopes relative to the mean slope of the surroundings, which finds heaps on hillsides.
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
//	V = sum over footprint of w (z - b) A  +  sum over an apron outside the toe of (1 - w) (z - b) A
//
// The apron, half a metre or one and a half cells wide where the ground is free, takes up what runs out or is
// blurred beyond the toe: with it the sum does not depend on where the toe was drawn, because z - b vanishes
// on both of its sides. The variance is
//
//	sigma_V^2 = ((A_f + A_a) s_base)^2 + (A_f s_wave)^2 + A_f (s_w^2 A + s_c^2 a_c)
//	          + (s_toe int h dl)^2 + (s_valley int h dl)^2 + (s_wall int h dl)^2 + (V_a/2)^2 + voids
//
// with the footprint A_f and the apron A_a; the error s_base of the plane at the footprint's centre (level
// and tilt, sectors as independent looks); s_wave, the rolling of the ground under the heap inferred from how
// it rolls around it; white noise s_w and noise s_c correlated as exp(-d/l) with area a_c = 2 pi l^2, told
// apart by the ring's covariances; and the places of the border, integrated with the height at it along the
// free toe, along valleys and along walls. What a ring tells of rolling ground has three degrees of freedom,
// so the interval is Student's, with effective degrees after Welch and Satterthwaite. The factors were set on
// the tuning runs of fixtures/yard; over all its heaps the interval of [Pile.Volume] holds the truth in 93 to
// 97 %. Along walls, in bays and on cells too coarse for a wall or a conveyor to show, it holds less.
//
// # Heap or not
//
// Sand rests at 30 to 35 degrees and runs out at its toe. A roof ends in the air above a wall, a crown is
// rough and steepens downward, a terrace is high along part of its rim. Each trait gives a value v between 0
// (against) and 1, and the probability is logistic in them,
//
//	p = 1 / (1 + exp(-(b - sum w (1 - v))))
//
// with weights fitted on simulated yards towards a prior of equal weights. The weightiest trait against is
// named in the reasons. The probability is calibrated on simulated yards, so on a real yard it is a score that
// behaves like one. Smooth low bushes are the mistake that shape cannot avoid; colour is the caller's.
package pile
