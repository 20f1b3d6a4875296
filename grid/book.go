package grid

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
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
	stale  bool // sightings were added since it was assessed
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
	events   map[string][]string // candidates that traces of an exceedance pointed to
	tiles    map[tile][]*record
	wide     []*record // too large for tiles
	live     int       // candidates that were not merged into another
	stale    []*record
	newer    error
	sorted   atomic.Pointer[[]upwind.Candidate] // snapshot for All; nil when an event came since
}

// NewBook returns an empty book.
func NewBook() *Book {
	return &Book{recs: map[string]*record{}, evidence: map[string]*trail{}, events: map[string][]string{}, tiles: map[tile][]*record{}}
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
	b.sorted.Store(nil)
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

// see adds sightings that are new to r and places it.
func (b *Book) see(r *record, add []Sighting) error {
	if err := r.widen(add); err != nil {
		return err
	}
	for _, s := range add {
		if s.Event != "" && !slices.Contains(b.events[s.Event], r.c.ID) {
			b.events[s.Event] = append(b.events[s.Event], r.c.ID)
		}
		t := b.trail(s.Evidence.ID)
		if !slices.Contains(t.cands, r.c.ID) {
			t.cands = append(t.cands, r.c.ID)
		}
	}
	if !r.stale {
		r.stale = true
		b.stale = append(b.stale, r)
	}
	if r.st.State != upwind.StateMerged {
		b.place(r, r.c.Geometry.Geometry().Bound())
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
