package tracing

import (
	"fmt"
	"math"
	"sort"

	"upwind"
)

const (
	blockS       = 600.0 // minute readings are averaged that long: a steady plume model resolves no less
	maxReleases  = 10    // back trajectories a row
	releaseEvery = 900.0 // s, of a long mean
	maxRows      = 4000
	blockSamples = 1.0 // independent samples in a block: what gusts and drift leave is one error for the block
	// A background is not known better than the clean readings it was taken from, so an excess has twice
	// their variance.
	backgroundVar = 2.0
	// A receptor without the readings around it has a noise of this share of its excess.
	receptorNoise = 0.1
)

// row is one mean the search explains: excess y, at a place, of air released back at some times.
type row struct {
	station  string
	at       point
	heightM  float64
	start    float64 // s
	releases []float64
	y, sigma float64 // in the trigger's unit
	n        int     // readings
}

func (r row) z() float64 { return r.y / r.sigma }

// rowsOf makes the rows of a trigger: every reading of its species and unit in its time span and in the
// domain, hit or clean; without readings, the trigger's own receptors.
func rowsOf(in Input, pl plane, domain rect) (rows []row, notes []string) {
	tr := in.Trigger
	var same []upwind.Observation
	for _, o := range in.Readings {
		if o.Species == tr.Species && o.Unit == tr.Unit {
			same = append(same, o)
		}
	}
	nets := networks(same)
	if len(nets) == 0 || len(nets[0].readings) == 0 {
		return receptorRows(tr, pl), append(notes, "no readings around the event: clean air was not looked at")
	}
	n := nets[0]
	if n.paths > 0 {
		notes = append(notes, fmt.Sprintf("%d path means left out: a path has no single place to look back from", n.paths))
	}
	if n.bad > 0 {
		notes = append(notes, fmt.Sprintf("%d readings left out: a number is missing or impossible", n.bad))
	}
	lo, hi := float64(tr.Start.Unix()), float64(tr.End.Unix())
	for _, r := range n.readings {
		t := float64(r.Start.Unix())
		at := pl.xy(r.Lon, r.Lat)
		if t < lo || t >= hi || !domain.has(at) {
			continue
		}
		if k := len(rows) - 1; k >= 0 && rows[k].station == r.StationID && rows[k].at == at &&
			math.Floor((rows[k].start-lo)/blockS) == math.Floor((t-lo)/blockS) {
			rows[k].add(r)
			continue
		}
		w := row{station: r.StationID, at: at, heightM: max(r.HeightM, 0), start: t}
		w.add(r)
		rows = append(rows, w)
	}
	for k := range rows {
		rows[k].close()
	}
	if len(rows) == 0 {
		return receptorRows(tr, pl), append(notes, "no readings inside the event: clean air was not looked at")
	}
	return thin(rows), notes
}

func (w *row) add(r reading) {
	t := float64(r.Start.Unix())
	k := int(min(max(math.Round(r.DurationS/releaseEvery), 1), maxReleases))
	for i := range k {
		w.releases = append(w.releases, t+r.DurationS*(float64(i)+0.5)/float64(k))
	}
	w.y += r.excess
	w.sigma += backgroundVar * r.scale * r.scale
	w.n++
}

func (w *row) close() {
	n := float64(w.n)
	w.y /= n
	w.sigma = math.Sqrt(w.sigma / n / min(n, blockSamples))
	if len(w.releases) > maxReleases {
		kept := make([]float64, maxReleases)
		for i := range kept {
			kept[i] = w.releases[(2*i+1)*len(w.releases)/(2*maxReleases)]
		}
		w.releases = kept
	}
}

// thin keeps the hits and, if there are too many rows, the clean rows with the lowest noise.
func thin(rows []row) []row {
	if len(rows) > maxRows {
		sort.SliceStable(rows, func(i, j int) bool { return math.Abs(rows[i].z()) > math.Abs(rows[j].z()) })
		rows = rows[:maxRows]
	}
	sort.SliceStable(rows, func(i, j int) bool {
		if rows[i].start != rows[j].start {
			return rows[i].start < rows[j].start
		}
		return rows[i].station < rows[j].station
	})
	return rows
}

func receptorRows(tr upwind.Trigger, pl plane) []row {
	var rows []row
	for _, r := range tr.Receptors {
		if !(r.Excess > 0) || !finite(r.Excess, r.DurationS, r.HeightM) || !validLonLat(r.Lon, r.Lat) {
			continue
		}
		o := reading{Observation: upwind.Observation{StationID: r.StationID, Start: r.Start, DurationS: max(r.DurationS, 1)},
			excess: r.Excess, scale: receptorNoise * r.Excess}
		w := row{station: r.StationID, at: pl.xy(r.Lon, r.Lat), heightM: max(r.HeightM, 0), start: float64(r.Start.Unix())}
		w.add(o)
		w.close()
		rows = append(rows, w)
	}
	return thin(rows)
}
