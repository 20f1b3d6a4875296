package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"upwind/tracing/season"
)

// Size of a picture of directions.
const (
	roseW, roseH = 1180, 640
	roseR        = 232.0
	roseY        = 345.0
	leftX        = 285.0
	rightX       = 815.0
)

// CPF draws the rose of shares with their 95 % intervals, and beside it the shares by direction and speed.
func CPF(c *season.CPF, title string) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, roseW, roseH))
	fill(img, img.Bounds(), paper)
	write(img, 24, 20, 3, ink, title)
	all := 0.0
	if c.All.N > 0 {
		all = float64(c.All.M) / float64(c.All.N)
	}
	write(img, 24, 54, 2, ink, fmt.Sprintf("share of readings over %.3g by where the wind comes from; of all %.0f %%, of %d calms %.0f %%", c.Threshold, 100*all, c.Calm.N, 100*float64(c.Calm.M)/float64(max(c.Calm.N, 1))))
	rose(img, c, all)
	polar(img, c)
	return img
}

// compass draws the letters about a circle.
func compass(img *image.RGBA, cx, cy, r float64) {
	circle(img, cx, cy, r, 1.5, ink, false)
	for i, s := range []string{"N", "E", "S", "W"} {
		a := float64(i) * math.Pi / 2
		write(img, int(cx+(r+16)*math.Sin(a))-6, int(cy-(r+16)*math.Cos(a))-7, 2, ink, s)
	}
}

// bearing is the direction of a point of the picture from a centre, degrees clockwise from north.
func bearing(x, y, cx, cy float64) float64 {
	return math.Mod(math.Atan2(x-cx, cy-y)*180/math.Pi+360, 360)
}

func rose(img *image.RGBA, c *season.CPF, all float64) {
	top := 0.0
	for _, s := range c.Sectors {
		if s.P != nil {
			top = max(top, s.P.Hi95)
		}
	}
	step := nice(max(top, 0.05) / 4)
	rim := step * math.Ceil(max(top, 0.05)/step-1e-9)
	compass(img, leftX, roseY, roseR)
	for v := step; v < rim-1e-9; v += step {
		circle(img, leftX, roseY, roseR*v/rim, 1, faint, false)
	}
	box := image.Rect(int(leftX-roseR), int(roseY-roseR), int(leftX+roseR)+1, int(roseY+roseR)+1)
	n := len(c.Sectors)
	paint(img, box, func(x, y float64) (color.RGBA, bool) {
		b := bearing(x, y, leftX, roseY)
		k := int(math.Floor(b/c.SectorDeg+0.5)) % n
		off := math.Abs(math.Remainder(b-c.Sectors[k].FromDeg, 360))
		s := c.Sectors[k]
		col := bar
		if k == c.Peak {
			col = mark
		}
		return col, s.P != nil && off < 0.44*c.SectorDeg && math.Hypot(x-leftX, y-roseY) <= roseR*s.P.Value/rim
	})
	circle(img, leftX, roseY, roseR*all/rim, 1.5, ink, true)
	for _, s := range c.Sectors {
		if s.P == nil {
			continue
		}
		sin, cos := math.Sincos(s.FromDeg * math.Pi / 180)
		a, b := roseR*s.P.Lo95/rim, roseR*s.P.Hi95/rim
		line(img, leftX+a*sin, roseY-a*cos, leftX+b*sin, roseY-b*cos, 2, ink)
	}
	for v := step; v < rim+1e-9; v += step {
		write(img, int(leftX+roseR*v/rim*math.Sin(0.35))+3, int(roseY-roseR*v/rim*math.Cos(0.35))-7, 1, ink, fmt.Sprintf("%.3g %%", 100*v))
	}
	write(img, int(leftX)-96, int(roseY+roseR)+40, 1, ink, "share, line: its 95 % interval")
}

func polar(img *image.RGBA, c *season.CPF) {
	top, fast := 0.0, 0.0
	cell := make([]float64, len(c.Sectors)*(c.Speeds+1))
	for _, s := range c.Polar {
		cell[int(math.Round(s.FromDeg/c.SectorDeg))*(c.Speeds+1)+int(s.SpeedMS/c.SpeedMS)] = 1 + s.P.Value
		top, fast = max(top, s.P.Value), max(fast, s.SpeedMS+c.SpeedMS/2)
	}
	compass(img, rightX, roseY, roseR)
	if fast == 0 || top == 0 {
		write(img, int(rightX)-90, int(roseY)-4, 2, ink, "too few readings")
		return
	}
	n := len(c.Sectors)
	box := image.Rect(int(rightX-roseR), int(roseY-roseR), int(rightX+roseR)+1, int(roseY+roseR)+1)
	paint(img, box, func(x, y float64) (color.RGBA, bool) {
		speed := math.Hypot(x-rightX, y-roseY) / roseR * fast
		k := int(math.Floor(bearing(x, y, rightX, roseY)/c.SectorDeg+0.5)) % n
		if speed >= fast {
			return paper, false
		}
		p := cell[k*(c.Speeds+1)+int(speed/c.SpeedMS)]
		return shade((p - 1) / top), p > 0
	})
	step := nice(fast / 4)
	for v := step; v < fast; v += step {
		circle(img, rightX, roseY, roseR*v/fast, 1, color.RGBA{130, 136, 148, 255}, true)
		write(img, int(rightX+roseR*v/fast*math.Sin(0.35))+3, int(roseY-roseR*v/fast*math.Cos(0.35))-7, 1, ink, fmt.Sprintf("%.3g m/s", v))
	}
	write(img, int(rightX)-96, int(roseY+roseR)+40, 1, ink, "share by direction and speed")
	legend(img, roseW-84, int(roseY-roseR), int(2*roseR), 0, top, func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) })
}

// legend draws the scale from lo to hi.
func legend(img *image.RGBA, x, y, h int, lo, hi float64, text func(v float64) string) {
	for i := range h {
		fill(img, image.Rect(x, y+i, x+18, y+i+1), shade(1-float64(i)/float64(h-1)))
	}
	for i := range 5 {
		at := y + i*(h-1)/4
		fill(img, image.Rect(x+18, at, x+23, at+1), ink)
		write(img, x+27, at-3, 1, ink, text(hi+(lo-hi)*float64(i)/4))
	}
}
