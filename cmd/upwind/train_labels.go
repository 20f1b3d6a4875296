package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/raster"
	"upwind/raster/gdal"
)

// labelFile is a GeoJSON file of labelled polygons, each with a property class.
type labelFile struct {
	path   string
	crs    string // as the file states it (GeoJSON 2008), else WGS84
	labels []raster.Label
}

// namedCRS is how GeoJSON of 2008 names an EPSG code; CRS84 is WGS84 with the longitude first.
var namedCRS = regexp.MustCompile(`EPSG:(?:[\d.]*:)?(\d+)$`)

func readLabels(path string) (*labelFile, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var head struct {
		CRS *struct {
			Properties struct {
				Name string `json:"name"`
			} `json:"properties"`
		} `json:"crs"`
	}
	fc, err := geojson.UnmarshalFeatureCollection(raw)
	if err != nil || json.Unmarshal(raw, &head) != nil {
		return nil, &upwind.Refusal{File: path, What: "it is no GeoJSON feature collection", Do: "write the labels as one", Err: err}
	}
	f := &labelFile{path: path, crs: gdal.WGS84}
	if head.CRS != nil {
		if m := namedCRS.FindStringSubmatch(head.CRS.Properties.Name); m != nil {
			f.crs = "EPSG:" + m[1]
		}
	}
	for i, x := range fc.Features {
		class, _ := x.Properties["class"].(string)
		if class == "" {
			return nil, upwind.Refuse(path, fmt.Sprintf("feature %d", i+1), "it has no property class", "name the class of each polygon, such as bare or other")
		}
		switch g := x.Geometry.(type) {
		case orb.Polygon:
			f.labels = append(f.labels, raster.Label{Class: class, Outline: orb.MultiPolygon{g}})
		case orb.MultiPolygon:
			f.labels = append(f.labels, raster.Label{Class: class, Outline: g})
		default:
			return nil, upwind.Refuse(path, fmt.Sprintf("feature %d", i+1), "it is no polygon", "label areas")
		}
	}
	if len(f.labels) == 0 {
		return nil, upwind.Refuse(path, "", "it has no polygons", "label some ground of each class")
	}
	return f, nil
}

// on are the labels in the pixels of a picture.
func (f *labelFile) on(si raster.SourceInfo) ([]raster.Label, error) {
	if !si.Georeferenced() {
		return nil, upwind.Refuse(si.Name, "", "it has no place on the ground", "train on a picture with a coordinate system, in which the labels can be found")
	}
	t, err := gdal.NewTransform(f.crs, si.CRS)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	gt := *si.GeoTransform
	det := gt[1]*gt[5] - gt[2]*gt[4]
	out := make([]raster.Label, len(f.labels))
	for i, l := range f.labels {
		out[i].Class = l.Class
		for _, poly := range l.Outline {
			var p orb.Polygon
			for _, ring := range poly {
				var r orb.Ring
				for _, v := range ring {
					x, y, ok := t.Apply(v[0], v[1])
					if !ok {
						return nil, upwind.Refuse(f.path, fmt.Sprintf("feature %d", i+1), fmt.Sprintf("the point %v does not exist in the coordinate system of %s", v, si.Name), "check the labels' coordinate system")
					}
					x, y = x-gt[0], y-gt[3]
					r = append(r, orb.Point{(x*gt[5] - y*gt[2]) / det, (y*gt[1] - x*gt[4]) / det})
				}
				p = append(p, r)
			}
			out[i].Outline = append(out[i].Outline, p)
		}
	}
	return out, nil
}
