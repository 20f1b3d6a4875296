// Package gdal is the program's only door to GDAL: it opens pictures, reads windows of them, places their
// pixels on the ground and writes GeoTIFF.
//
// GDAL on its defaults is a program that follows any file's wishes: a VRT named .tif reads /etc/passwd,
// a WMS description calls a server, 151 bytes of TIFF ask for a gigabyte. So the door is narrow. Only the
// drivers for GeoTIFF, JPEG and PNG are registered, by name; the first bytes of a file must be those of
// one of these formats; and before a pixel is decoded the header is weighed: its pixels, the bytes of one
// block, the coefficients a progressive JPEG must hold, the ratio of what it promises to what it weighs.
// What is refused is a [upwind.Refusal] in words. Decoding still belongs in a child process with a memory
// limit, because no check of a header makes a C library safe.
//
// Lidar files in netCDF have a smaller door beside it, [NetCDF], whose driver [Open] never uses: HDF5 would follow
// links into any local file, so such a file is refused before GDAL sees it.
//
// GDAL's messages are never printed: failures are returned as errors that name file and window, warnings are
// kept with the Dataset ([Dataset.Warnings]).
//
// One goroutine uses a [Dataset], a [Transform] or a [Georef] at a time. Coordinates are always in
// traditional GIS order: longitude or easting first, whatever the authority of the CRS says.
package gdal
