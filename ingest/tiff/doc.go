// Package tiff reads the tags of a TIFF or BigTIFF file, and of the TIFF block that EXIF is, without
// reading a pixel.
//
// A TIFF is a header (byte order, version, offset of the first directory) and directories of entries
// (tag, type, count, value or offset of the value), TIFF 6.0, section 2; BigTIFF widens counts and
// offsets to 64 bits. All offsets are hostile until shown otherwise: a value is read only if it lies
// inside the file, a directory is read once, and no allocation is larger than the bytes that are there.
package tiff
