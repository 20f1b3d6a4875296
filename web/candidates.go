package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"upwind"
)

const (
	// defaultPage of full candidate documents; a whole prefecture's open targets are fewer.
	defaultPage = 1000
	// maxPage is the number of targets the page is built for.
	maxPage = 20000
	// maxEvidence documents of each kind go into one target's answer, newest first; the counts say when there are more.
	maxEvidence = 50
)

type candidatesDoc struct {
	Version    int                `json:"version"`
	Total      int                `json:"total"` // that match, also beyond this page
	Offset     int                `json:"offset"`
	Candidates []upwind.Candidate `json:"candidates"`
}

func (s *server) candidates(r *http.Request, q url.Values) (any, error) {
	limit, err := parseCount("limit", q.Get("limit"), maxPage, defaultPage)
	if err != nil {
		return nil, err
	}
	offset, err := parseCount("offset", q.Get("offset"), 1<<30, 0)
	if err != nil {
		return nil, err
	}
	list, _ := filterCandidates(s.candidatesOf(r), q)
	doc := candidatesDoc{Version: upwind.SchemaVersion, Total: len(list), Offset: offset, Candidates: []upwind.Candidate{}}
	if offset < len(list) {
		doc.Candidates = list[offset:min(len(list), offset+limit)]
	}
	return doc, nil
}

// candidatesOf are the candidates in the areas of who asks.
func (s *server) candidatesOf(r *http.Request) []upwind.Candidate {
	scope, all := who(r).Scope(), s.st.Candidates()
	if scope.Whole() {
		return all
	}
	return slices.DeleteFunc(all, func(c upwind.Candidate) bool { return !scope.Holds(c.GridCode) })
}

// filterCandidates keeps the targets of a kind and state, with their ranks among all.
func filterCandidates(all []upwind.Candidate, q url.Values) (list []upwind.Candidate, ranks []int) {
	kind, state := q.Get("kind"), q.Get("state")
	for i, c := range all {
		if (kind == "" || string(c.Kind) == kind) && (state == "" || string(c.State) == state) {
			list, ranks = append(list, c), append(ranks, i+1)
		}
	}
	return list, ranks
}

// targetProps is one line of the list and one dot of the map.
type targetProps struct {
	ID          string               `json:"id"`
	Rank        int                  `json:"rank"`
	Kind        upwind.CandidateKind `json:"kind"`
	Class       string               `json:"class,omitempty"`
	State       upwind.State         `json:"state"`
	Score       float64              `json:"score"`
	Probability float64              `json:"probability"`
	SigmaM      float64              `json:"sigma_m"`
	AreaM2      *upwind.Estimate     `json:"area_m2,omitempty"`
	VolumeM3    *upwind.Estimate     `json:"volume_m3,omitempty"`
	GridCode    string               `json:"grid_code"`
	Place       []string             `json:"place,omitempty"` // names of county, town, cell
	OfficerID   string               `json:"officer_id,omitempty"`
	Officer     string               `json:"officer,omitempty"`
	SiteName    string               `json:"site_name,omitempty"`
	Evidence    int                  `json:"evidence"`
	FirstSeen   time.Time            `json:"first_seen"`
	LastSeen    time.Time            `json:"last_seen"`
}

func (s *server) targetOf(c upwind.Candidate, rank int) targetProps {
	p := targetProps{ID: c.ID, Rank: rank, Kind: c.Kind, Class: c.Class, State: c.State, Score: c.Score, Probability: c.Probability,
		SigmaM: c.SigmaM, GridCode: c.GridCode, OfficerID: c.OfficerID, SiteName: c.SiteName, Evidence: len(c.Evidence),
		FirstSeen: c.FirstSeen.UTC(), LastSeen: c.LastSeen.UTC()}
	if e, ok := c.Measures[upwind.AreaM2]; ok {
		p.AreaM2 = &e
	}
	if e, ok := c.Measures[upwind.VolumeM3]; ok {
		p.VolumeM3 = &e
	}
	cells := s.cells()
	for _, code := range strings.Split(c.GridCode, "/") {
		if cell := cells[code]; cell != nil {
			p.Place = append(p.Place, cell.Name)
			if cell.OfficerID != "" && cell.OfficerID == c.OfficerID {
				p.Officer = cell.Officer
			}
		}
	}
	return p
}

// cells maps an area's code to the area.
func (s *server) cells() map[string]*Cell {
	return s.names.get(s.cache.generation(), func() map[string]*Cell {
		list := s.st.Grid()
		m := make(map[string]*Cell, len(list))
		for i := range list {
			m[list[i].Code] = &list[i]
		}
		return m
	})
}

// candidateMap is every target as a point with one line of facts.
func (s *server) candidateMap(r *http.Request, q url.Values) (any, error) {
	list, ranks := filterCandidates(s.candidatesOf(r), q)
	out := newCollection(len(list))
	for i, c := range list {
		out.add(c.ID, orb.Point{round6(c.Lon), round6(c.Lat)}, s.targetOf(c, ranks[i]))
	}
	return out, nil
}

// candidateDoc is a target with all that speaks for it.
type candidateDoc struct {
	Version    int                `json:"version"`
	Candidate  upwind.Candidate   `json:"candidate"`
	Target     targetProps        `json:"target"`
	Detections []upwind.Detection `json:"detections"`
	Traces     []upwind.Trace     `json:"traces"` // without what is drawn: /api/traces/{id} has them
	Assets     []assetName        `json:"assets"`
}

type assetName struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Kind       upwind.AssetKind `json:"kind"`
	AcquiredAt *time.Time       `json:"acquired_at,omitempty"`
}

func (s *server) candidate(r *http.Request, _ url.Values) (any, error) {
	c, err := s.visible(r)
	if err != nil {
		return nil, err
	}
	rank := 0
	for i, o := range s.candidatesOf(r) {
		if o.ID == c.ID {
			rank = i + 1
			break
		}
	}
	doc := candidateDoc{Version: upwind.SchemaVersion, Candidate: c, Target: s.targetOf(c, rank),
		Detections: []upwind.Detection{}, Traces: []upwind.Trace{}, Assets: []assetName{}}
	inputs := map[string]bool{}
	for i := len(c.Evidence) - 1; i >= 0; i-- {
		ev := c.Evidence[i]
		for _, in := range ev.Inputs {
			inputs[in] = true
		}
		if d, ok := s.st.Detection(ev.ID); ok && len(doc.Detections) < maxEvidence {
			doc.Detections = append(doc.Detections, d)
			for _, in := range d.Provenance.Inputs {
				inputs[in] = true
			}
		}
		if t, ok := s.st.Trace(ev.ID); ok && len(doc.Traces) < maxEvidence {
			t = withoutDrawings(t)
			doc.Traces = append(doc.Traces, t)
			for _, in := range t.Provenance.Inputs {
				inputs[in] = true
			}
		}
	}
	doc.Assets = s.assetNames(inputs)
	return doc, nil
}

// assetNames names the assets among ids, in the order in which they were handed in.
func (s *server) assetNames(ids map[string]bool) []assetName {
	out := []assetName{}
	for _, a := range s.st.Assets() {
		if ids[a.ID] {
			out = append(out, assetName{ID: a.ID, Name: a.Name, Kind: a.Kind})
		}
	}
	for _, in := range s.st.Inspections() {
		for i := range out {
			if out[i].ID == in.AssetID && !in.AcquiredAt.IsZero() {
				at := in.AcquiredAt.UTC()
				out[i].AcquiredAt = &at
			}
		}
	}
	return out
}

// withoutDrawings is a trace without what only the map shows: it makes the document ten times as long.
func withoutDrawings(t upwind.Trace) upwind.Trace {
	t.Trajectories, t.Cone, t.Map = nil, nil, nil
	t.Sources = slices.Clone(t.Sources)
	for i := range t.Sources {
		t.Sources[i].HPD50, t.Sources[i].HPD90 = nil, nil
	}
	return t
}
