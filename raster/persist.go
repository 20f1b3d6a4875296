package raster

import (
	"fmt"
	"math"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"

	"upwind"
)

// A building site stays bare for months; a field between harvest and sowing, or freshly ploughed, for weeks. Ground that was bare in most of its clear
// looks over a season is called persistent, else passing; fewer looks do not tell.
const (
	PersistWindow = 90 * 24 * time.Hour
	persistShare  = 0.6
	persistLooks  = 3
	lookKnown     = 0.5 // share of an object's points that must show ground for a look to be clear
	lookBare      = 0.5 // share of those that must be bare for it to be a bare one
	lookPoints    = 400 // points of an object, about
)

// Persistent and Passing are classes of bare soil that was looked at on several dates.
const (
	Persistent = "persistent"
	Passing    = "passing"
)

// Looks counts how often an object was seen, and seen bare.
type Looks struct {
	points      []orb.Point
	Clear, Bare int
	First, Last time.Time // of the clear looks
}

// NewLooks begins to count looks at an object on the ground; nil where it has no area there.
func NewLooks(g *geojson.Geometry) *Looks {
	p, ok := g.Geometry().(orb.Polygon)
	if !ok {
		return nil
	}
	b := p.Bound()
	w, h := b.Max[0]-b.Min[0], b.Max[1]-b.Min[1]
	if !(w > 0 && h > 0) {
		return nil
	}
	n := int(math.Ceil(math.Sqrt(lookPoints)))
	l := &Looks{}
	for j := range n {
		for i := range n {
			q := orb.Point{b.Min[0] + (float64(i)+0.5)/float64(n)*w, b.Min[1] + (float64(j)+0.5)/float64(n)*h}
			if planar.PolygonContains(p, q) {
				l.points = append(l.points, q)
			}
		}
	}
	return l
}

// Add looks at the object in the mask of a scene of one date.
func (l *Looks) Add(m *Mask, g Grid, at time.Time) {
	known, bare := 0, 0
	for _, q := range l.points {
		x, y, ok := g.Pixel(q[0], q[1])
		i, j := int(math.Floor(x)), int(math.Floor(y))
		if !ok || i < 0 || j < 0 || i >= m.Width || j >= m.Height {
			continue
		}
		switch m.Row(j)[i] {
		case MaskYes:
			known++
			bare++
		case MaskNo:
			known++
		}
	}
	if len(l.points) == 0 || float64(known) < lookKnown*float64(len(l.points)) {
		return
	}
	if l.Clear++; l.First.IsZero() || at.Before(l.First) {
		l.First = at
	}
	if at.After(l.Last) {
		l.Last = at
	}
	if float64(bare) >= lookBare*float64(known) {
		l.Bare++
	}
}

// Tell writes into a detection what its looks say: share of bare looks with the interval of Wilson (1927), class and reason.
func (l *Looks) Tell(d *upwind.Detection) {
	n, b := float64(l.Clear), float64(l.Bare)
	if n == 0 {
		d.Reasons = append(d.Reasons, "no clear look at it on other dates")
		return
	}
	const z = 1.96
	share := b / n
	middle, half := (share+z*z/(2*n))/(1+z*z/n), z/(1+z*z/n)*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	d.Measures[upwind.BareShareOfLooks] = upwind.Estimate{Value: share, Sigma: half / z, Lo95: max(0, middle-half), Hi95: min(1, middle+half)}
	reason := fmt.Sprintf("bare in %d of %d clear looks over %.0f days", l.Bare, l.Clear, l.Last.Sub(l.First).Hours()/24)
	switch {
	case l.Clear < persistLooks:
		reason += ": too few to tell a site from a field"
	case share >= persistShare:
		d.Class = Persistent
	default:
		d.Class = Passing
		reason += ": as fields are"
	}
	d.Reasons = append(d.Reasons, reason)
}
