// Package raster turns pictures into detections: bare soil, sand piles, plumes of smoke.
//
// A [Scene] is a picture whose bands have a meaning ([Role]), whose numbers have a unit ([Radiometry]) and
// whose pixels have a place on the ground ([Locator]): a map by its coordinate system, a drone picture by
// its camera. Detectors ([Detectors]) see nothing but scenes, so the same rules serve a satellite and a
// drone. They work strip by strip; one byte of class a pixel is all they keep.
//
// The chain is the same for all: a class for each pixel (yes, no, or abstain where the rules are too close to call), holes filled and specks sieved
// by their area, regions labelled and their outlines traced along pixel edges (package region), and the outlines placed on the ground.
//
//   - Bare soil, multispectral: BSI = ((S1+R)-(N+B)) / ((S1+R)+(N+B)) is up, NDVI = (N-R)/(N+R) and
//     MNDWI = (G-S1)/(G+S1) are down. These thresholds are physical and need reflectance. A file of bare
//     digital numbers is compared with its own median by ratios of bands instead, and the result says so.
//     Roofs are burnt soil and pass; settlement is told by its texture, which is uneven in every direction.
//   - Bare soil, colour: soil is warm (RI = (R-G)/(R+G) up) where asphalt and roofs are grey, and not green
//     (ExG = 2g-r-b on r+g+b = 1 down).
//   - Sand piles come from the surface model (package lidar/pile); the picture says how they are covered.
//   - Smoke is a veil, I = J t + A (1-t): paler, greyer and cooler than the ground on both sides of it, whatever
//     that is, without an edge, long, narrow and thickest at its head.
//
// Area is measured on the ellipsoid, never in degrees; its error is that of the boundary and that of the
// class. A probability is what the rules earned on pictures they were not fitted to, where there are such.
//
// Pixel coordinates run right and down from the corner of the upper left pixel; its centre is (0.5, 0.5).
package raster
