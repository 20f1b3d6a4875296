package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

// Kinds of a journal's lines.
const (
	lineObservation = "observation"
	lineWind        = "wind"
	linePrefix      = `{"kind":"`
)

// observationLine and windLine are the lines of a journal.
type observationLine struct {
	Kind string `json:"kind"`
	upwind.Observation
}

type windLine struct {
	Kind string `json:"kind"`
	upwind.Wind
}

// journal is a file of what devices sent, a line a reading. What [journal.publish] has taken is on the disk; what a crash tore off is cut
// away at the next start, and the devices, which got no answer for it, send it again. A reading that is there already is not
// written again; the same one with another value is a correction and is.
type journal struct {
	registry *station.Registry
	file     *os.File

	mu       sync.Mutex
	size     int64 // of what is on the disk
	recent   recentLines
	written  int
	repeated int
	cut      int64 // bytes of a torn line, cut away at the start
}

const (
	// tailBytes of a journal are read at the start: some 200,000 readings, a quarter of an hour of a city. A device sends
	// again within OverTime x ReCount, half a minute as a rule.
	tailBytes = 64 << 20
	// recentKept are remembered, at 40 bytes each, and as many before them.
	recentKept = 500_000
)

// openJournal opens or begins a journal, which no other process may have open.
func openJournal(path string, r *station.Registry) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	j := &journal{registry: r, file: f}
	if err := j.open(path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

func (j *journal) open(path string) error {
	if err := syscall.Flock(int(j.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("%s is being written by another listener: end it, or name another file", path)
	}
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	from := max(0, info.Size()-tailBytes)
	tail := make([]byte, info.Size()-from)
	if _, err := io.ReadFull(io.NewSectionReader(j.file, from, int64(len(tail))), tail); err != nil {
		return err
	}
	if from > 0 {
		tail = tail[bytes.IndexByte(tail, '\n')+1:]
	}
	whole, err := j.remember(tail)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	j.cut = int64(len(tail) - whole)
	j.size = info.Size() - j.cut
	if err := j.rewind(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync() // a new file's name is kept, too
}

// remember notes the readings of a journal's end and returns how much of it is whole lines.
func (j *journal) remember(tail []byte) (whole int, err error) {
	for whole < len(tail) {
		n := bytes.IndexByte(tail[whole:], '\n')
		line := tail[whole:]
		if n >= 0 {
			line = line[:n]
		}
		// A power cut leaves zeros where a length was written and its bytes were not.
		if n < 0 || bytes.IndexByte(line, 0) >= 0 {
			torn := bytes.TrimLeft(line, "\x00")
			if k := min(len(torn), len(linePrefix)); string(torn[:k]) != linePrefix[:k] {
				return 0, fmt.Errorf("it does not end with a line of ours, but with %q: name another file", torn[:min(len(torn), 40)])
			}
			return whole, nil
		}
		var l anyLine
		if err := json.Unmarshal(line, &l); err != nil || l.Kind == "" {
			return 0, fmt.Errorf("the line %q is none of ours: name another file", line[:min(len(line), 60)])
		}
		j.recent.add(l.key(), l.value())
		whole += n + 1
	}
	return whole, nil
}

// anyLine is what tells a line from others, whatever its kind.
type anyLine struct {
	Kind      string           `json:"kind"`
	StationID string           `json:"station_id"`
	Start     time.Time        `json:"start_utc"`
	DurationS float64          `json:"duration_s"`
	Species   string           `json:"species"`
	Stat      upwind.Stat      `json:"stat"`
	Raw       *upwind.RawValue `json:"raw"`
	Value     float64          `json:"value"`
	Flag      upwind.Flag      `json:"flag"`
	U         float64          `json:"u_ms"`
	V         float64          `json:"v_ms"`
}

type digest [16]byte

// key says which reading a line holds, value what it says of it.
func (l *anyLine) key() digest {
	code := ""
	if l.Raw != nil {
		code = l.Raw.Code
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%s\x00%d\x00%v", l.Kind, l.StationID, l.Species, code, l.Stat, l.Start.UnixNano(), l.DurationS))
	return digest(sum[:16])
}

func (l *anyLine) value() digest {
	raw := ""
	if l.Raw != nil {
		raw = l.Raw.Value + " " + l.Raw.Unit
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%v %s %s %v %v", l.Value, l.Flag, raw, l.U, l.V))
	return digest(sum[:16])
}

func lineOf(o *upwind.Observation) anyLine {
	return anyLine{Kind: lineObservation, StationID: o.StationID, Start: o.Start, DurationS: o.DurationS, Species: o.Species, Stat: o.Stat, Raw: o.Raw, Value: o.Value, Flag: o.Flag}
}

func windLineOf(w *upwind.Wind) anyLine {
	return anyLine{Kind: lineWind, StationID: w.StationID, Start: w.Start, DurationS: w.DurationS, U: w.U, V: w.V}
}

// publish appends the readings of uploads and returns when they are on the disk: the publish function of an [hj212.Server].
func (j *journal) publish(_ context.Context, batch []hj212.Upload) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var text []byte
	repeated := 0
	now := map[digest]digest{}
	add := func(l anyLine, line any) error {
		key, value := l.key(), l.value()
		if now[key] == value || j.recent.has(key, value) {
			repeated++
			return nil
		}
		now[key] = value
		b, err := json.Marshal(line)
		text = append(append(text, b...), '\n')
		return err
	}
	for _, u := range batch {
		obs, wind := j.registry.Observe(u)
		for i := range obs {
			if err := add(lineOf(&obs[i]), observationLine{lineObservation, obs[i]}); err != nil {
				return err
			}
		}
		for i := range wind {
			if err := add(windLineOf(&wind[i]), windLine{lineWind, wind[i]}); err != nil {
				return err
			}
		}
	}
	if err := j.append(text); err != nil {
		return err
	}
	for k, v := range now {
		j.recent.add(k, v)
	}
	j.written += len(now)
	j.repeated += repeated
	return nil
}

// append writes text and syncs it. What fails is taken back, so that no later line begins behind half a line.
func (j *journal) append(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	_, err := j.file.WriteAt(text, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: readings were not stored: %w", j.file.Name(), err), j.rewind())
	}
	j.size += int64(len(text))
	return nil
}

// rewind cuts off what lies behind the last whole line.
func (j *journal) rewind() error {
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	return j.file.Sync()
}

// close ends the journal.
func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

// counts are the lines written and the readings that were there already.
func (j *journal) counts() (written, repeated int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.written, j.repeated
}

// recentLines remember the latest readings, between limit and twice the limit of them.
type recentLines struct{ young, old map[digest]digest }

func (r *recentLines) has(key, value digest) bool {
	v, ok := r.young[key]
	if !ok {
		v, ok = r.old[key]
	}
	return ok && v == value
}

func (r *recentLines) add(key, value digest) {
	if r.young == nil || len(r.young) >= recentKept {
		r.young, r.old = make(map[digest]digest), r.young
	}
	r.young[key] = value
}
