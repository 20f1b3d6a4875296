package hj212

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Ailment is what can be wrong with a device.
type Ailment string

const (
	AilUnit     Ailment = "wrong-unit"
	AilClock    Ailment = "clock-skew"
	AilFrames   Ailment = "bad-frames"
	AilFrozen   Ailment = "frozen"
	AilSilent   Ailment = "silent"
	AilRange    Ailment = "out-of-range"
	AilTwice    Ailment = "number-used-twice"
	AilStranger Ailment = "unknown-device"
	AilStandard Ailment = "departs-from-standard"
)

// Finding is one thing that is wrong with one device, in words.
type Finding struct {
	MN      string    `json:"mn"`
	Ailment Ailment   `json:"ailment"`
	Factor  string    `json:"factor,omitempty"`
	Since   time.Time `json:"since_utc"`
	Value   float64   `json:"value"`
	Text    string    `json:"text"`
}

const (
	frozenCount  = 30            // equal values in a row
	frozenFor    = 3 * time.Hour // and for that long: still air at night can hold a coarse sensor for an hour
	silentFactor = 5.0           // usual spacings
	minSilence   = 15 * time.Minute
	badShare     = 0.01 // of frames: TCP delivers what was sent, so a bad CRC is the device's or the modem's
	minFrames    = 100
	rangeShare   = 0.02
	unitShare    = 0.5
)

// Findings is what is wrong at a time, by device.
func (d *Doctor) Findings(now time.Time) []Finding {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Finding
	for _, p := range d.patients {
		out = append(out, p.findings(d.lines[p.Address], now)...)
	}
	for _, f := range d.strange {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.MN, b.MN), cmp.Compare(a.Ailment, b.Ailment), cmp.Compare(a.Factor, b.Factor), cmp.Compare(a.Text, b.Text))
	})
	return out
}

func (p *patient) findings(l *line, now time.Time) []Finding {
	var out []Finding
	add := func(a Ailment, factor string, since time.Time, v float64, format string, args ...any) {
		out = append(out, Finding{MN: p.MN, Ailment: a, Factor: factor, Since: since, Value: v, Text: fmt.Sprintf(format, args...)})
	}
	if len(p.skews) >= skewKept/3 && math.Abs(p.SkewS) > DefaultLimits.MaxSkew.Seconds() {
		add(AilClock, "", p.First, p.SkewS, "its clock is %s: %s", span(p.SkewS), clockAdvice(p.SkewS))
	}
	quiet := now.Sub(p.Last)
	if limit := max(minSilence, time.Duration(silentFactor*p.spacing*float64(time.Second))); p.Frames > 0 && quiet > limit {
		add(AilSilent, "", p.Last, quiet.Seconds(), "nothing came for %s; it used to send every %.0f s", quiet.Round(time.Minute), max(p.spacing, 1))
	}
	if l != nil && l.good+l.bad >= minFrames && float64(l.bad) > badShare*float64(l.good+l.bad) {
		add(AilFrames, "", l.since, float64(l.bad)/float64(l.good+l.bad), "%d of %d frames from %s are faulty (last: %s)", l.bad, l.good+l.bad, p.Address, l.last)
	}
	if p.unreadable > 0 {
		add(AilStandard, "", p.First, float64(p.unreadable), "%d packets could not be read: %s", p.unreadable, p.reason)
	}
	if p.moved >= 3 {
		add(AilTwice, "", p.First, float64(p.moved), "two devices send under this number, from %s and %s: one of them was never given its own", p.Address, p.other)
	}
	for text, n := range p.notes {
		add(AilStandard, "", p.First, float64(n), "%s (%d times)", text, n)
	}
	for code, v := range p.factors {
		f, ok := FactorOf(code)
		if !ok {
			f = &Factor{}
		}
		switch {
		case v.n >= 10 && float64(v.large) > unitShare*float64(v.n):
			add(AilUnit, code, v.outSince, v.worst, "sends %s as %g %s, which no air has: it probably sends in %s; set the device's unit", cmp.Or(f.Species, code), v.worst, v.unit, v.meant)
		case v.n >= 10 && float64(v.out) > rangeShare*float64(v.n):
			add(AilRange, code, v.outSince, v.worst, "%d of %d values of %s are beyond what can be, the last %g %s", v.out, v.n, cmp.Or(f.Species, code), v.worst, v.unit)
		}
		if v.same >= frozenCount && p.Last.Sub(v.sameSince) >= frozenFor && v.last != 0 {
			add(AilFrozen, code, v.sameSince, v.last, "%s has been %g %s for %s, %d values in a row", cmp.Or(f.Species, code), v.last, v.unit, p.Last.Sub(v.sameSince).Round(time.Minute), v.same)
		}
	}
	return out
}

func clockAdvice(s float64) string {
	switch {
	case math.Abs(math.Abs(s)-8*3600) < 1800:
		return "it runs on UTC, say so in the device's settings"
	case math.Abs(math.Remainder(s, 3600)) < 120:
		return "whole hours, a wrong time zone"
	}
	return "set it (upwind hj212 listen --set-clocks does)"
}

func span(s float64) string {
	d := time.Duration(math.Abs(s) * float64(time.Second)).Round(time.Second)
	if s < 0 {
		return d.String() + " slow"
	}
	return d.String() + " fast"
}
