package web

import (
	"encoding/json"
	"net/http"
	"time"

	"upwind"
)

// counts is how much of each thing there is.
type counts struct {
	Candidates  int `json:"candidates"`
	Detections  int `json:"detections"`
	Traces      int `json:"traces"`
	Assets      int `json:"assets"`
	Inspections int `json:"inspections"`
	Held        int `json:"held"` // assets that stay off the map
	Sites       int `json:"sites"`
	GridCells   int `json:"grid_cells"`
}

type held struct {
	AssetID string `json:"asset_id"`
	Name    string `json:"name"`
	Reason  string `json:"reason"`
}

type air struct {
	Species []string   `json:"species"`
	From    *time.Time `json:"from,omitempty"`
	To      *time.Time `json:"to,omitempty"`
}

type statusDoc struct {
	Version        int       `json:"version"`
	ProgramVersion string    `json:"program_version"`
	Ready          bool      `json:"ready"`
	Counts         counts    `json:"counts"`
	Outstanding    int       `json:"outstanding"`
	DeadLetters    int       `json:"dead_letters"`
	Dead           []DeadJob `json:"dead"`
	Held           []held    `json:"held"`
	Air            air       `json:"air"`
}

// maxListed bounds the lists of a status: it is for people, who read the log when there are more.
const maxListed = 100

// status is built fresh: the queue changes without a change of the state.
func (s *server) status(w http.ResponseWriter, r *http.Request) {
	if _, err := query(r, nil); err != nil {
		fail(w, r, err)
		return
	}
	q, err := s.st.Queue(r.Context())
	if err != nil {
		s.log.Error("web: the queue did not answer", "error", err)
		fail(w, r, &problem{http.StatusServiceUnavailable, "the queue does not answer; the server's log says why"})
		return
	}
	doc := statusDoc{Version: upwind.SchemaVersion, ProgramVersion: s.opt.Version, Ready: s.st.Ready(), Outstanding: q.Outstanding,
		DeadLetters: len(q.Dead), Dead: head(q.Dead, maxListed), Held: []held{}}
	names := map[string]string{}
	assets := s.st.Assets()
	for _, a := range assets {
		names[a.ID] = a.Name
	}
	ins := s.st.Inspections()
	nHeld := 0
	for _, in := range ins {
		if in.Held == "" {
			continue
		}
		if nHeld++; nHeld <= maxListed {
			doc.Held = append(doc.Held, held{in.AssetID, names[in.AssetID], in.Held})
		}
	}
	doc.Counts = counts{len(s.st.Candidates()), len(s.st.Detections()), len(s.st.Traces()), len(assets), len(ins), nHeld,
		len(s.st.Sites()), len(s.st.Grid())}
	cov := s.st.Coverage()
	doc.Air = air{Species: head(cov.Species, maxListed)}
	if !cov.To.IsZero() {
		from, to := cov.From.UTC(), cov.To.UTC()
		doc.Air.From, doc.Air.To = &from, &to
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		fail(w, r, err)
		return
	}
	newBody("application/json; charset=utf-8", append(raw, '\n')).send(w, r)
}

// head returns at most n of list, and never null in JSON.
func head[T any](list []T, n int) []T {
	if len(list) == 0 {
		return []T{}
	}
	return list[:min(n, len(list))]
}

func (s *server) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("ok\n"))
}

func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	if !s.st.Ready() {
		w.Header().Set("Retry-After", "1")
		fail(w, r, &problem{http.StatusServiceUnavailable, "the logs are still being replayed"})
		return
	}
	s.healthz(w, r)
}
