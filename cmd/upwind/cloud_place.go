package main

import (
	"fmt"
	"math"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/las"
	"upwind/raster/gdal"
)

// place puts a cloud on the ground: by the system that the user states, else by the file's own. A cloud of
// which nobody says where it lies is measured in its own frame, taken as metres.
type place struct {
	crs    string // EPSG:n or well-known text; empty in a frame of its own
	to     *gdal.Transform
	locate lidar.Locate
}

func (p place) Close() {
	if p.to != nil {
		p.to.Close()
	}
}

func placeCloud(r *las.Reader, stated string) (place, error) {
	p := place{crs: stated}
	if crs := r.CRS(); p.crs == "" && crs.EPSG != 0 {
		p.crs = fmt.Sprintf("EPSG:%d", crs.EPSG)
	} else if p.crs == "" {
		p.crs = crs.WKT
	}
	if p.crs == "" {
		frame := frameAbout(r.Header())
		p.locate = frame.lonLat
		return p, nil
	}
	if err := gdal.Register(); err != nil {
		return p, err
	}
	to, err := gdal.NewTransform(p.crs, gdal.WGS84)
	if err != nil {
		return p, upwind.Refuse(r.Name(), "", "its coordinate system cannot be used: "+err.Error(), "give --crs EPSG:n")
	}
	p.to = to
	p.locate = func(x, y float64) (lon, lat float64) {
		lon, lat, _ = to.Apply(x, y)
		return lon, lat
	}
	return p, nil
}

// frame is a plane of metres laid onto the ellipsoid where equator and prime meridian meet, for clouds that
// have no place: what is measured on it is right, where it lies means nothing.
type frame struct{ x0, y0 float64 }

// Metres a radian of longitude and latitude at that place (WGS84).
const (
	frameEastM  = 6378137.0
	frameNorthM = 6378137.0 * (1 - 0.00669437999014)
)

func frameAbout(h las.Header) frame {
	f := frame{(h.Min[0] + h.Max[0]) / 2, (h.Min[1] + h.Max[1]) / 2}
	if math.IsNaN(f.x0+f.y0) || math.IsInf(f.x0+f.y0, 0) {
		return frame{}
	}
	return f
}

func (f frame) lonLat(x, y float64) (lon, lat float64) {
	return (x - f.x0) / frameEastM * 180 / math.Pi, (y - f.y0) / frameNorthM * 180 / math.Pi
}

func (f frame) xy(lon, lat float64) (x, y float64) {
	return f.x0 + lon*math.Pi/180*frameEastM, f.y0 + lat*math.Pi/180*frameNorthM
}
