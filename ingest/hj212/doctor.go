package hj212

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
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

// Chart is what the doctor knows of one device.
type Chart struct {
	MN       string    `json:"mn"`
	System   string    `json:"system"`
	Address  string    `json:"address"`
	First    time.Time `json:"first_utc"`
	Last     time.Time `json:"last_utc"`
	Frames   int       `json:"frames"`
	Readings int       `json:"readings"`
	SkewS    float64   `json:"skew_s"` // median of the last real-time packets
}

const (
	skewKept     = 15
	addressAge   = 10 * time.Minute // two addresses within that are two devices
	frozenCount  = 30               // equal values in a row
	frozenFor    = 3 * time.Hour    // and for that long: still air at night can hold a coarse sensor for an hour
	silentFactor = 5.0              // usual spacings
	minSilence   = 15 * time.Minute
	badShare     = 0.01 // of frames: TCP delivers what was sent, so a bad CRC is the device's or the modem's
	minFrames    = 100
	rangeShare   = 0.02
	unitShare    = 0.5
	maxChartRows = 20_000
)

// plausible bounds of what can be in air and water, in the usual unit; beyond, an instrument is broken or speaks in another unit. The
// highest hourly PM10 of a dust storm in China is about 10 mg/m3.
var plausible = map[string][2]float64{
	"PM10": {0, 10000}, "PM2.5": {0, 5000}, "TSP": {0, 20000}, "temperature": {-60, 65}, "humidity": {0, 100}, "pressure": {40, 110},
	"wind_speed": {0, 75}, "wind_from": {0, 360}, "pH": {0, 14}, "DO": {0, 25}, "water_temperature": {-2, 60}, "O2": {0, 25},
}

// Doctor keeps a chart of every device. A nil *Doctor keeps none. It is safe for concurrent use.
type Doctor struct {
	mu       sync.Mutex
	patients map[string]*patient
	strange  map[string]Finding
	lines    map[string]*line // frames by address, before a device is known
}

type line struct {
	good, bad int
	last      string
	since     time.Time
}

type patient struct {
	Chart
	other      string // the address before
	otherSince time.Time
	moved      int // how often it jumped between two addresses
	skews      []float64
	spacing    float64 // s, running median of the time between frames
	unreadable int
	reason     string
	notes      map[string]int
	factors    map[string]*vital
}

type vital struct {
	unit          string
	last          float64
	same          int
	sameSince     time.Time
	n, out, large int
	outSince      time.Time
	worst         float64
}

// NewDoctor returns a doctor without patients.
func NewDoctor() *Doctor {
	return &Doctor{patients: map[string]*patient{}, strange: map[string]Finding{}, lines: map[string]*line{}}
}

func (d *Doctor) with(mn string, f func(p *patient)) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.patients[mn]
	if p == nil {
		if len(d.patients) >= maxChartRows {
			return
		}
		p = &patient{Chart: Chart{MN: mn}, notes: map[string]int{}, factors: map[string]*vital{}}
		d.patients[mn] = p
	}
	f(p)
}

func (d *Doctor) line(addr string) *line {
	l := d.lines[addr]
	if l == nil {
		if len(d.lines) >= maxChartRows {
			clear(d.lines)
		}
		l = &line{since: time.Now()}
		d.lines[addr] = l
	}
	return l
}

func (d *Doctor) fault(addr string, f *FrameError) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.line(addr)
	l.bad++
	l.last = f.Fault.String()
}

func (d *Doctor) unreadable(addr, mn string, err error) {
	if mn == "" {
		d.fault(addr, &FrameError{Fault: FaultLength})
		return
	}
	d.with(mn, func(p *patient) {
		p.unreadable++
		p.reason = err.Error()
	})
}

func (d *Doctor) stranger(addr, mn string, listed bool) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	text := fmt.Sprintf("%s sends as device %s, which is not on the list: nothing it sends is taken; add it, or find out who it is", addr, mn)
	if listed {
		text = fmt.Sprintf("%s sends as device %s with another password: nothing it sends is taken", addr, mn)
	}
	f, ok := d.strange[mn]
	if !ok {
		if len(d.strange) >= maxChartRows {
			return
		}
		f = Finding{MN: mn, Ailment: AilStranger, Since: time.Now().UTC()}
	}
	f.Value++
	f.Text = text
	d.strange[mn] = f
}

func (d *Doctor) note(mn, text string) {
	d.with(mn, func(p *patient) {
		if _, ok := p.notes[text]; ok || len(p.notes) < maxNotes {
			p.notes[text]++
		}
	})
}

func (d *Doctor) frame(f *Packet, addr string, now time.Time) {
	d.with(f.MN, func(p *patient) {
		d.line(addr).good++
		if p.Frames == 0 {
			p.First = now.UTC()
		} else if gap := now.Sub(p.Last).Seconds(); gap > 0.5 { // a burst after an outage says nothing of the rhythm
			p.spacing += max(p.spacing, 60) * 0.05 * sign(gap-p.spacing)
		}
		if p.Address != "" && p.Address != addr {
			if p.other == addr && now.Sub(p.otherSince) < addressAge {
				p.moved++
			}
			p.other, p.otherSince = p.Address, now
		}
		p.Address, p.Last, p.System = addr, now.UTC(), SystemKind(f.ST)
		p.Frames++
	})
}

func (d *Doctor) readings(u *Upload) {
	d.with(u.Packet.MN, func(p *patient) {
		if u.Packet.CN == CNRealTime && len(u.Readings) > 0 {
			p.skews = append(p.skews, u.Skew.Seconds())
			if len(p.skews) > skewKept {
				p.skews = p.skews[1:]
			}
			p.SkewS = median(p.skews)
		}
		for i := range u.Readings {
			r := &u.Readings[i]
			if (r.Stat != StatRtd && r.Stat != StatAvg) || !r.Mark.Valid() {
				continue
			}
			p.Readings++
			p.vital(r, u.Device.UnitOf(r.Factor))
		}
	})
}

func (p *patient) vital(r *Reading, unit string) {
	v := p.factors[r.Factor.Code]
	if v == nil {
		if len(p.factors) >= 64 {
			return
		}
		v = &vital{}
		p.factors[r.Factor.Code] = v
	}
	v.unit = unit
	v.n++
	if r.Value == v.last && v.n > 1 {
		v.same++
	} else {
		v.same, v.sameSince = 1, r.Time
	}
	v.last = r.Value
	b, ok := plausible[r.Factor.Species]
	if !ok {
		return
	}
	scaled := r.Value
	if unit == "ng/m3" {
		scaled /= 1000
	}
	if scaled < b[0] || scaled > b[1] {
		if v.out == 0 {
			v.outSince = r.Time
		}
		v.out++
		v.worst = r.Value
		if scaled > b[1] && scaled/1000 < b[1] && r.Factor.UsualUnit() != r.Factor.Unit { // the table and the usage differ
			v.large++
		}
	}
}

// Charts are all devices, by number.
func (d *Doctor) Charts() []Chart {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Chart, 0, len(d.patients))
	for _, p := range d.patients {
		out = append(out, p.Chart)
	}
	slices.SortFunc(out, func(a, b Chart) int { return cmp.Compare(a.MN, b.MN) })
	return out
}

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
			add(AilUnit, code, v.outSince, v.worst, "sends %s as %g %s, which no air has: it probably sends in ng/m3; set the device's unit", cmp.Or(f.Species, code), v.worst, v.unit)
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

func sign(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}

func median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
