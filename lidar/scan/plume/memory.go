package plume

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"upwind"
	"upwind/lidar/scan"
)

const (
	memoryMaxBytes   = 8 << 20
	memoryMaxTargets = 20_000
	knownSeen        = 3   // scans that saw a thing before it is believed
	knownShare       = 0.5 // of the scans that looked
	forgetLooked     = 20  // scans after which a thing seen by few of them is forgotten
	forgetShare      = 0.2
	sameAzimuthDeg   = 0.5 // of two scans' rays
	sameElevationDeg = 0.15
)

// Known is something hard that stands at a place, as the scans of one instrument have seen it.
type Known struct {
	AzimuthDeg   float64   `json:"azimuth_deg"` // true
	ElevationDeg float64   `json:"elevation_deg"`
	RangeM       float64   `json:"range_m"`
	Seen         int       `json:"seen"`   // scans that saw it
	Looked       int       `json:"looked"` // scans with a ray that way
	First        time.Time `json:"first"`
	Last         time.Time `json:"last"`
}

// Memory is what stands around one instrument. Buildings return within a bin, scan after scan; plumes do not.
// Site is the id of the site it belongs to: an instrument that is moved begins anew.
type Memory struct {
	Version int     `json:"version"`
	Site    string  `json:"site"`
	Known   []Known `json:"known"`
}

// NewMemory is an empty memory for a site.
func NewMemory(site string) *Memory { return &Memory{Version: upwind.SchemaVersion, Site: site} }

// ReadMemory reads what [Memory.Write] wrote. Errors are a [upwind.Refusal] that names name.
func ReadMemory(r io.Reader, name string) (*Memory, error) {
	raw, err := io.ReadAll(io.LimitReader(r, memoryMaxBytes+1))
	if err != nil {
		return nil, upwind.Passing(fmt.Errorf("plume: reading %s: %w", name, err))
	}
	const begin = "delete it: the targets are learnt anew within three scans"
	if len(raw) > memoryMaxBytes {
		return nil, upwind.Refuse(name, "", fmt.Sprintf("more than %d MB of known targets", memoryMaxBytes>>20), begin)
	}
	var m Memory
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, &upwind.Refusal{File: name, What: "not a file of known targets", Do: begin, Err: err}
	}
	if m.Version != upwind.SchemaVersion {
		return nil, upwind.Refuse(name, "version", fmt.Sprintf("version %d of known targets; %d is read", m.Version, upwind.SchemaVersion), begin)
	}
	if len(m.Known) > memoryMaxTargets {
		return nil, upwind.Refuse(name, "known", fmt.Sprintf("%d known targets, more than %d", len(m.Known), memoryMaxTargets), begin)
	}
	for i, k := range m.Known {
		if !(k.AzimuthDeg >= 0 && k.AzimuthDeg < 360 && math.Abs(k.ElevationDeg) <= 180 && k.RangeM > 0 && k.RangeM < 1e6) || k.Seen < 1 || k.Looked < k.Seen {
			return nil, upwind.Refuse(name, fmt.Sprintf("known target %d", i+1), "its direction, range or counts cannot be", begin)
		}
	}
	return &m, nil
}

// Write writes the memory as JSON.
func (m *Memory) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(m)
}

// Knows reports whether an echo lies within a bin of something that enough scans have seen.
func (m *Memory) Knows(e Echo) bool {
	if m == nil {
		return false
	}
	for _, k := range m.Known {
		if k.Seen >= knownSeen && float64(k.Seen) >= knownShare*float64(k.Looked) && k.near(e) {
			return true
		}
	}
	return false
}

func (k Known) looks(azimuthDeg, elevationDeg float64) bool {
	return math.Abs(turn(k.AzimuthDeg, azimuthDeg)) <= sameAzimuthDeg && math.Abs(k.ElevationDeg-elevationDeg) <= sameElevationDeg
}

func (k Known) near(e Echo) bool {
	return k.looks(e.AzimuthDeg, e.ElevationDeg) && math.Abs(k.RangeM-e.RangeM) <= 1.01*e.BinM
}

// Learn adds what a scan's rays show: all spikes count, whether or not [Echoes] believes them yet. The same
// scan must not be learnt twice.
func (m *Memory) Learn(s *scan.Scan) {
	rays := map[int][]Echo{}
	for _, e := range candidates(s) {
		rays[e.Ray] = append(rays[e.Ray], e)
	}
	looked, seen := make([]bool, len(m.Known)), make([]bool, len(m.Known))
	var fresh []Known
	for i, r := range s.Rays {
		if r.Parked {
			continue
		}
		az := math.Mod(r.AzimuthDeg+s.Site.HeadingDeg+720, 360)
		for k := range m.Known {
			looked[k] = looked[k] || m.Known[k].looks(az, r.ElevationDeg)
		}
		for _, e := range rays[i] {
			at := slices.IndexFunc(m.Known, func(k Known) bool { return k.near(e) })
			if at >= 0 {
				seen[at] = true
				m.Known[at].Last = r.Start.UTC()
				continue
			}
			if !slices.ContainsFunc(fresh, func(k Known) bool { return k.near(e) }) {
				fresh = append(fresh, Known{AzimuthDeg: az, ElevationDeg: e.ElevationDeg, RangeM: e.RangeM, Seen: 1, Looked: 1, First: r.Start.UTC(), Last: r.Start.UTC()})
			}
		}
	}
	for k := range m.Known {
		if looked[k] {
			m.Known[k].Looked++
		}
		if seen[k] {
			m.Known[k].Seen++
		}
	}
	m.Known = slices.DeleteFunc(m.Known, func(k Known) bool {
		return k.Looked >= forgetLooked && float64(k.Seen) < forgetShare*float64(k.Looked)
	})
	m.Known = append(m.Known, fresh[:min(len(fresh), memoryMaxTargets-len(m.Known))]...)
}
