package grid

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"upwind"
)

// Standing is what the ledger knows of a candidate beside its evidence.
type Standing struct {
	Events      int          `json:"events"` // length of its chain, the candidate's version
	Head        string       `json:"head"`   // hash of the last event
	HeadID      string       `json:"head_id"`
	State       upwind.State `json:"state"`
	Since       time.Time    `json:"since"` // of the last change of state
	Actor       string       `json:"actor"` // who made it
	Reason      string       `json:"reason,omitempty"`
	OfficerID   string       `json:"officer_id,omitempty"` // set on dispatch; before that the grid's officer
	Unit        string       `json:"unit,omitempty"`
	Measure     string       `json:"measure,omitempty"`
	Deadline    *time.Time   `json:"deadline,omitempty"`
	Rectifiers  []string     `json:"rectifiers,omitempty"` // who worked on it or asked to close it since it was last opened
	RectifiedAt *time.Time   `json:"rectified_at,omitempty"`
	Verifier    string       `json:"verifier,omitempty"`
	MergedInto  string       `json:"merged_into,omitempty"`
}

// record is one candidate as the book keeps it. Its slices are replaced and never edited, so copies of the
// candidate that were handed out stay valid.
type record struct {
	c      upwind.Candidate
	sights []Sighting // by evidence id; geometry only in c, from the most precise
	st     Standing
	bound  orb.Bound
	keys   []tile
}

// trail says what became of one detection or trace.
type trail struct {
	done  bool
	cands []string
}

// Book is the ledger folded into memory: every candidate as its events make it. It is safe for concurrent use.
type Book struct {
	mu       sync.RWMutex
	recs     map[string]*record
	evidence map[string]*trail
	tiles    map[tile][]*record
	wide     []*record // too large for tiles
	live     int       // candidates that were not merged into another
	newer    error
	sorted   []upwind.Candidate // snapshot for All; nil when stale
}

// NewBook returns an empty book.
func NewBook() *Book {
	return &Book{recs: map[string]*record{}, evidence: map[string]*trail{}, tiles: map[tile][]*record{}}
}

// Apply folds one event into the book. An event that was applied last is accepted again without effect, so that a
// follower may repeat itself. It returns [ErrNewerVersion], [ErrChain], [ErrIllegal] or a description of broken
// data; the book is then unchanged, except that after ErrNewerVersion [Book.Writable] keeps failing.
func (b *Book) Apply(ev Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	up, err := Upcast(ev)
	if err != nil {
		if errors.Is(err, ErrNewerVersion) && b.newer == nil {
			b.newer = err
		}
		return err
	}
	if ev.Candidate == "" || ev.ID == "" {
		return fmt.Errorf("grid: event %q for candidate %q lacks an id", ev.ID, ev.Candidate)
	}
	if r := b.recs[ev.Candidate]; r != nil {
		if r.st.HeadID == ev.ID {
			return nil
		}
		if ev.Hash != "" && r.st.Head != "" && ev.Prev != r.st.Head {
			return fmt.Errorf("%w: event %s of %s names %.12s as the one before, the book holds %.12s", ErrChain, ev.ID, ev.Candidate, ev.Prev, r.st.Head)
		}
	} else if ev.Type != TypeObserved && ev.Type != TypeSetAside {
		return fmt.Errorf("%w: %s of %s, which was never observed", ErrChain, ev.Type, ev.Candidate)
	}
	if err := b.fold(up); err != nil {
		return fmt.Errorf("grid: event %s (%s of %s): %w", ev.ID, ev.Type, ev.Candidate, err)
	}
	if r := b.recs[ev.Candidate]; r != nil {
		r.st.Events++
		r.st.Head, r.st.HeadID = ev.Hash, ev.ID
	}
	b.sorted = nil
	return nil
}

func (b *Book) fold(ev Event) error {
	switch ev.Type {
	case TypeObserved:
		return b.observe(ev)
	case TypeStrengthened:
		return b.strengthen(ev)
	case TypeMerged:
		return b.join(ev)
	case TypeState:
		return b.change(ev)
	case TypeSetAside:
		var d SetAside
		if err := json.Unmarshal(ev.Data, &d); err != nil {
			return err
		}
		b.trail(d.EvidenceID).done = true
		return nil
	}
	return fmt.Errorf("no fold for type %q", ev.Type) // unreachable: Upcast knows the types
}

func (b *Book) observe(ev Event) error {
	if b.recs[ev.Candidate] != nil {
		return fmt.Errorf("%w: it exists already", ErrChain)
	}
	var d Observed
	if err := json.Unmarshal(ev.Data, &d); err != nil {
		return err
	}
	r := &record{c: upwind.Candidate{
		Version: upwind.SchemaVersion, ID: ev.Candidate, Kind: d.Kind, State: upwind.StateCandidate, County: ev.County,
	}}
	r.st = Standing{State: upwind.StateCandidate, Since: ev.At, Actor: ev.Actor}
	if err := b.see(r, []Sighting{d.Sighting}); err != nil {
		return err
	}
	b.recs[ev.Candidate] = r
	b.live++
	b.seal(d.Sighting.Evidence.ID, d.Last)
	return nil
}

func (b *Book) strengthen(ev Event) error {
	var d Strengthened
	if err := json.Unmarshal(ev.Data, &d); err != nil {
		return err
	}
	if err := b.see(b.recs[ev.Candidate], []Sighting{d.Sighting}); err != nil {
		return err
	}
	b.seal(d.Sighting.Evidence.ID, d.Last)
	return nil
}

func (b *Book) join(ev Event) error {
	var d Merged
	if err := json.Unmarshal(ev.Data, &d); err != nil {
		return err
	}
	r := b.recs[ev.Candidate]
	switch {
	case d.From != "" && d.Into == "":
		if r.st.State == upwind.StateMerged {
			return fmt.Errorf("%w: it was itself merged into %s", ErrIllegal, r.st.MergedInto)
		}
		if err := b.see(r, d.Sightings); err != nil {
			return err
		}
	case d.Into != "" && d.From == "":
		if d.Into == ev.Candidate {
			return fmt.Errorf("%w: a candidate cannot merge into itself", ErrIllegal)
		}
		if !Legal(r.st.State, upwind.StateMerged) {
			return fmt.Errorf("%w: %s to merged", ErrIllegal, r.st.State)
		}
		r.st.State, r.st.Since, r.st.Actor, r.st.Reason, r.st.MergedInto = upwind.StateMerged, ev.At, ev.Actor, d.Reason, d.Into
		r.c.State = upwind.StateMerged
		b.unplace(r)
		b.live--
	default:
		return errors.New("a merge names either where it goes or where it comes from")
	}
	b.seal(d.Cause, d.Last)
	return nil
}

// see adds sightings that are new to r, computes the candidate again and places it.
func (b *Book) see(r *record, add []Sighting) error {
	next, shape, err := derive(r, add)
	if err != nil {
		return err
	}
	for _, s := range add {
		t := b.trail(s.Evidence.ID)
		if !slices.Contains(t.cands, r.c.ID) {
			t.cands = append(t.cands, r.c.ID)
		}
	}
	r.c, r.sights = next.c, next.sights
	if r.st.State != upwind.StateMerged {
		b.place(r, shape)
	}
	return nil
}

func (b *Book) trail(id string) *trail {
	t := b.evidence[id]
	if t == nil {
		t = &trail{}
		b.evidence[id] = t
	}
	return t
}

func (b *Book) seal(id string, last bool) {
	if last && id != "" {
		b.trail(id).done = true
	}
}

// Candidate returns one candidate, also one that was merged or rejected.
func (b *Book) Candidate(id string) (upwind.Candidate, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if r := b.recs[id]; r != nil {
		return r.c, true
	}
	return upwind.Candidate{}, false
}

// Standing returns where a candidate stands.
func (b *Book) Standing(id string) (Standing, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if r := b.recs[id]; r != nil {
		return r.st, true
	}
	return Standing{}, false
}

// Resolve follows merges from a candidate to the one that holds its evidence now.
func (b *Book) Resolve(id string) (string, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for range len(b.recs) + 1 {
		r := b.recs[id]
		if r == nil {
			return "", false
		}
		if r.st.MergedInto == "" {
			return id, true
		}
		id = r.st.MergedInto
	}
	return "", false
}

// All returns every candidate that was not merged into another, by score from high to low, then by id.
func (b *Book) All() []upwind.Candidate {
	b.mu.RLock()
	snap := b.sorted
	b.mu.RUnlock()
	if snap == nil {
		b.mu.Lock()
		if b.sorted == nil {
			b.sorted = b.snapshot()
		}
		snap = b.sorted
		b.mu.Unlock()
	}
	return slices.Clone(snap)
}

func (b *Book) snapshot() []upwind.Candidate {
	out := make([]upwind.Candidate, 0, b.live)
	for _, r := range b.recs {
		if r.st.State != upwind.StateMerged {
			out = append(out, r.c)
		}
	}
	slices.SortFunc(out, func(x, y upwind.Candidate) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// Len is the number of candidates in [Book.All].
func (b *Book) Len() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.live
}

// HasEvidence reports whether a detection or trace needs no more merging: all events it causes were applied, or it
// was set aside.
func (b *Book) HasEvidence(id string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	t := b.evidence[id]
	return t != nil && t.done
}

// CandidatesOf returns the ids of the candidates a detection or trace speaks for, sorted.
func (b *Book) CandidatesOf(evidenceID string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	t := b.evidence[evidenceID]
	if t == nil {
		return nil
	}
	return slices.Sorted(slices.Values(t.cands))
}

// Writable returns the reason why this program must not append to the ledger: it has met an event of a newer
// version. Otherwise nil.
func (b *Book) Writable() error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.newer
}
