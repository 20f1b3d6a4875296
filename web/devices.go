package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"upwind"
	"upwind/ingest/hj212"
)

// Grades of what is wrong with a device, by what its readings are worth.
const (
	gradeWell  = 0
	gradeForm  = 1 // its readings count, its frames are not what the standard says
	gradeDoubt = 2 // its readings come and cannot be believed
	gradeLost  = 3 // nothing comes, or nothing that comes can be taken for its own
)

// ailNeverHeard is what the page makes of a silence that no frame came before: a device that was never connected needs another
// visit than one that fell silent.
const ailNeverHeard hj212.Ailment = "never-heard"

var grades = map[hj212.Ailment]int{
	ailNeverHeard: gradeLost, hj212.AilSilent: gradeLost, hj212.AilTwice: gradeLost, hj212.AilStranger: gradeLost,
	hj212.AilUnit: gradeDoubt, hj212.AilClock: gradeDoubt, hj212.AilRange: gradeDoubt, hj212.AilFrozen: gradeDoubt,
	hj212.AilFrames: gradeForm, hj212.AilStandard: gradeForm,
}

// gradeOf an ailment; one that this page does not know yet is taken for a doubt.
func gradeOf(ailment string) int {
	if g, ok := grades[hj212.Ailment(ailment)]; ok {
		return g
	}
	return gradeDoubt
}

type findingDoc struct {
	Ailment string    `json:"ailment"`
	Grade   int       `json:"grade"`
	Factor  string    `json:"factor,omitempty"`  // its code in HJ 212
	Species string    `json:"species,omitempty"` // what the rest of the program calls it
	NameZH  string    `json:"name_zh,omitempty"`
	Since   time.Time `json:"since_utc,omitzero"`
	Value   float64   `json:"value"`
	Text    string    `json:"text"`
}

// deviceRow is a station with a device, or a number that sends and is not registered. The device's password stays out of it.
type deviceRow struct {
	MN         string             `json:"mn"`
	Registered bool               `json:"registered"`
	StationID  string             `json:"station_id,omitempty"`
	Name       string             `json:"name,omitempty"`
	Kind       upwind.StationKind `json:"kind,omitempty"`
	Town       string             `json:"town,omitempty"`
	Place      []string           `json:"place,omitempty"` // names of county and town
	System     string             `json:"system,omitempty"`
	Address    string             `json:"address,omitempty"`
	First      time.Time          `json:"first_utc,omitzero"`
	Last       time.Time          `json:"last_utc,omitzero"`
	Frames     int                `json:"frames"`
	Readings   int                `json:"readings"`
	SkewS      float64            `json:"skew_s"`
	Grade      int                `json:"grade"`
	Findings   []findingDoc       `json:"findings"` // worst first
}

type devicesDoc struct {
	Version int         `json:"version"`
	At      time.Time   `json:"at,omitzero"` // when a listener spoke last
	Devices []deviceRow `json:"devices"`     // worst first, those that are not registered at the end
}

// devices is the table of the device doctor.
func (s *server) devices(_ *http.Request, q url.Values) (any, error) {
	format := q.Get("format")
	if format != "" && format != "json" && format != "csv" {
		return nil, badRequest("format is json or csv; " + clip(format) + " is neither")
	}
	states, at := s.st.Devices()
	byMN := make(map[string]upwind.DeviceState, len(states))
	for _, d := range states {
		byMN[d.MN] = d
	}
	rows := []deviceRow{}
	registered := map[string]bool{}
	for _, st := range s.st.Stations() {
		if st.Device == nil {
			continue
		}
		registered[st.Device.MN] = true
		d := byMN[st.Device.MN]
		d.MN = st.Device.MN
		r := rowOf(d)
		r.Registered, r.StationID, r.Name, r.Kind, r.Town = true, st.ID, st.Name, st.Kind, st.Town
		r.Place = s.placeOf(st)
		rows = append(rows, r)
	}
	for _, d := range states {
		if !registered[d.MN] {
			rows = append(rows, rowOf(d))
		}
	}
	slices.SortStableFunc(rows, worstFirst)
	if format == "csv" {
		return deviceTable(rows)
	}
	return devicesDoc{upwind.SchemaVersion, at.UTC(), rows}, nil
}

func rowOf(d upwind.DeviceState) deviceRow {
	r := deviceRow{MN: d.MN, System: d.System, Address: d.Address, First: d.First.UTC(), Last: d.Last.UTC(),
		Frames: d.Frames, Readings: d.Readings, SkewS: d.SkewS, Findings: make([]findingDoc, 0, len(d.Findings))}
	for _, f := range d.Findings {
		if f.Ailment == string(hj212.AilSilent) && d.Last.IsZero() {
			f.Ailment = string(ailNeverHeard)
		}
		x := findingDoc{Ailment: f.Ailment, Grade: gradeOf(f.Ailment), Factor: f.Factor, Since: f.Since.UTC(), Value: f.Value, Text: f.Text}
		if k, ok := hj212.FactorOf(f.Factor); ok {
			x.Species, x.NameZH = k.Species, k.NameZH
		}
		r.Grade = max(r.Grade, x.Grade)
		r.Findings = append(r.Findings, x)
	}
	slices.SortStableFunc(r.Findings, func(a, b findingDoc) int { return cmp.Or(cmp.Compare(b.Grade, a.Grade), a.Since.Compare(b.Since)) })
	return r
}

// worstFirst puts the worst ailment first, then what has most of them, then what has been ill for longest.
func worstFirst(a, b deviceRow) int {
	since := func(r deviceRow) time.Time {
		if len(r.Findings) == 0 {
			return time.Time{}
		}
		return r.Findings[0].Since
	}
	stranger := func(r deviceRow) int {
		if r.Registered {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(stranger(a), stranger(b)), cmp.Compare(b.Grade, a.Grade), cmp.Compare(len(b.Findings), len(a.Findings)),
		since(a).Compare(since(b)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.MN, b.MN))
}

// placeOf is the names of the county and the town of a station; where the grid has none, their codes.
func (s *server) placeOf(st upwind.Station) []string {
	if st.Town == "" {
		return nil
	}
	return []string{s.areaName(st.County()), s.areaName(st.Town)}
}

func (s *server) areaName(code string) string {
	if c := s.cells()[code]; c != nil && c.Name != "" {
		return c.Name
	}
	return code
}
