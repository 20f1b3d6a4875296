// Package lidar turns a point cloud into detections.
//
// The cloud becomes a height grid: noise, withheld and repeated points are dropped, the last return of
// every pulse is kept because it reaches furthest down, and a cell's height is the mean of its points moved
// to the cell's centre along the local slope. Cells are as small as the density allows. Piles are then
// sought in the grid by package pile, the same code that serves surface models from pictures.
//
// The reference system enters as a function from the file's x and y to longitude and latitude, so this
// package needs no projection library; the length of a unit is measured with that function, which serves
// feet and degrees as well as metres.
package lidar
