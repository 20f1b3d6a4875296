package hj212

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"upwind"
)

// Beijing is the time of every field: HJ 212 has no other.
var Beijing = time.FixedZone("UTC+8", 8*3600)

// Stat says which figure of a period a value is.
type Stat string

const (
	StatRtd Stat = "Rtd" // the instant
	StatMin Stat = "Min"
	StatAvg Stat = "Avg"
	StatMax Stat = "Max"
	StatCou Stat = "Cou"  // total
	StatDat Stat = "Data" // noise
)

// Reading is one value of a packet.
type Reading struct {
	MN        string
	ST        string
	CN        int
	Factor    *Factor // of an unknown code only Code is set
	Stat      Stat
	Converted bool   // Zs: to the reference oxygen of a stack
	Raw       string // as sent
	Value     float64
	Mark      Mark
	MakerMark string        // EFlag, the maker's own code
	Time      time.Time     // UTC; the start of a period
	Period    time.Duration // 0 for an instant
}

// Readings gives the values of a packet of data. Values that are no numbers (empty, -, NaN, 9999 for missing is the
// device's affair) are left out and said in the notes; so is a packet without a time.
func (p *Packet) Readings(d *upwind.Device) (out []Reading, notes []string, err error) {
	stamp := p.Get("DataTime", "")
	at, err := timeOf(d, stamp)
	if err != nil {
		return nil, nil, &ParseError{"DataTime", err.Error()}
	}
	length := period(d, p.CN)
	if d.StampsEnd {
		at = at.Add(-length)
	}
	out = make([]Reading, 0, len(p.CP)/2+1)
	// Few fields belong to one item; the marks of a factor stand in its item, whatever their order.
	for i := 0; i < len(p.CP); {
		j := i
		for j < len(p.CP) && p.CP[j].Item == p.CP[i].Item {
			j++
		}
		item := p.CP[i:j]
		for k := range item {
			r, note, ok := item[k].value(item)
			if note != "" && len(notes) < maxNotes {
				notes = append(notes, note)
			}
			if ok {
				r.MN, r.ST, r.CN, r.Time, r.Period = p.MN, p.ST, p.CN, at.UTC(), length
				out = append(out, r)
			}
		}
		i = j
	}
	return out, notes, nil
}

// value reads one field as a value; false for a field that is none.
func (f *Field) value(item []Field) (r Reading, note string, ok bool) {
	sub := f.Sub
	switch sub {
	case "td": // seen in the field for Rtd
		sub, note = "Rtd", f.Name+"-td read as "+f.Name+"-Rtd"
	case "DayData", "NightData":
		sub = "Data"
	}
	stat := strings.TrimPrefix(sub, "Zs")
	switch Stat(stat) {
	case StatRtd, StatMin, StatAvg, StatMax, StatCou, StatDat:
	default:
		return r, "", false
	}
	v, err := strconv.ParseFloat(f.Value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return r, fmt.Sprintf("%s-%s=%q is no number", f.Name, f.Sub, clip(f.Value)), false
	}
	factor, known := FactorOf(f.Name)
	if !known {
		factor = &Factor{Code: f.Name}
	}
	r = Reading{Factor: factor, Stat: Stat(stat), Converted: len(stat) < len(sub), Raw: f.Value, Value: v, Mark: MarkNormal}
	for i := range item {
		if item[i].Name != f.Name {
			continue
		}
		switch item[i].Sub {
		case "Flag":
			if len(item[i].Value) == 1 {
				r.Mark = markOf(item[i].Value[0])
			}
		case "EFlag":
			r.MakerMark = item[i].Value
		}
	}
	return r, note, true
}

// Stamp writes a time as DataTime has it.
func Stamp(t time.Time) string { return t.In(Beijing).Format("20060102150405") }

// NewQN is the identity of an exchange begun at t.
func NewQN(t time.Time) string {
	t = t.In(Beijing)
	return t.Format("20060102150405") + fmt.Sprintf("%03d", t.Nanosecond()/1e6)
}
