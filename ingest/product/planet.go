package product

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"upwind"
	"upwind/raster"
)

// PlanetScope scenes by Planet's imagery product specification (2023): *_AnalyticMS[_8b][_SR]*.tif with *_metadata.xml and *_udm2.tif. Surface
// reflectance is stored x 10,000; other pictures hold radiance, and the coefficient that makes it reflectance stands in the metadata, a band each.

var planetKey = regexp.MustCompile(`^(.*)_AnalyticMS(_.*)?_metadata(_clip)?\.xml$`)

var (
	planet4 = []raster.Role{raster.Blue, raster.Green, raster.Red, raster.NIR}
	planet8 = []raster.Role{"", raster.Blue, "", raster.Green, "", raster.Red, "", raster.NIR} // coastal, blue, green I, green, yellow, red, red edge, nir
)

func isPlanet(base string) bool { return planetKey.MatchString(base) }

func ofPlanet(key, base string) bool {
	return strings.HasPrefix(base, planetKey.FindStringSubmatch(key)[1]+"_")
}

func readPlanet(f Files, key string) (Product, error) {
	ls, err := leaves(f, key)
	if err != nil {
		return Product{}, err
	}
	stem := planetKey.FindStringSubmatch(key)[1]
	p := Product{Name: stem, Sensor: "PlanetScope", Level: "3B"}
	if p.Acquired, err = time.Parse(time.RFC3339, first(ls, "acquisitionDateTime")); err != nil {
		return p, upwind.Refuse(key, "acquisitionDateTime", "it says no time", "hand in the product as it was delivered")
	}
	p.Acquired = p.Acquired.UTC()
	for _, a := range []struct {
		to   *float64
		name string
	}{{&p.Sun.Elevation, "illuminationElevationAngle"}, {&p.Sun.Azimuth, "illuminationAzimuthAngle"}} {
		if text := first(ls, a.name); text != "" {
			if *a.to, err = number(key, a.name, text); err != nil {
				return p, err
			}
		}
	}
	coefficients := map[int]float64{}
	at := 0
	for _, l := range ls {
		switch path.Base(l.path) {
		case "bandNumber":
			if at, err = strconv.Atoi(l.text); err != nil {
				return p, upwind.Refuse(key, "bandNumber", fmt.Sprintf("%q is no number of a band", l.text), "hand in the product as it was delivered")
			}
		case "reflectanceCoefficient":
			if coefficients[at], err = number(key, fmt.Sprintf("reflectanceCoefficient of band %d", at), l.text); err != nil {
				return p, err
			}
		}
	}
	file := ""
	for _, n := range f.Names {
		if strings.HasPrefix(n, stem+"_AnalyticMS") && strings.EqualFold(path.Ext(n), ".tif") {
			file = n
		}
	}
	if file == "" {
		return p, nil
	}
	surface := strings.Contains(file, "_SR")
	roles := planet4
	if strings.Contains(file, "_8b") {
		roles = planet8
	}
	for i, role := range roles {
		if role == "" {
			continue
		}
		b := Band{Role: role, Name: fmt.Sprintf("band %d", i+1), File: file, Index: i + 1, Scale: 1e-4, NoData: []float64{0}}
		if !surface {
			if b.Scale = coefficients[i+1]; b.Scale <= 0 {
				return p, upwind.Refuse(key, "reflectanceCoefficient", fmt.Sprintf("band %d has none", i+1), "hand in the product as it was delivered, or surface reflectance (_SR)")
			}
		}
		p.Bands = append(p.Bands, b)
	}
	for _, n := range f.Names {
		if strings.HasPrefix(n, stem+"_") && strings.Contains(n, "udm2") && strings.EqualFold(path.Ext(n), ".tif") {
			p.Mask = &Mask{File: n, Bad: []BadBand{{1, anyOf(0)}}} // band 1 is 1 where it is clear
		}
	}
	if p.Mask == nil {
		p.Notes = append(p.Notes, "no usable data mask (udm2) is beside it: clouds are left to the detectors")
	}
	return p, nil
}
