// Package plume finds plumes in the inverted field of a scanning lidar, tells them from buildings, clouds and
// layers, puts them on the map, and follows them from one scan to the next.
//
// # Hard targets first
//
// A wall sends back albedo/pi of the pulse from one place; in a bin of 7.5 m even the densest smoke, 5 /km,
// sends a thousandth of that. [Echoes] looks for it in the raw signal, where a spike is still a spike: narrow,
// far above the air just before it, and with nothing behind it. What is less clear (the edge of a roof that
// takes part of the beam) counts when it recurs within a bin, in neighbouring rays or in earlier scans, which
// a [Memory] keeps. [Block] lets the inversion of such a ray start before the target; [Shade] marks it in the
// field. The order of work is
//
//	echoes := plume.Echoes(s, memory)
//	field, err := invert.Run(ctx, plume.Block(s, echoes), invert.Options{})
//	plume.Shade(field, s, echoes)
//	result, err := plume.Find(ctx, field, plume.Options{})
//	memory.Learn(s)
//
// # What the air around has
//
// A plume is what the air around it is not. In a turn the air around a cell is the ring of its range (all of
// it equally high, so a layer is no plume), in a vertical cut the layer of its height: the median, which a
// plume over less than half of the ring does not move. Haze also changes over the map, which leaves a residual
// that is taken out by medians in windows of 3 km about a mesh (Bertin and Arnouts 1996).
//
// # What of the light is left
//
// Each ray was inverted with one lidar ratio, from a boundary of its own: behind a thick plume that is wrong by
// exp(2 tau dS/S). So plumes are looked for in the light itself, against the air around:
//
//	q(r) = X/a exp(2 int (a - (1 - S_m/S) S beta_m)),   a = extinction of the air around + S beta_m,
//
// has one level along a ray in clear air. In a plume q stands above it by the plume's contrast, and behind one it has
// a lower level, because the plume has taken light. Levels are weighted medians of each stretch of clear air; across a
// plume the level falls as the plume's own light adds up, dT^2/dr = -2 S beta T^2, and meets the level behind whatever
// the plume's lidar ratio is. Plumes and levels are found in turn. How much light is missing behind a small bright thing
// also tells its lidar ratio: below that of water droplets, 18 sr, it is the edge of something hard.
//
// # What stands out
//
// The excess is averaged with Gaussian bells of 20 to 320 m, a matched filter for puffs of 50 to 750 m: along the ray
// first, then over neighbouring rays by how far they lie apart. Its noise is that of the photons, the level's own, that of
// the background, which r^2 blows up, and
// never less than the spread that its ring shows (1.4826 MAD): uneven air is noise to a plume. What stands clear by 10
// sigma is taken from the finest bell on, each wider one without what finer ones found; the rest, from 5.7 sigma, in the
// bell that shows it best, and in the finer ones over the widest too, where air that is uneven over kilometres is gone.
// Regions grow down to 2.5 sigma, to eight neighbours and across north when the turn is full; pieces within 150 m, or to
// both sides of a shadow, are one plume. The outline is drawn at a twentieth of the peak, or where noise ends it before; the
// centre is that of the part above a fifth of the peak, weighed by how far it stands above, because how far a tail is
// seen is a matter of noise.
//
// Not plumes, said in words ([Rejected]): belts that keep their range or height over kilometres, banks of
// several km2, fronts of a kilometre behind which nothing is seen, streaks along one ray. Where the error of a
// bin is as great as everything there is to see, nothing is judged.
//
// # On the map
//
//	E = r cos e sin(az)   N = r cos e cos(az)   U = r sin e + (r cos e)^2 / 2R
//
// [ToGrid] cuts polar cells finer than the map's and weighs them by area, r cos e da dr. [Place] goes through
// earth-centred coordinates, so a detection ten kilometres away is where the ellipsoid has it.
//
// # Motion
//
// [Track] correlates the excess of two scans, C = sum (a-a0)(b-b0) / (|a-a0| |b-b0|), a template about each
// plume of the later one over the earlier one. Each ray has its own time: both pictures are carried, with the
// velocity found so far, to one time each, and the rest of the shift is fitted again, to a part of a cell by a
// quadratic through the peak. Its error is the misfit, as noise that hangs together over some cells, through
// the template's gradients (Robinson and Milanfar 2004). A long plume that stands still is held by its source
// and says nothing of the wind.
//
// # Mass
//
// PM = extinction / (f(RH) MEE) only with the site's own calibration ([Mass]); otherwise extinction is what is
// reported.
package plume
