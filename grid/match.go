package grid

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
)

const (
	// MergeIoU is the intersection over union from which two outlines are one thing. Two careful outlines of one field
	// reach 0.5 and more; from different sensors, seasons and pixel sizes 0.2 is common, and neighbours reach 0.
	MergeIoU = 0.2
	// MergeContained is the share of the smaller outline inside the larger one from which they are one thing: a part
	// of a pile seen from the drone lies in the blob that the satellite saw.
	MergeContained = 0.5
	// MergeSigmas is how many combined position sigmas two sightings of one thing may lie apart. In two dimensions
	// 2.5 sigmas hold 95.6 % of the sightings, 1 - exp(-2.5^2/2).
	MergeSigmas = 2.5
	// MaxMergeM ends merging by distance whatever the sigmas say: beyond it an officer would look at another site.
	MaxMergeM = 500.0
)

// match is a candidate that evidence coincides with, and how well: lower is better.
type match struct {
	r    *record
	cost float64
}

// matches finds the candidates of a family that a detection coincides with, the best first. A candidate that holds
// another sighting of the same job is none: the detector told the two apart.
func (b *Book) matches(kind upwind.CandidateKind, s Sighting, g orb.Geometry) []match {
	var out []match
	for _, r := range b.within(padded(g.Bound(), MaxMergeM)) {
		if r.c.Kind != kind {
			continue
		}
		if slices.ContainsFunc(r.sights, func(o Sighting) bool { return o.Job == s.Job && o.Evidence.ID != s.Evidence.ID }) {
			continue
		}
		if cost, ok := coincide(r, s, g); ok || r.holds(s.Evidence.ID) {
			out = append(out, match{r, cost})
		}
	}
	slices.SortFunc(out, func(x, y match) int {
		return cmp.Or(cmp.Compare(x.cost, y.cost), cmp.Compare(x.r.c.ID, y.r.c.ID))
	})
	return out
}

// coincide says whether a sighting lies where a candidate does. Overlapping outlines rank before mere nearness: their
// cost is 0 for equal outlines and below 1, that of distance is 1 plus its part of the limit.
func coincide(r *record, s Sighting, g orb.Geometry) (float64, bool) {
	a, c := rings(g), rings(r.c.Geometry.Geometry())
	if len(a) > 0 && len(c) > 0 {
		if shared := sharedM2(a, c); shared > 0 {
			aa, ca := areaM2(a), areaM2(c)
			iou := shared / math.Max(aa+ca-shared, shared)
			if iou >= MergeIoU || shared >= MergeContained*math.Min(aa, ca) {
				return 1 - math.Min(1, iou), true
			}
		}
	}
	limit := math.Min(MaxMergeM, MergeSigmas*math.Hypot(s.Place.SigmaM, r.c.SigmaM))
	d := distanceTo(r.c.Geometry.Geometry(), orb.Point{s.Place.Lon, s.Place.Lat})
	if len(a) > 0 && len(c) > 0 { // the middle of an outline is steadier than the point to walk to
		d = distM(g.Bound().Center(), r.c.Geometry.Geometry().Bound().Center())
	}
	if d > limit {
		return math.Inf(1), false
	}
	return 1 + d/math.Max(limit, 1e-9), true
}

func rawGeometry(g orb.Geometry) json.RawMessage {
	raw, err := json.Marshal(geojson.NewGeometry(g))
	if err != nil {
		panic(fmt.Sprintf("grid: a %s has no JSON form: %v", g.GeoJSONType(), err)) // checked: places are finite
	}
	return raw
}
