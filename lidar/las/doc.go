// Package las reads LAS and LAZ point clouds, versions 1.0 to 1.5, point formats 0 to 10, and writes LAS.
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
// # LAZ
//
// LAZ is LAS whose points are compressed without loss (Isenburg 2013, "LASzip: lossless compression of
// lidar data", PE&RS 79(2); the format is what LASzip's encoder writes). It has three ideas.
//
//   - Prediction. Every attribute is predicted from the points before it, and only the corrector
//     d = value - prediction is stored: X and Y by the median of the last five steps of returns at the same
//     place in their pulse, Z by the last height of such a return, colours by the last colour and the
//     change of red, GPS times as multiples of the last difference of their bit patterns.
//   - Adaptive models. d is told in two symbols: the interval k with 2^(k-1) <= |d| <= 2^k, whose
//     distribution is learnt for each context (number of returns, k of X for Y, and so on), and the place
//     within it, of which the eight upper bits are modelled. A model counts its symbols and now and then
//     takes the counts over as a cumulative distribution D of scale 2^15.
//   - Arithmetic coding (Said 2004, FastAC). The code is a number in an interval. With r = length/2^15 a
//     symbol s narrows it to [D(s) r, D(s+1) r); the decoder seeks the s with D(s) <= value/r < D(s+1).
//     A symbol of probability p takes -log2 p bits.
//
// Points are compressed in chunks, by default of 50,000, that start with a plain point and fresh models; a
// table behind the points tells where each chunk lies, so that chunks can be decoded alone
// ([Reader.SeekPoint]) or side by side ([Reader.Threads]). There are three compressors: 1, all points in
// one chunk without a table; 2, chunks, the attributes of a point one after the other in one code; 3, for
// formats 6 to 10, chunks in which every attribute is a code of its own, a layer, so that what
// [Reader.Select] leaves out is not even read. A layer that never changes takes no bytes.
//
// A code has no checksums. What can be noticed is: a code that ends before its points do, bits that no
// encoder writes, a chunk or layer that is longer than its points take, counts that do not agree. It is a
// refusal with the chunk and the point; the points before it are given first. A chunk table that cannot
// be used is done without where chunks can be found by decoding, with a warning.
//
// The order of things inside: a [Reader] draws whole records from a source (lazsource.go, or the plain
// one); the source opens chunks (chunk.go pointwise, layered.go by layer), a file an item or a group of
// layers (point10.go, point14.go, ...), which draw integers (intcomp.go) and symbols (model.go) from the
// arithmetic decoder (arith.go).
package las
