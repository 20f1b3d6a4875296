package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"upwind"
)

type cellProps struct {
	Code    string     `json:"code"`
	Name    string     `json:"name"`
	Level   int        `json:"level"`
	Parent  string     `json:"parent,omitempty"`
	Officer string     `json:"officer,omitempty"`
	Unit    string     `json:"unit,omitempty"`
	Center  [2]float64 `json:"center"` // of the bounding box, where a label goes
}

func (s *server) grid(_ *http.Request, q url.Values) (any, error) {
	level, err := parseCount("level", q.Get("level"), LevelCell, 0)
	if err != nil {
		return nil, err
	}
	out := newCollection(0)
	for _, c := range s.st.Grid() {
		g := drawn(c.Geometry)
		if g == nil || level != 0 && c.Level != level {
			continue
		}
		mid := g.Bound().Center()
		out.add(c.Code, g, cellProps{c.Code, c.Name, c.Level, c.Parent, c.Officer, c.Unit, [2]float64{round6(mid[0]), round6(mid[1])}})
	}
	return out, nil
}

func (s *server) sites(_ *http.Request, _ url.Values) (any, error) {
	out := newCollection(0)
	for _, site := range s.st.Sites() {
		if g := drawn(site.Geometry); g != nil {
			out.add(site.ID, g, map[string]any{"id": site.ID, "name": site.Name, "kind": site.Kind, "height_m": site.HeightM})
		}
	}
	return out, nil
}

type overlayDoc struct {
	AssetID    string           `json:"asset_id"`
	Name       string           `json:"name"`
	Kind       upwind.AssetKind `json:"kind"`
	URL        string           `json:"url"`
	Corners    [4][2]float64    `json:"corners"` // top left, top right, bottom right, bottom left; lon, lat
	AcquiredAt *time.Time       `json:"acquired_at,omitempty"`
	GSDM       float64          `json:"gsd_m,omitempty"`
}

// overlays lists the previews that lie on the map, large ground pixels first, so that fine pictures end on top.
func (s *server) overlays(r *http.Request, _ url.Values) (any, error) {
	names := map[string]string{}
	for _, a := range s.st.Assets() {
		names[a.ID] = a.Name
	}
	list := []overlayDoc{}
	sees := s.sees(r)
	for _, in := range s.st.Inspections() {
		if in.Preview == nil || !pictureTypes[in.Preview.Blob.Type] || !slices.ContainsFunc(placesOf(in.Preview.Corners), sees) {
			continue
		}
		o := overlayDoc{AssetID: in.AssetID, Name: names[in.AssetID], Kind: in.Kind, URL: "/api/blobs/" + in.Preview.Blob.SHA256,
			Corners: in.Preview.Corners, GSDM: in.GSDM}
		if !in.AcquiredAt.IsZero() {
			at := in.AcquiredAt.UTC()
			o.AcquiredAt = &at
		}
		list = append(list, o)
	}
	slices.SortStableFunc(list, func(a, b overlayDoc) int { return cmp.Compare(b.GSDM, a.GSDM) })
	return map[string]any{"version": upwind.SchemaVersion, "overlays": list}, nil
}

// defaultSpecies is what most of the dust is.
const defaultSpecies = "PM10"

// mean is a running mean, weighted by the length of the readings.
type mean struct {
	sum, weight float64
}

func (m *mean) add(v, durationS float64) {
	w := max(durationS, 1)
	m.sum += v * w
	m.weight += w
}

func (m mean) value() float64 { return m.sum / m.weight }

// stations is each station's mean over one hour.
func (s *server) stations(_ *http.Request, q url.Values) (any, error) {
	at, err := parseHour(q.Get("at"), s.st.Coverage())
	if err != nil {
		return nil, err
	}
	species := cmp.Or(q.Get("species"), defaultSpecies)
	type reading struct {
		first upwind.Observation
		m     mean
		n     int
	}
	by := map[string]*reading{}
	for _, o := range s.st.Observations(species, at, at.Add(time.Hour)) {
		r := by[o.StationID]
		if r == nil {
			r = &reading{first: o}
			by[o.StationID] = r
		}
		if o.Unit == r.first.Unit {
			r.m.add(o.Value, o.DurationS)
			r.n++
		}
	}
	out := newCollection(len(by))
	out.Meta = map[string]any{"species": species, "at": at}
	for _, id := range sortedKeys(by) {
		r := by[id]
		var g orb.Geometry = orb.Point{round6(r.first.Lon), round6(r.first.Lat)}
		if e := r.first.End; e != nil {
			g = orb.LineString{{round6(r.first.Lon), round6(r.first.Lat)}, {round6(e.Lon), round6(e.Lat)}}
		}
		out.add(id, g, map[string]any{"id": id, "species": species, "value": r.m.value(), "unit": r.first.Unit, "readings": r.n})
	}
	return out, nil
}

// wind is each station's vector mean over one hour.
func (s *server) wind(_ *http.Request, q url.Values) (any, error) {
	at, err := parseHour(q.Get("at"), s.st.Coverage())
	if err != nil {
		return nil, err
	}
	type reading struct {
		first upwind.Wind
		u, v  mean
	}
	by := map[string]*reading{}
	for _, o := range s.st.Wind(at, at.Add(time.Hour)) {
		r := by[o.StationID]
		if r == nil {
			r = &reading{first: o}
			by[o.StationID] = r
		}
		r.u.add(o.U, o.DurationS)
		r.v.add(o.V, o.DurationS)
	}
	out := newCollection(len(by))
	out.Meta = map[string]any{"at": at}
	for _, id := range sortedKeys(by) {
		r := by[id]
		speed, from := upwind.SpeedFrom(r.u.value(), r.v.value())
		out.add(id, orb.Point{round6(r.first.Lon), round6(r.first.Lat)}, map[string]any{
			"id": id, "speed_ms": speed, "from_deg": from, "height_m": r.first.HeightM})
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
