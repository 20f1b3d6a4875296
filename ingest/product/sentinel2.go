package product

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"upwind"
	"upwind/raster"
)

// Sentinel-2 products by their specification (S2-PDGS-TAS-DI-PSD, issues 14 and 15): MTD_MSIL1C.xml or MTD_MSIL2A.xml beside GRANULE/, whose
// MTD_TL.xml has the angles. From processing baseline 04.00 of January 2022 numbers are shifted by an offset, -1000 so far, that is added first.

var (
	sentinelKey  = regexp.MustCompile(`^MTD_MSI(L1C|L2A)\.xml$`)
	sentinelBand = regexp.MustCompile(`^(?:L2A_)?T[0-9]{2}[A-Z]{3}_[0-9T]+_(B[0-9]{2}|B8A|SCL)(?:_(10|20|60)m)?$`)
	sentinelName = regexp.MustCompile(`_N([0-9]{2})([0-9]{2})_`)
)

// sentinelIDs are the bands in the order of their numbers in the metadata.
var sentinelIDs = []string{"B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"}

// sentinelRoles are the bands that stand for a role, the best first.
var sentinelRoles = map[raster.Role][]string{raster.Blue: {"B02"}, raster.Green: {"B03"}, raster.Red: {"B04"}, raster.NIR: {"B08", "B8A"}, raster.SWIR1: {"B11"}, raster.SWIR2: {"B12"}}

// sceneClasses are those of the scene classification that show no ground: no data, saturated, cloud shadow, cloud of medium and of high probability,
// thin cirrus, snow.
var sceneClasses = anyOf(0, 1, 3, 8, 9, 10, 11)

func isSentinel2(base string) bool { return sentinelKey.MatchString(base) }

func readSentinel2(f Files, key string) (Product, error) {
	ls, err := leaves(f, key)
	if err != nil {
		return Product{}, err
	}
	p := Product{Name: strings.TrimSuffix(first(ls, "PRODUCT_URI"), ".SAFE"), Sensor: first(ls, "Datatake/SPACECRAFT_NAME") + " MSI", Level: sentinelKey.FindStringSubmatch(key)[1]}
	if p.Acquired, err = time.Parse(time.RFC3339, first(ls, "DATATAKE_SENSING_START")); err != nil {
		return p, upwind.Refuse(key, "DATATAKE_SENSING_START", "it says no time", "hand in the product as it was delivered")
	}
	scale, offsets, err := sentinelScale(ls, key, p)
	if err != nil {
		return p, err
	}
	special := map[string]float64{}
	for i, l := range ls {
		if strings.HasSuffix(l.path, "SPECIAL_VALUE_TEXT") && i+1 < len(ls) {
			if special[l.text], err = number(key, "SPECIAL_VALUE_INDEX", ls[i+1].text); err != nil {
				return p, err
			}
		}
	}
	var nodata []float64
	for _, name := range []string{"NODATA", "SATURATED"} {
		if v, ok := special[name]; ok {
			nodata = append(nodata, v)
		}
	}
	files := map[string]string{} // the finest file of each band
	gsd := map[string]int{}
	for _, l := range ls {
		if !strings.HasSuffix(l.path, "/IMAGE_FILE") && !strings.HasSuffix(l.path, "/IMAGE_ID") {
			continue
		}
		m := sentinelBand.FindStringSubmatch(path.Base(l.text))
		if m == nil {
			continue
		}
		size, _ := strconv.Atoi(m[2]) // 0 for L1C, which has one file a band
		file := f.picture(path.Base(l.text))
		if old, ok := gsd[m[1]]; file != "" && (!ok || size < old) {
			files[m[1]], gsd[m[1]] = file, size
		}
	}
	var gone []string
	for _, role := range raster.Roles {
		names := sentinelRoles[role]
		at := slices.IndexFunc(names, func(n string) bool { return files[n] != "" })
		if at < 0 {
			gone = append(gone, names...)
			continue
		}
		name := names[at]
		p.Bands = append(p.Bands, Band{Role: role, Name: name, File: files[name], Index: 1, Scale: scale, Offset: offsets[name] * scale, NoData: nodata})
	}
	p.missing(gone)
	p.sentinelMask(f, files["SCL"])
	return p, p.sentinelAngles(f)
}

// sentinelScale is what numbers are multiplied by, and what is added to those of each band before.
func sentinelScale(ls []leaf, key string, p Product) (scale float64, offsets map[string]float64, err error) {
	quantity, list := "QUANTIFICATION_VALUE", "RADIO_ADD_OFFSET"
	if p.Level == "L2A" {
		quantity, list = "BOA_QUANTIFICATION_VALUE", "BOA_ADD_OFFSET"
	}
	q, err := number(key, quantity, first(ls, quantity))
	if err != nil {
		return 0, nil, err
	}
	if q <= 0 {
		return 0, nil, upwind.Refuse(key, quantity, fmt.Sprintf("%g is no scale", q), "hand in the product as it was delivered")
	}
	offsets = map[string]float64{}
	for _, l := range ls {
		if path.Base(l.path) != list {
			continue
		}
		id, err := strconv.Atoi(l.attr("band_id"))
		if err != nil || id < 0 || id >= len(sentinelIDs) {
			return 0, nil, upwind.Refuse(key, list, fmt.Sprintf("there is no band %q", l.attr("band_id")), "hand in the product as it was delivered")
		}
		if offsets[sentinelIDs[id]], err = number(key, list, l.text); err != nil {
			return 0, nil, err
		}
	}
	base := first(ls, "PROCESSING_BASELINE")
	if m := sentinelName.FindStringSubmatch(p.Name); m != nil && m[1]+"."+m[2] != base {
		return 0, nil, upwind.Refuse(key, "PROCESSING_BASELINE", fmt.Sprintf("it says %s, the product's name %s.%s: the offset of its numbers depends on it", base, m[1], m[2]), "hand in the product as it was delivered")
	}
	v, err := number(key, "PROCESSING_BASELINE", base)
	switch {
	case err != nil:
		return 0, nil, err
	case v >= 4 && len(offsets) == 0:
		return 0, nil, upwind.Refuse(key, list, fmt.Sprintf("products of baseline %s state an offset of their numbers, and it does not", base), "hand in the product as it was delivered")
	}
	return 1 / q, offsets, nil
}

// sentinelMask is the scene classification of L2A, or the cloud mask that L1C has as a picture since baseline 04.00.
func (p *Product) sentinelMask(f Files, classes string) {
	switch mask := f.picture("MSK_CLASSI_B00"); {
	case classes != "":
		p.Mask = &Mask{File: classes, Bad: []BadBand{{1, sceneClasses}}}
	case p.Level == "L1C" && mask != "":
		set := func(v uint32) bool { return v != 0 }
		p.Mask = &Mask{File: mask, Bad: []BadBand{{1, set}, {2, set}, {3, set}}} // opaque cloud, cirrus, snow
	default:
		p.Notes = append(p.Notes, "no mask of clouds is beside it: clouds are left to the detectors")
	}
}

// sentinelAngles reads the angles of the granule.
func (p *Product) sentinelAngles(f Files) error {
	const file = "MTD_TL.xml"
	if !f.has(file) {
		return nil
	}
	p.Beside = append(p.Beside, file)
	ls, err := leaves(f, file)
	if err != nil {
		return err
	}
	var zenith, azimuth, n float64
	for _, l := range ls {
		var to *float64
		switch {
		case strings.HasSuffix(l.path, "Mean_Sun_Angle/ZENITH_ANGLE"):
			to = &p.Sun.Elevation
		case strings.HasSuffix(l.path, "Mean_Sun_Angle/AZIMUTH_ANGLE"):
			to = &p.Sun.Azimuth
		case strings.HasSuffix(l.path, "Mean_Viewing_Incidence_Angle/ZENITH_ANGLE"):
			to = &zenith
			n++
		case strings.HasSuffix(l.path, "Mean_Viewing_Incidence_Angle/AZIMUTH_ANGLE"):
			to = &azimuth
		default:
			continue
		}
		v, err := number(file, path.Base(l.path), l.text)
		if err != nil {
			return err
		}
		*to += v
	}
	p.Sun.Elevation = 90 - p.Sun.Elevation
	if n > 0 {
		p.View = Angles{azimuth / n, 90 - zenith/n}
	}
	return nil
}
