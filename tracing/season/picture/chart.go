package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"upwind/tracing/season"
)

// Size of a picture of a map.
const (
	mapSide = 720
	mapX    = 70
	mapY    = 92
	mapW    = mapX + mapSide + 110
	mapH    = mapY + mapSide + 60
)

// Map draws the cells of a map about a station at lon, lat; the cell with the highest value is ringed.
func Map(m *season.Map, lon, lat float64, title, unit string) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, mapW, mapH))
	fill(img, img.Bounds(), paper)
	write(img, 24, 20, 3, ink, title)
	write(img, 24, 54, 2, ink, fmt.Sprintf("%d trajectories; white: crossed by too few", m.Trajectories))
	narrow := math.Cos(lat * math.Pi / 180)
	wide, high := float64(m.NX)*m.DLon*narrow, float64(m.NY)*m.DLat
	pixel := max(wide, high) / mapSide // degrees of latitude
	frame := image.Rect(mapX, mapY, mapX+int(wide/pixel), mapY+int(high/pixel))
	lo, hi := span(m)
	paint(img, frame, func(x, y float64) (color.RGBA, bool) {
		i := int((x - mapX) * pixel / narrow / m.DLon)
		j := int((float64(frame.Max.Y) - y) * pixel / m.DLat)
		if i < 0 || j < 0 || i >= m.NX || j >= m.NY || math.IsNaN(m.Value[j*m.NX+i]) {
			return paper, true
		}
		return shade((m.Value[j*m.NX+i] - lo) / (hi - lo)), true
	})
	at := func(lon, lat float64) (x, y float64) {
		return mapX + (math.Mod(lon-m.Lon0+720, 360))*narrow/pixel, float64(frame.Max.Y) - (lat-m.Lat0)/pixel
	}
	x, y := at(lon, lat)
	line(img, x-9, y, x+9, y, 3, ink)
	line(img, x, y-9, x, y+9, 3, ink)
	if len(m.Top) > 0 {
		tx, ty := at(m.Centre(m.Top[0]))
		circle(img, tx, ty, max(m.DLat/pixel, 8), 3, mark, false)
	}
	border(img, frame)
	ticks(img, m, frame, narrow, pixel)
	ruler(img, frame, pixel)
	legend(img, frame.Max.X+22, mapY, frame.Dy(), lo, hi, func(v float64) string { return fmt.Sprintf("%.3g %s", v, unit) })
	return img
}

func span(m *season.Map) (lo, hi float64) {
	lo, hi = 0, 0
	for k, cell := range m.Top {
		v := m.Value[cell]
		hi = max(hi, v)
		if m.Statistic == season.CWT && (k == 0 || v < lo) {
			lo = v
		}
	}
	if hi <= lo {
		hi = lo + 1
	}
	return lo, hi
}

func border(img *image.RGBA, r image.Rectangle) {
	fill(img, image.Rect(r.Min.X-1, r.Min.Y-1, r.Max.X+1, r.Min.Y), ink)
	fill(img, image.Rect(r.Min.X-1, r.Max.Y, r.Max.X+1, r.Max.Y+1), ink)
	fill(img, image.Rect(r.Min.X-1, r.Min.Y, r.Min.X, r.Max.Y), ink)
	fill(img, image.Rect(r.Max.X, r.Min.Y, r.Max.X+1, r.Max.Y), ink)
}

func ticks(img *image.RGBA, m *season.Map, r image.Rectangle, narrow, pixel float64) {
	step := nice(float64(m.NX) * m.DLon / 5)
	for v := math.Ceil(m.Lon0/step) * step; v < m.Lon0+float64(m.NX)*m.DLon; v += step {
		x := r.Min.X + int((v-m.Lon0)*narrow/pixel)
		fill(img, image.Rect(x, r.Max.Y, x+1, r.Max.Y+6), ink)
		s := degrees(v, "E", "W")
		write(img, x-widthOf(s, 1)/2, r.Max.Y+10, 1, ink, s)
	}
	step = nice(float64(m.NY) * m.DLat / 5)
	for v := math.Ceil(m.Lat0/step) * step; v < m.Lat0+float64(m.NY)*m.DLat; v += step {
		y := r.Max.Y - int((v-m.Lat0)/pixel)
		fill(img, image.Rect(r.Min.X-6, y, r.Min.X, y+1), ink)
		s := degrees(v, "N", "S")
		write(img, r.Min.X-10-widthOf(s, 1), y-3, 1, ink, s)
	}
}

func degrees(v float64, positive, negative string) string {
	switch {
	case math.Abs(v) < 1e-9:
		return "0"
	case v < 0:
		return fmt.Sprintf("%.4g %s", -v, negative)
	}
	return fmt.Sprintf("%.4g %s", v, positive)
}

// ruler draws a scale bar.
func ruler(img *image.RGBA, r image.Rectangle, pixel float64) {
	const kmADegree = 111.195
	km := nice(float64(r.Dx()) * pixel * kmADegree / 8)
	w := int(km / kmADegree / pixel)
	y := r.Max.Y + 34
	fill(img, image.Rect(r.Min.X, y, r.Min.X+w, y+4), ink)
	write(img, r.Min.X+w+8, y-2, 1, ink, fmt.Sprintf("%g km", km))
}
