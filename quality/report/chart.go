package report

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"upwind/quality/aqi"
)

// Charts are drawn by the template from places that are worked out here, in units of which 680 are the width of the text.

// box is a rectangle with a figure in it.
type box struct {
	X, Y, W, H  float64
	Fill, Ink   string
	Text, Small string
}

// mid is the middle of a box, for its text.
func (b box) MidX() float64 { return b.X + b.W/2 }
func (b box) MidY() float64 { return b.Y + b.H/2 }

// noData is the colour of a day or an hour without an index.
const noData = "#eceff3"

func (r *Report) boxOf(f aqi.Figure) box {
	if f.AQI == nil {
		return box{Fill: noData, Ink: "#8a94a3", Text: "–"}
	}
	b := box{Text: fmt.Sprint(*f.AQI)}
	b.Fill, b.Ink = colours(f.Class)
	return b
}

// calendar is the month of the city, a week a row.
type calendar struct {
	Name     string
	W, H     float64
	Weekdays []box
	Days     []box
}

const (
	dayW, dayH = 48.0, 40.0
	weekdayH   = 18.0
)

func (r *Report) calendar() *calendar {
	c := r.city()
	if c == nil || !r.Period.Monthly {
		return nil
	}
	out := &calendar{W: 7 * dayW}
	for i, name := range r.Lang.weekdays() {
		out.Weekdays = append(out.Weekdays, box{X: float64(i) * dayW, W: dayW, H: weekdayH, Text: name})
	}
	first := fromMonday(r.Period.First)
	for i, f := range c.Days {
		k := first + i
		b := r.boxOf(f)
		b.X, b.Y, b.W, b.H = float64(k%7)*dayW+1, weekdayH+float64(k/7)*dayH+1, dayW-2, dayH-2
		b.Small = fmt.Sprint(i + 1)
		out.Days = append(out.Days, b)
		out.H = b.Y + dayH
	}
	return out
}

// shares are the days of each class, and of each primary pollutant, of the city.
type shares struct {
	Name    string
	W, H    float64
	Classes []bar
	Primary []bar
	Heads   []box
}

// bar is one line of a bar chart.
type bar struct {
	Y, W  float64
	X0, X float64 // where the bar begins, and its value behind it
	Label string
	Value string
	Fill  string
}

const (
	sharesW  = 300.0
	barX     = 76.0
	barXLong = 112.0 // behind English names
	barH     = 17.0
	barSpace = 140.0
)

func (r *Report) shares() *shares {
	c := r.city()
	if c == nil || !r.Period.Monthly {
		return nil
	}
	l := r.Lang
	s := &shares{W: sharesW}
	y := 0.0
	head := func(text string) {
		s.Heads = append(s.Heads, box{Y: y + 12, Text: text})
		y += 20
	}
	line := func(label string, n int, fill string) bar {
		b := bar{Y: y, W: barSpace * float64(n) / float64(max(c.Sum.Days, 1)), Label: label, Value: fmt.Sprintf(l.pick("%d 天", "%d d"), n), Fill: fill}
		b.X0 = barX
		if l == English {
			b.X0 = barXLong
		}
		b.X = b.X0 + b.W + 6
		y += barH
		return b
	}
	head(l.pick("各级别天数", "Days of each class"))
	for k, n := range c.Sum.Classes {
		fill, _ := colours(aqi.Class(k + 1))
		s.Classes = append(s.Classes, line(l.class(aqi.Class(k+1)), n, fill))
	}
	y += 12
	head(l.pick("首要污染物天数", "Days of each primary pollutant"))
	for _, p := range byDays(c.Sum.Primary) {
		s.Primary = append(s.Primary, line(subscript(p), c.Sum.Primary[p], "#3b5b8c"))
	}
	s.H = y + 4
	return s
}

// matrix has a row a county and a column a day, or an hour.
type matrix struct {
	Name  string
	W, H  float64
	Heads []box
	Names []box
	Cells []box
}

const (
	chartW   = 680.0
	nameW    = 92.0
	cellH    = 18.0
	matrixY0 = 18.0
)

func (r *Report) matrix() *matrix {
	rows := r.Level(aqi.LevelCounty)
	if len(rows) == 0 {
		return nil
	}
	if c := r.city(); c != nil && len(rows) > 1 {
		rows = append([]*Row{c}, rows...)
	}
	m := &matrix{W: chartW, H: matrixY0 + cellH*float64(len(rows))}
	for i, row := range rows {
		figures := row.Days
		if !r.Period.Monthly {
			figures = row.Hours
		}
		w := (chartW - nameW) / float64(len(figures))
		y := matrixY0 + cellH*float64(i)
		m.Names = append(m.Names, box{Y: y, H: cellH, Text: clip(mark(row), nameW, 11)})
		for k, f := range figures {
			b := r.boxOf(f)
			b.X, b.Y, b.W, b.H = nameW+w*float64(k)+0.5, y+0.5, w-1, cellH-1
			m.Cells = append(m.Cells, b)
			if i == 0 {
				name := fmt.Sprint(k + 1)
				if !r.Period.Monthly {
					name = fmt.Sprint(k)
				}
				m.Heads = append(m.Heads, box{X: b.X, W: b.W, H: matrixY0, Text: name})
			}
		}
	}
	return m
}

// clip shortens a text to a width at a size of letters: a Chinese letter is as wide as high, a Latin one about half.
func clip(s string, width, size float64) string {
	w := 0.0
	for i, c := range s {
		step := 0.56 * size
		if c > 0x2e7f {
			step = size
		}
		if w+step > width-4 && i+utf8.RuneLen(c) < len(s) {
			return strings.TrimSpace(s[:i]) + "…"
		}
		w += step
	}
	return s
}

// ticks are round values between lo and hi.
func ticks(lo, hi float64, about int) []float64 {
	if !(hi > lo) {
		return []float64{lo}
	}
	raw := (hi - lo) / float64(about)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if step*m >= raw {
			step *= m
			break
		}
	}
	var out []float64
	for k := math.Ceil(lo / step); k*step <= hi; k++ {
		out = append(out, k*step)
	}
	return out
}
