package limit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"upwind"
	"upwind/quality/water"
)

// Exceedance is one period in which a station was beyond a limit.
type Exceedance struct {
	Station   string        `json:"station_id"`
	Species   string        `json:"species"`
	Medium    upwind.Medium `json:"medium"`
	Start     time.Time     `json:"start_utc"`
	End       time.Time     `json:"end_utc"` // of the last value beyond the limit
	Peak      float64       `json:"peak"`    // the worst value, in Unit; of dissolved oxygen the lowest
	PeakAt    time.Time     `json:"peak_utc"`
	Limit     float64       `json:"limit"`
	Unit      string        `json:"unit"`
	Hours     float64       `json:"hours"`               // beyond the limit, of those from Start to End
	Converted bool          `json:"converted,omitempty"` // the peak is a value at the reference oxygen
	AtLeast   bool          `json:"at_least,omitempty"`  // the peak is over the instrument's range
	Class     water.Class   `json:"class,omitempty"`     // of a river's peak
	Target    water.Class   `json:"target,omitempty"`    // that the river is to keep
	Open      bool          `json:"open,omitempty"`      // what comes in next may still belong to it
	Reasons   []string      `json:"reasons"`
}

// Times between two values beyond a limit up to which they are one period: a stack that keeps its limit for more than two
// hours, or a river for more than two samples of four hours, has recovered.
const (
	stackBridge = 2 * time.Hour
	riverBridge = 8 * time.Hour
)

// Lengths of the means that count: hours of stacks; rivers are sampled each hour to each four hours.
const (
	hourS     = 3600.0
	maxRiverS = 4 * hourS
)

// sample is one value with its limit.
type sample struct {
	start, end time.Time
	value      float64
	limit      float64
	beyond     bool
	bad        float64 // how bad the value is, for the peak: grows with it
	class      water.Class
	converted  bool
	over       bool
}

type track struct{ station, species string }

// Exceeded finds the periods beyond a limit in the hours of stacks and the hours or four hours of rivers, ordered by start, station and species.
// The order of obs makes no difference but that of two values of one time the later counts. The notes say what could not be
// compared, a sentence each.
func Exceeded(stations []upwind.Station, obs []upwind.Observation) (events []Exceedance, notes []string) {
	byID := map[string]*upwind.Station{}
	for i := range stations {
		byID[stations[i].ID] = &stations[i]
	}
	samples := map[track]map[time.Time]sample{}
	unfit := map[string]int{}
	for i := range obs {
		s := byID[obs[i].StationID]
		if s == nil || obs[i].Medium == upwind.Ambient || !obs[i].Flag.Usable() {
			continue
		}
		v, ok, why := compare(s, &obs[i])
		if why != "" {
			unfit[why]++
		}
		if !ok {
			continue
		}
		k := track{s.ID, obs[i].Species}
		if samples[k] == nil {
			samples[k] = map[time.Time]sample{}
		}
		// The value at the reference oxygen is what the limit is about; the plain one stands in where there is none.
		if old, twice := samples[k][v.start]; !twice || v.converted || !old.converted {
			samples[k][v.start] = v
		}
	}
	for k, byTime := range samples {
		events = append(events, periods(byID[k.station], k.species, byTime)...)
	}
	slices.SortFunc(events, func(a, b Exceedance) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Station, b.Station), cmp.Compare(a.Species, b.Species))
	})
	for why, n := range unfit {
		notes = append(notes, fmt.Sprintf("%s (%d values)", why, n))
	}
	sort.Strings(notes)
	return events, notes
}

// compare makes a sample of an observation; false where the station has no limit for it or it is no mean that counts. why is
// a sentence where a limit exists and the value cannot be held against it.
func compare(s *upwind.Station, o *upwind.Observation) (v sample, ok bool, why string) {
	v = sample{start: o.Start.UTC(), over: o.Flag == upwind.FlagOverRange}
	v.end = v.start.Add(time.Duration(o.DurationS * float64(time.Second)))
	switch {
	case o.Medium == upwind.InStack && s.Kind == upwind.StationStack:
		limit, has := s.Limits[o.Species]
		v.converted = o.Stat == upwind.StatConverted
		if !has || o.DurationS != hourS || o.Stat != upwind.StatMean && !v.converted {
			return v, false, ""
		}
		c, fits := mgPerM3(o.Value, o.Unit)
		if !fits {
			return v, false, fmt.Sprintf("station %s: %s of %s %s cannot be held against a limit in mg/m3", s.ID, o.Species, number(o.Value), o.Unit)
		}
		v.value, v.limit, v.beyond, v.bad = c, limit, c > limit, c
		return v, true, ""
	case o.Medium == upwind.InWater && s.Kind == upwind.StationRiver:
		class := water.Class(s.WaterClass)
		if o.Stat != upwind.StatMean || o.DurationS < hourS || o.DurationS > maxRiverS || class == 0 || !water.Counts(o.Species, false) {
			return v, false, ""
		}
		c, err := water.Value(o.Species, o.Value, o.Unit)
		if err != nil {
			return v, false, fmt.Sprintf("station %s: %v", s.ID, err)
		}
		keeps, limit, _ := water.Keeps(o.Species, c, class, water.Options{})
		v.value, v.limit, v.beyond, v.bad = c, limit, !keeps, badness(o.Species, c, limit)
		v.class = water.Assess(map[string]float64{o.Species: c}, water.Options{}).Class
		return v, true, ""
	}
	return v, false, ""
}

// badness of a river's value grows as it gets worse.
func badness(species string, v, limit float64) float64 {
	switch species {
	case water.DO:
		return -v
	case water.PH:
		return max(v-limit, limit-v)
	}
	return v
}

// minStack is the lowest reading of a monitor near zero, mg/m3; what is lower, as -999, means that there is none.
const minStack = -10.0

// mgPerM3 is a concentration of flue gas in mg/m3; false for a unit that is none, or a value that is no measurement.
func mgPerM3(v float64, unit string) (float64, bool) {
	switch unit {
	case "mg/m3":
	case "ug/m3":
		v /= 1e3
	case "ng/m3":
		v /= 1e6
	case "g/m3":
		v *= 1e3
	default:
		return 0, false
	}
	return v, v >= minStack && !math.IsInf(v, 0)
}

// periods joins the samples of one station and species that lie beyond the limit.
func periods(s *upwind.Station, species string, byTime map[time.Time]sample) (out []Exceedance) {
	bridge := stackBridge
	if s.Kind == upwind.StationRiver {
		bridge = riverBridge
	}
	all := make([]sample, 0, len(byTime))
	for _, v := range byTime {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b sample) int { return a.start.Compare(b.start) })
	var bad []float64 // of the peaks
	for _, v := range all {
		if !v.beyond {
			continue
		}
		n := len(out) - 1
		if n < 0 || v.start.Sub(out[n].End) > bridge {
			out = append(out, Exceedance{Station: s.ID, Species: species, Medium: s.Kind.Medium(), Start: v.start, Target: water.Class(s.WaterClass), Unit: unitOf(s, species)})
			bad = append(bad, v.bad-1)
			n++
		}
		e := &out[n]
		e.End = v.end
		e.Hours += v.end.Sub(v.start).Hours()
		if v.bad > bad[n] {
			bad[n] = v.bad
			e.Peak, e.PeakAt, e.Limit, e.Class, e.Converted, e.AtLeast = v.value, v.start, v.limit, v.class, v.converted, v.over
		}
	}
	for i := range out {
		if s.Kind != upwind.StationRiver {
			out[i].Target = 0
		}
		out[i].Open = all[len(all)-1].end.Sub(out[i].End) <= bridge
		out[i].Reasons = []string{out[i].words(s)}
	}
	return out
}

func unitOf(s *upwind.Station, species string) string {
	switch {
	case s.Kind == upwind.StationStack:
		return "mg/m3"
	case species == water.PH:
		return "1"
	}
	return "mg/L"
}

// beijing is the time that people there read.
var beijing = time.FixedZone("UTC+8", 8*3600)

func clock(t time.Time) string { return t.In(beijing).Format("2006-01-02 15:04") }

// words say what happened in one sentence.
func (e *Exceedance) words(s *upwind.Station) string {
	name := s.Name
	if name == "" {
		name = s.ID
	}
	value := fmt.Sprintf("%s %s", e.Species, number(e.Peak))
	if e.AtLeast {
		value = fmt.Sprintf("%s at least %s", e.Species, number(e.Peak))
	}
	unit := " " + e.Unit
	if e.Unit == "1" {
		unit = ""
	}
	what := fmt.Sprintf("%s: %s%s against a limit of %s", name, value, unit, number(e.Limit))
	switch {
	case e.Target > 0:
		what += fmt.Sprintf(" for class %s (the value is %s)", e.Target, classWords(e.Class))
	case e.Converted:
		what += " at the reference oxygen"
	default:
		what += "; the monitor gives no value at the reference oxygen"
	}
	return fmt.Sprintf("%s, beyond it for %s h between %s and %s (Beijing time)", what, number(e.Hours), clock(e.Start), clock(e.End))
}

func classWords(c water.Class) string {
	if c == water.WorseThanV {
		return "worse than class V"
	}
	return "of class " + c.String()
}

func number(v float64) string { return fmt.Sprintf("%.4g", v) }

// Over is how many times its limit the peak is, see [upwind.OverLimit]; of dissolved oxygen the limit over the peak, of pH one more
// than the peak's distance from the range that is allowed.
func (e *Exceedance) Over() float64 {
	switch {
	case e.Species == water.PH:
		return 1 + math.Abs(e.Peak-e.Limit)
	case !(e.Limit > 0):
		return 1
	case e.Species == water.DO:
		return min(e.Limit/max(e.Peak, 1e-9), maxOver)
	}
	return min(e.Peak/e.Limit, maxOver)
}

// maxOver bounds Over where a river is without oxygen, or a monitor says what cannot be.
const maxOver = 100.0
