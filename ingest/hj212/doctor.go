package hj212

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	skewKept     = 15
	addressAge   = 10 * time.Minute // two addresses within that are two devices
	maxChartRows = 20_000
)

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
	meant         string // the unit that it is probably sent in
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
			p.vital(r, UnitOf(&u.Device, r.Factor))
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
	doubtful, meant := r.doubt(unit)
	if !doubtful {
		return
	}
	if v.out == 0 {
		v.outSince = r.Time
	}
	v.out++
	v.worst = r.Value
	if meant != "" {
		v.large++
		v.meant = meant
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
