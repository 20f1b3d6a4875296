package nodeodm

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// FakeServer is a NodeODM server for tests. It counts pictures, answers slowly or not at all where told to, and hands out Archive.
type FakeServer struct {
	Token   string
	Archive []byte
	Fail    string // message of a task that fails
	// Break, called before each request, may answer it itself.
	Break func(w http.ResponseWriter, r *http.Request) bool

	mu        sync.Mutex
	pictures  map[string]int // how often each name came
	committed bool
	asked     int
}

// Pictures are the names that came, with how often.
func (f *FakeServer) Pictures() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]int{}
	for k, v := range f.pictures {
		out[k] = v
	}
	return out
}

// ServeHTTP answers one request.
func (f *FakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.Break != nil && f.Break(w, r) {
		return
	}
	if f.Token != "" && r.URL.Query().Get("token") != f.Token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	f.mu.Lock()
	defer f.mu.Unlock()
	switch p := r.URL.Path; {
	case p == "/task/new/init":
		f.pictures, f.committed, f.asked = map[string]int{}, false, 0
		answer(map[string]string{"uuid": "7"})
	case p == "/task/new/upload/7":
		m, err := r.MultipartReader()
		for err == nil {
			part, e := m.NextPart()
			if e != nil {
				if e != io.EOF {
					err = e
				}
				break
			}
			if _, err = io.Copy(io.Discard, part); err == nil {
				f.pictures[part.FileName()]++
			}
		}
		answer(map[string]any{"success": err == nil})
	case p == "/task/new/commit/7":
		f.committed = true
		answer(map[string]string{"uuid": "7"})
	case p == "/task/7/info" && !f.committed:
		answer(map[string]any{"error": "7 not found"})
	case p == "/task/7/info":
		f.asked++
		code := 20
		if f.asked > 2 {
			code = 40
		}
		if f.asked > 2 && f.Fail != "" {
			code = 30
		}
		answer(map[string]any{"status": map[string]any{"code": code, "errorMessage": f.Fail}, "progress": 30 * f.asked})
	case p == "/task/7/download/all.zip":
		http.ServeContent(w, r, "all.zip", time.Time{}, strings.NewReader(string(f.Archive)))
	default:
		http.NotFound(w, r)
	}
}
