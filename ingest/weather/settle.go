package weather

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"upwind"
	"upwind/tracing/plane"
)

// key orders rows: by time, station, then species.
type key struct {
	start       time.Time
	id, species string
	duration    float64
	lon, lat    float64
	line        int
}

// collect reads the rest of a table, one row a call, and settles its rows. keyOf leaves the line open.
func collect[T any](name string, t *Table, row func() T, keyOf func(T) key, same func(a, b T) bool, rules Rules) ([]T, []Finding, error) {
	var rows []T
	var keys []key
	for {
		ok, err := t.Next()
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			break
		}
		r := row()
		if t.Err != nil {
			return nil, nil, t.Err
		}
		k := keyOf(r)
		k.line = t.Line
		rows, keys = append(rows, r), append(keys, k)
	}
	if len(rows) == 0 {
		return nil, nil, upwind.Refuse(name, "", "the table has a header line and no rows", "hand in a table with rows")
	}
	if err := apart(name, keys, rules.ApartKM); err != nil {
		return nil, nil, err
	}
	order, found, err := settle(name, keys, func(a, b int) bool { return same(rows[a], rows[b]) })
	if err != nil {
		return nil, nil, err
	}
	out := make([]T, 0, len(order))
	for _, i := range order {
		out = append(out, rows[i])
	}
	return out, found, nil
}

// apart refuses a station far from all others: a digit of its place is wrong.
func apart(name string, keys []key, mostKM float64) error {
	if mostKM <= 0 {
		return nil
	}
	var lons, lats []float64
	for _, k := range keys {
		// Longitudes about the first one, so that the date line does not part a city.
		lons, lats = append(lons, math.Mod(k.lon-keys[0].lon+540, 360)-180), append(lats, k.lat)
	}
	mid := plane.New(keys[0].lon+middle(slices.Clone(lons)), middle(slices.Clone(lats)))
	for _, k := range keys {
		if d := mid.XY(k.lon, k.lat).To(plane.Point{}) / 1000; d > mostKM {
			return upwind.Refuse(name, fmt.Sprintf("line %d, column lon", k.line), fmt.Sprintf("station %s at %g, %g lies %.0f km from the middle of the stations", Clip(k.id), k.lon, k.lat, d),
				"check its place; are lon and lat exchanged, or digits missing?")
		}
	}
	return nil
}

// settle sorts rows, collapses equal ones and refuses contradictions. same tells whether two rows say the
// same. It returns the order of the rows to keep.
func settle(name string, keys []key, same func(a, b int) bool) ([]int, []Finding, error) {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	unsorted := 0
	for i := 1; i < len(keys); i++ {
		if unsorted == 0 && keys[i].start.Before(keys[i-1].start) && keys[i].id == keys[i-1].id && keys[i].species == keys[i-1].species {
			unsorted = keys[i].line
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return less(keys[order[a]], keys[order[b]]) })
	var found []Finding
	if unsorted > 0 {
		found = append(found, Finding{unsorted, "the times are not in order; the rows were sorted"})
	}
	kept, twice, twiceLine := order[:0], 0, 0
	for _, i := range order {
		if n := len(kept); n > 0 {
			last := kept[n-1]
			a, b := keys[last], keys[i]
			if a.start.Equal(b.start) && a.id == b.id && a.species == b.species {
				if a.duration != b.duration || !same(last, i) {
					return nil, nil, upwind.Refuse(name, fmt.Sprintf("lines %d and %d", a.line, b.line),
						fmt.Sprintf("two different rows for station %s%s at %s", Clip(a.id), forSpecies(a.species), a.start.Format(time.RFC3339)),
						"keep the right one")
				}
				if twice++; twiceLine == 0 || b.line < twiceLine {
					twiceLine = b.line
				}
				continue
			}
		}
		kept = append(kept, i)
	}
	if twice > 0 {
		found = append(found, Finding{twiceLine, fmt.Sprintf("%d rows repeat an earlier one and were collapsed", twice)})
	}
	return kept, append(found, spacing(keys, kept)...), nil
}

func forSpecies(s string) string {
	if s == "" {
		return ""
	}
	return ", " + s + ","
}

func less(a, b key) bool {
	if !a.start.Equal(b.start) {
		return a.start.Before(b.start)
	}
	if a.id != b.id {
		return a.id < b.id
	}
	if a.species != b.species {
		return a.species < b.species
	}
	return a.line < b.line
}

// slack is what a start may differ from the end of the mean before it, seconds: clocks that write whole
// seconds.
const slack = 1.0

// spacing counts gaps and overlaps in each station's series.
func spacing(keys []key, kept []int) []Finding {
	type series struct{ id, species string }
	last := map[series]int{}
	gaps, overlaps := 0, 0
	gapLine, overlapLine := 0, 0
	for _, i := range kept {
		k := keys[i]
		s := series{k.id, k.species}
		if j, ok := last[s]; ok {
			d := k.start.Sub(keys[j].start).Seconds() - keys[j].duration
			if d > slack {
				if gaps++; gaps == 1 {
					gapLine = k.line
				}
			} else if d < -slack {
				if overlaps++; overlaps == 1 {
					overlapLine = k.line
				}
			}
		}
		last[s] = i
	}
	var found []Finding
	if gaps > 0 {
		found = append(found, Finding{gapLine, fmt.Sprintf("%d gaps between the rows of a station", gaps)})
	}
	if overlaps > 0 {
		found = append(found, Finding{overlapLine, fmt.Sprintf("%d rows begin before the mean before them ended; they are not independent", overlaps)})
	}
	return found
}
