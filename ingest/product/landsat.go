package product

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"strings"
	"time"

	"upwind"
	"upwind/raster"
)

// Landsat products by the data format control books (LSDS-1822, -1336; collections 1 and 2): one GeoTIFF a band and a list of metadata, *_MTL.txt or
// .xml. Level 2 holds surface reflectance, level 1 numbers whose reflectance at the top of the atmosphere still has to be divided by the sine of the
// sun's elevation; older lists have radiance only (Chander, Markham and Helder 2009, Remote Sensing of Environment 113).

var landsatKey = regexp.MustCompile(`_MTL\.(txt|xml)$`)

// landsatRoles are the band numbers of the scanners of Landsat 4 to 7, and of the Operational Land Imager.
var (
	scannerRoles = map[raster.Role]string{raster.Blue: "1", raster.Green: "2", raster.Red: "3", raster.NIR: "4", raster.SWIR1: "5", raster.SWIR2: "7"}
	imagerRoles  = map[raster.Role]string{raster.Blue: "2", raster.Green: "3", raster.Red: "4", raster.NIR: "5", raster.SWIR1: "6", raster.SWIR2: "7"}
)

// sunlight is the mean solar irradiance of bands 1 to 5 and 7 outside the atmosphere, W/(m2 um) (Chander et al. 2009, tables 3 and 4).
var sunlight = map[string]map[string]float64{
	"LANDSAT_4": {"1": 1983, "2": 1795, "3": 1539, "4": 1028, "5": 219.8, "7": 83.49},
	"LANDSAT_5": {"1": 1983, "2": 1796, "3": 1536, "4": 1031, "5": 220.0, "7": 83.44},
	"LANDSAT_7": {"1": 1997, "2": 1812, "3": 1533, "4": 1039, "5": 230.8, "7": 84.90},
}

func isLandsat(base string) bool { return landsatKey.MatchString(base) }

func ofLandsat(key, base string) bool {
	return strings.HasPrefix(base, landsatKey.ReplaceAllString(key, "_")) // pictures, and what describes angles and checksums
}

// mtl is a list of metadata: GROUP/KEY to value.
type mtl struct {
	file   string
	values map[string]string
}

func readLandsat(f Files, key string) (Product, error) {
	list, err := readMTL(f, key)
	if err != nil {
		return Product{}, err
	}
	craft, instrument := list.get("SPACECRAFT_ID"), list.get("SENSOR_ID")
	p := Product{Name: landsatKey.ReplaceAllString(key, ""), Level: list.get("PROCESSING_LEVEL", "DATA_TYPE", "PRODUCT_TYPE")}
	p.Sensor = strings.ReplaceAll(strings.TrimSpace(title(craft)+" "+instrument), "_", " ")
	roles := scannerRoles
	switch {
	case strings.HasPrefix(instrument, "OLI"):
		roles = imagerRoles
	case instrument != "TM" && instrument != "ETM":
		return p, upwind.Refuse(key, "SENSOR_ID", fmt.Sprintf("%q is no sensor whose bands are known", instrument), Known)
	}
	if p.Acquired, err = time.Parse("2006-01-02 15:04:05.9999999Z", list.get("DATE_ACQUIRED")+" "+list.get("SCENE_CENTER_TIME", "SCENE_CENTER_SCAN_TIME")); err != nil {
		return p, upwind.Refuse(key, "DATE_ACQUIRED, SCENE_CENTER_TIME", "they say no time", "hand in the product as it was delivered")
	}
	if p.Sun.Elevation, err = list.number("SUN_ELEVATION"); err != nil {
		return p, err
	}
	if p.Sun.Azimuth, err = list.number("SUN_AZIMUTH"); err != nil {
		return p, err
	}
	p.View.Elevation = 90 // whisk and push brooms look down; off-nadir scenes say so in ROLL_ANGLE
	var gone []string
	for _, role := range raster.Roles {
		n := roles[role]
		if n == "" {
			continue
		}
		file := f.picture(list.get("FILE_NAME_BAND_"+n, "BAND"+n+"_FILE_NAME"))
		if file == "" {
			gone = append(gone, "band "+n)
			continue
		}
		b := Band{Role: role, Name: "B" + n, File: file, Index: 1, NoData: []float64{0}}
		if b.Scale, b.Offset, err = list.reflectance(p, craft, n); err != nil {
			return p, err
		}
		p.Bands = append(p.Bands, b)
	}
	p.missing(gone)
	p.landsatMask(f, list)
	return p, nil
}

// reflectance is what turns the numbers of a band into reflectance.
func (l mtl) reflectance(p Product, craft, n string) (scale, offset float64, err error) {
	if strings.HasPrefix(p.Level, "L2") {
		const group = "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS/"
		return l.pair(group+"REFLECTANCE_MULT_BAND_"+n, group+"REFLECTANCE_ADD_BAND_"+n)
	}
	if p.Sun.Elevation <= 0 {
		return 0, 0, upwind.Refuse(l.file, "SUN_ELEVATION", fmt.Sprintf("the sun stood at %g degrees", p.Sun.Elevation), "hand in a scene of the day")
	}
	sine := math.Sin(p.Sun.Elevation * math.Pi / 180)
	for _, group := range []string{"LEVEL1_RADIOMETRIC_RESCALING/", "RADIOMETRIC_RESCALING/"} {
		if l.values[group+"REFLECTANCE_MULT_BAND_"+n] != "" {
			m, a, err := l.pair(group+"REFLECTANCE_MULT_BAND_"+n, group+"REFLECTANCE_ADD_BAND_"+n)
			return m / sine, a / sine, err
		}
		if l.values[group+"RADIANCE_MULT_BAND_"+n] != "" && sunlight[craft] != nil {
			m, a, err := l.pair(group+"RADIANCE_MULT_BAND_"+n, group+"RADIANCE_ADD_BAND_"+n)
			d := 1 - 0.01672*math.Cos(0.9856*math.Pi/180*float64(p.Acquired.YearDay()-4)) // of the sun, astronomical units
			k := math.Pi * d * d / (sunlight[craft][n] * sine)
			return m * k, a * k, err
		}
	}
	return 0, 0, upwind.Refuse(l.file, "band "+n, "it states neither reflectance nor radiance of its numbers", "order the product anew from the archive: collection 2 states them")
}

// landsatMask is the quality band: bits of collection 2 for fill, dilated cloud, cirrus, cloud, shadow of cloud, snow; of collection 1 fill, cloud
// and shadow with high confidence.
func (p *Product) landsatMask(f Files, l mtl) {
	if file := f.picture(l.get("FILE_NAME_QUALITY_L1_PIXEL")); file != "" {
		p.Mask = &Mask{File: file, Bad: []BadBand{{1, func(v uint32) bool { return v&0x3f != 0 }}}}
	} else if file := f.picture(l.get("FILE_NAME_BAND_QUALITY")); file != "" {
		p.Mask = &Mask{File: file, Bad: []BadBand{{1, func(v uint32) bool { return v&1 != 0 || v>>4&1 != 0 || v>>7&3 == 3 }}}}
	} else {
		p.Notes = append(p.Notes, "no quality band is beside it: clouds are left to the detectors")
	}
}

// get is the value of the first of some keys in any group.
func (l mtl) get(keys ...string) string {
	for _, k := range keys {
		if v, ok := l.values[k]; ok {
			return v
		}
	}
	return ""
}

func (l mtl) number(key string) (float64, error) { return number(l.file, key, l.get(key)) }

func (l mtl) pair(a, b string) (x, y float64, err error) {
	if x, err = l.number(a); err == nil {
		y, err = l.number(b)
	}
	return x, y, err
}

// readMTL reads either form of the list. A value stands under its key with the group, and under its bare key where it comes first.
func readMTL(f Files, file string) (mtl, error) {
	out := mtl{file: file, values: map[string]string{}}
	put := func(group, key, value string) {
		for _, k := range []string{group + "/" + key, key} {
			if _, ok := out.values[k]; !ok {
				out.values[k] = value
			}
		}
	}
	if strings.HasSuffix(file, ".xml") {
		ls, err := leaves(f, file)
		for _, l := range ls {
			put(path.Base(path.Dir(l.path)), path.Base(l.path), l.text)
		}
		return out, err
	}
	r, err := f.Open(file)
	if err != nil {
		return out, upwind.Refuse(file, "", "it cannot be opened", "hand in the product as it was delivered")
	}
	defer r.Close()
	in, group, ended := bufio.NewScanner(io.LimitReader(r, maxMetaBytes)), "", false
	for in.Scan() {
		key, value, ok := strings.Cut(in.Text(), "=")
		key, value = strings.TrimSpace(key), strings.Trim(strings.TrimSpace(value), `"`)
		switch {
		case !ok:
			ended = ended || key == "END"
		case key == "GROUP":
			group = value
		case key == "END_GROUP":
			group = ""
		default:
			put(group, key, value)
		}
	}
	if in.Err() != nil || !ended {
		return out, upwind.Refuse(file, "", "it is cut short, or no list of metadata", "hand in the product as it was delivered")
	}
	return out, nil
}

// title is LANDSAT_8 as people write it.
func title(s string) string {
	if len(s) < 2 {
		return s
	}
	return s[:1] + strings.ToLower(s[1:])
}
