package ingest

import "bytes"

// foreignMagic are formats people hand in by mistake, so that the refusal can say what it is.
var foreignMagic = []struct {
	at    int
	magic string
	what  string
}{
	{0, "\xff\x4f\xff\x51", "a JPEG 2000 codestream without its container"},
	{0, "GIF8", "a GIF picture"}, {0, "BM", "a BMP picture"}, {8, "WEBP", "a WebP picture"},
	{4, "ftyp", "a video or a HEIF picture"},
	{0, "%PDF", "a PDF document"}, {0, "{\\rtf", "a text document"},
	{0, "\xd0\xcf\x11\xe0", "an old Office document"},
	{0, "\x1f\x8b", "a gzip archive"}, {0, "BZh", "a bzip2 archive"}, {0, "\xfd7zXZ", "an xz archive"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive"}, {0, "Rar!", "a RAR archive"}, {257, "ustar", "a tar archive"},
	{0, "PK\x07\x08", "part of a split zip"}, {0, "PK\x01\x02", "part of a zip"},
	{0, "SQLite format 3\x00", "a GeoPackage or another SQLite database"},
	{0, "\x00\x00\x27\x0a", "a shapefile"},
	{0, "EHFA_HEADER_TAG", "an Erdas Imagine raster"}, {0, "NITF", "an NITF raster"}, {0, "NSIF", "an NITF raster"},
	{0, "PAR1", "a Parquet table"},
	{0, "\x7fELF", "a program"}, {0, "MZ", "a program"}, {0, "#!", "a script"},
}

// foreign names the format of a head that is not accepted; "" if it is not known.
func foreign(head []byte) string {
	for _, f := range foreignMagic {
		if len(head) > f.at && bytes.HasPrefix(head[f.at:], []byte(f.magic)) {
			return f.what
		}
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(text) == 0 || text[0] != '<' {
		return ""
	}
	for _, x := range []struct{ mark, what string }{
		{"<VRTDataset", "a VRT, which only points to other files"}, {"<GDAL_WMS", "a map service description"},
		{"<kml", "a KML file"}, {"<html", "a web page"}, {"<!DOCTYPE html", "a web page"}, {"<gpx", "a GPX track"},
	} {
		if bytes.Contains(text, []byte(x.mark)) {
			return x.what
		}
	}
	return "an XML document"
}
