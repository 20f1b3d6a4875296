package product

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"upwind"
	"upwind/raster"
)

// Gaofen scenes as the China Centre for Resources Satellite Data delivers them: GF*_*.tiff with .xml and .rpb of the same name, level 1A. The
// numbers are raw: the gains that make them radiance are published a year and a sensor and do not stand in the file.

var gaofenKey = regexp.MustCompile(`^(GF[126][A-D]?_.*)\.xml$`)

// beijing is the time in which the metadata are written.
var beijing = time.FixedZone("UTC+8", 8*3600)

func isGaofen(base string) bool {
	return gaofenKey.MatchString(base) && !strings.Contains(base, "-PAN")
}

func ofGaofen(key, base string) bool {
	stem := strings.TrimSuffix(key, ".xml")
	return strings.TrimSuffix(base, path.Ext(base)) == stem || strings.HasPrefix(base, stem+"_thumb") || base == stem+".jpg"
}

func readGaofen(f Files, key string) (Product, error) {
	ls, err := leaves(f, key)
	if err != nil {
		return Product{}, err
	}
	stem := strings.TrimSuffix(key, ".xml")
	p := Product{Name: stem, Sensor: strings.TrimSpace(first(ls, "SatelliteID") + " " + first(ls, "SensorID")), Level: first(ls, "ProductLevel")}
	when := first(ls, "CenterTime")
	if when == "" {
		when = first(ls, "StartTime")
	}
	if p.Acquired, err = time.ParseInLocation("2006-01-02 15:04:05", when, beijing); err != nil {
		return p, upwind.Refuse(key, "CenterTime", fmt.Sprintf("%q says no time", when), "hand in the product as it was delivered")
	}
	p.Acquired = p.Acquired.UTC()
	for _, a := range []struct {
		to     *float64
		name   string
		zenith bool
	}{{&p.Sun.Azimuth, "SolarAzimuth", false}, {&p.Sun.Elevation, "SolarZenith", true}, {&p.View.Azimuth, "SatelliteAzimuth", false}, {&p.View.Elevation, "SatelliteZenith", true}} {
		text := first(ls, a.name)
		if text == "" {
			continue
		}
		if *a.to, err = number(key, a.name, text); err != nil {
			return p, err
		}
		if a.zenith {
			*a.to = 90 - *a.to
		}
	}
	file := f.picture(stem)
	if file == "" {
		return p, nil
	}
	for i, role := range []raster.Role{raster.Blue, raster.Green, raster.Red, raster.NIR} {
		p.Bands = append(p.Bands, Band{Role: role, Name: fmt.Sprintf("band %d", i+1), File: file, Index: i + 1, NoData: []float64{0}})
	}
	for _, ending := range []string{".rpb", ".RPB"} {
		if f.has(stem + ending) {
			p.RPC = stem + ending
		}
	}
	p.Notes = append(p.Notes, "its numbers are raw, and the gains of the year do not stand in it: they are taken as unscaled")
	return p, nil
}
