// Package lidar turns a point cloud into detections.
//
// # From points to a grid
//
// The cloud becomes a grid: noise, withheld and repeated points are dropped, the last return of every pulse
// is kept because it reaches furthest down, and a cell's height is the mean of its points moved to the cell's
// centre along the local slope. Cells are as small as the density allows. Each also keeps how far its points
// spread, the mean of their colours, and whether their pulses came back more than once. The file is read
// once, the points it is surveyed by are gridded from memory, and every sum is taken in file order within
// fixed bands of rows, so that any number of threads gives the same bytes.
//
// [Grid] does this once; the detectors of the registry, [Detectors], all look at the [Cloud] it gives.
//
// # Piles
//
// Piles are sought in the heights by package pile, the same code that serves surface models from pictures.
// Pulses that return from several heights over a mound speak of plants and against a pile. Whether a pile
// lies open is told by its colours and by how smooth it is from cell to cell ([Cloud.Cover]): nets drape;
// what could be a net as well as coal stays unknown.
//
// # Bare soil
//
// Bare ground is warm in colour, without the green of plants and without their jump from red to near
// infrared; it is smooth, not steep, and does not end in the air. With the spread W of the points within the
// cells of a window and that of the cell means about its plane, B, its roughness is
//
//	r^2 = W + max(0, B - W/n)
//
// for n points a cell. Between yes and no each rule abstains. What is called bare is drawn through the
// centres of cell sides, so that outlines neither cross nor touch themselves.
//
// # Place and units
//
// The reference system enters as a function from the file's x and y to longitude and latitude, so this
// package needs no projection library; the length of a unit is measured with that function, which serves
// feet and degrees as well as metres.
package lidar
