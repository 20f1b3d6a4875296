// Package region turns rows of a class mask into connected regions and their outlines, row by row: what is finished is handed on and forgotten,
// so memory follows what is open, not the height of the scene.
//
// The chain is [Runs] of a row, [Sieve], [Labeler], [Region.Outline]. Each stage gives what GDAL gives for the whole mask (GDALSieveFilter,
// GDALPolygonize; compared in raster/gdal).
package region
