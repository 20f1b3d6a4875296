package gdal

import (
	"strconv"
	"strings"
	"time"

	"github.com/airbusgeo/godal"

	"upwind/raster"
)

// typeNames are the pixel types that are read. Complex numbers (radar) and 64-bit integers are not.
var typeNames = map[godal.DataType]string{
	godal.Byte: "uint8", godal.UInt16: "uint16", godal.Int16: "int16", godal.UInt32: "uint32", godal.Int32: "int32",
	godal.Float32: "float32", godal.Float64: "float64",
}

// Mask flags of GDALGetMaskFlags (gdal.h, RFC 15).
const (
	maskPerDataset = 0x02
	maskAlpha      = 0x04
)

// metadataDomains are read when present; others are not part of a picture's description.
var metadataDomains = []string{"", "xml:XMP", "EXIF", "IMAGERY", "RPC", "IMAGE_STRUCTURE"}

func (d *Dataset) describe(name, format string) {
	s := d.ds.Structure()
	d.info = raster.SourceInfo{Name: name, Format: format, Width: s.SizeX, Height: s.SizeY, BlockWidth: s.BlockSizeX, BlockHeight: s.BlockSizeY, Metadata: map[string]map[string]string{}}
	for i, b := range d.bands {
		bs := b.Structure()
		band := raster.Band{Type: typeNames[bs.DataType], Colour: b.ColorInterp().Name(), Description: b.Description(), Scale: bs.Scale, Offset: bs.Offset}
		if nd, ok := b.NoData(); ok {
			band.NoData = &nd
		}
		if b.ColorInterp() == godal.CIAlpha && d.alpha == 0 {
			d.alpha = i + 1
		}
		d.info.Bands = append(d.info.Bands, band)
	}
	if flags := d.bands[0].MaskFlags(); d.alpha == 0 && flags&maskPerDataset != 0 && flags&maskAlpha == 0 {
		d.masked = true
	}
	for _, domain := range metadataDomains {
		if m := d.metadata(domain); len(m) > 0 {
			d.info.Metadata[domain] = m
		}
	}
	if gt, err := d.ds.GeoTransform(godal.ErrLogger(d.faults.handle)); err == nil && usable(gt) {
		d.info.GeoTransform = &gt
	}
	d.describeCRS()
	d.info.Acquired = acquired(d.info.Metadata)
}

// metadata reads one domain. XML domains come from GDAL as one text, which godal cuts at its first "=":
// it is put together again under the key "xml".
func (d *Dataset) metadata(domain string) (m map[string]string) {
	defer func() {
		if recover() != nil { // godal 0.0.18 panics on an empty entry
			d.faults.add("metadata domain " + domain + " holds an empty entry")
			m = nil
		}
	}()
	m = d.ds.Metadatas(godal.Domain(domain))
	if strings.HasPrefix(domain, "xml:") && len(m) == 1 {
		for k, v := range m {
			return map[string]string{"xml": k + "=" + v}
		}
	}
	return m
}

func usable(gt [6]float64) bool {
	det := gt[1]*gt[5] - gt[2]*gt[4]
	identity := gt == [6]float64{0, 1, 0, 0, 0, 1}
	for _, v := range gt {
		if v-v != 0 { // NaN or infinite
			return false
		}
	}
	return det != 0 && det-det == 0 && !identity
}

func (d *Dataset) describeCRS() {
	sr := d.ds.SpatialRef()
	if sr == nil {
		return
	}
	defer sr.Close()
	wkt, err := sr.WKT(godal.ErrLogger(d.faults.handle))
	if err != nil || wkt == "" || !sr.Geographic() && !sr.Projected() {
		return
	}
	d.info.CRS = wkt
	if sr.AuthorityName("") == "EPSG" {
		d.info.EPSG, _ = strconv.Atoi(sr.AuthorityCode(""))
	}
	if g, err := d.Georef(""); err == nil {
		if gx, gy, ok := raster.PixelSizeM(g, float64(d.info.Width)/2, float64(d.info.Height)/2); ok {
			d.info.GSDM = (gx + gy) / 2
		}
		g.Close()
	}
}

// acquired finds when the sensor looked, where the file says so with a time zone or where its standard
// fixes one: IMAGERY/ACQUISITIONDATETIME (UTC), EXIF DateTimeOriginal with its offset. TIFFTAG_DATETIME has
// no zone and some programs write there when the file was made; it is taken as UTC, last.
func acquired(meta map[string]map[string]string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, meta["IMAGERY"]["ACQUISITIONDATETIME"]); err == nil {
			return t.UTC()
		}
	}
	for _, m := range []map[string]string{meta[""], meta["EXIF"]} {
		if zone := m["EXIF_OffsetTimeOriginal"]; zone != "" {
			if t, err := time.Parse("2006:01:02 15:04:05Z07:00", m["EXIF_DateTimeOriginal"]+zone); err == nil {
				return t.UTC()
			}
		}
	}
	if t, err := time.Parse("2006:01:02 15:04:05", meta[""]["TIFFTAG_DATETIME"]); err == nil {
		return t.UTC()
	}
	return time.Time{}
}
