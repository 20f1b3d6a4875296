// Package las reads and writes LAS point clouds, versions 1.0 to 1.4, point formats 0 to 10.
//
// A LAS file is a header, variable length records (VLR), points of one fixed record length, and in 1.4
// extended records (EVLR) behind the points (ASPRS LAS specification 1.4 R15). A coordinate is a 32-bit
// integer: x = X*scale + offset. The reference system stands in a VLR, as GeoTIFF keys (OGC 19-008r4) or
// as well-known text.
//
// Files in the wild state more than they hold: counts larger than the file, record counts in the
// billions, records longer than their format. The reader believes the bytes: everything is bounded by the
// size of the file, what does not fit is told by [Reader.Warnings], and what cannot be read is a
// [upwind.Refusal] that names the file and the place.
//
// A [Reader] draws whole point records from a record source. Plain LAS is one such source; compressed
// points (LAZ) are recognised and refused in words.
package las
