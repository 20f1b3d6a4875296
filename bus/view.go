package bus

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"upwind"
	"upwind/grid"
)

// View is the state in memory, folded from the logs and the ledger and kept in step with them. All its
// answers are snapshots in canonical order, the same on every machine that has read the same logs; their
// elements are shared and must not be changed.
type View struct {
	b     *Bus
	book  *grid.Book
	grid  atomic.Pointer[grid.Tree]
	sites atomic.Pointer[[]upwind.Site]

	assets      table[upwind.Asset]
	inspections table[upwind.Inspection]
	detections  table[upwind.Detection]
	traces      table[upwind.Trace]
	obs         obsTable

	mu       sync.Mutex
	progress map[string]uint64 // last sequence folded, by stream
	waiting  int               // streams still being replayed
	moved    chan struct{}     // closed and replaced whenever progress is made
	ready    chan struct{}
	faults   []string

	hub hub
}

// NewView starts to fold the logs; it keeps on until ctx ends. Use [View.WaitReady] before relying on it.
func NewView(ctx context.Context, b *Bus) (*View, error) {
	if err := b.Healthy(ctx); err != nil {
		return nil, err
	}
	v := &View{b: b, book: grid.NewBook(), progress: map[string]uint64{}, moved: make(chan struct{}), ready: make(chan struct{})}
	v.sites.Store(&[]upwind.Site{})
	since := time.Now().Add(-viewWindow)
	folds := []fold{
		{streamAssets, time.Time{}, v.foldAsset},
		{streamInspections, time.Time{}, v.foldInspection},
		{streamDetections, time.Time{}, v.foldDetections},
		{streamTraces, time.Time{}, v.foldTrace},
		{streamObsMinute, since, v.foldObservations},
		{streamObsHour, since, v.foldObservations},
		{streamLedger, time.Time{}, v.foldEvent},
		{v.b.KV(BucketGrids).stream(), time.Time{}, v.foldGrid},
		{v.b.KV(BucketSites).stream(), time.Time{}, v.foldSites},
	}
	v.waiting = len(folds)
	for _, f := range folds {
		go v.run(ctx, f)
	}
	return v, nil
}

type fold struct {
	stream string
	since  time.Time
	fn     func(m message, body []byte) error
}

// run folds one stream. What cannot be read is noted and passed over, so that one broken document does not
// hide the others.
func (v *View) run(ctx context.Context, f fold) {
	var once sync.Once
	opt := followOptions{since: f.since, live: func() { once.Do(v.oneReady) }, reached: func(seq uint64) { v.reach(f.stream, seq) }}
	for ctx.Err() == nil {
		err := v.b.follow(ctx, f.stream, opt, func(m message) error {
			body, err := v.b.getBody(m.subject, m.header, m.data)
			if err == nil {
				err = f.fn(m, body)
			}
			if err != nil {
				v.fault(m, err)
			}
			return nil
		})
		if ctx.Err() == nil {
			v.b.cfg.Log.Error("bus: the view lost a stream and takes it up again", "stream", f.stream, "err", err)
			v.mu.Lock()
			if seq := v.progress[f.stream]; seq > 0 {
				opt.from, opt.since = seq+1, time.Time{}
			}
			v.mu.Unlock()
			_ = sleep(ctx, time.Second)
		}
	}
}

// maxFaults bounds the list that [View.Faults] returns.
const maxFaults = 100

func (v *View) fault(m message, err error) {
	v.b.cfg.Log.Error("bus: a stored document cannot be read", "subject", m.subject, "seq", m.seq, "err", err)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.faults) < maxFaults {
		v.faults = append(v.faults, m.subject+": "+err.Error())
	}
}

// Faults lists the stored documents that could not be read, at most 100.
func (v *View) Faults() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.faults)
}

func (v *View) oneReady() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.waiting--; v.waiting == 0 {
		close(v.ready)
	}
}

func (v *View) reach(stream string, seq uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if seq > v.progress[stream] {
		v.progress[stream] = seq
		close(v.moved)
		v.moved = make(chan struct{})
	}
}

// Ready reports whether everything stored when the view started has been folded.
func (v *View) Ready() bool {
	select {
	case <-v.ready:
		return true
	default:
		return false
	}
}

// WaitReady waits until [View.Ready].
func (v *View) WaitReady(ctx context.Context) error {
	select {
	case <-v.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// CatchUp waits until everything stored up to now has been folded: what this process wrote before the call
// is then in the answers.
func (v *View) CatchUp(ctx context.Context) error {
	if err := v.WaitReady(ctx); err != nil {
		return err
	}
	for _, name := range viewStreams {
		info, err := v.b.streamInfo(ctx, name)
		if err != nil {
			return err
		}
		if info.State.Msgs == 0 {
			continue
		}
		if err := v.waitFor(ctx, name, info.State.LastSeq); err != nil {
			return err
		}
	}
	return nil
}

// viewStreams are those a writer may wait for.
var viewStreams = []string{streamAssets, streamInspections, streamDetections, streamTraces, streamObsMinute, streamObsHour, streamLedger,
	"KV_" + BucketGrids, "KV_" + BucketSites}

func (v *View) waitFor(ctx context.Context, stream string, seq uint64) error {
	for {
		v.mu.Lock()
		at, moved := v.progress[stream], v.moved
		v.mu.Unlock()
		if at >= seq {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WaitLedger waits until the event at this ledger sequence is in the book.
func (v *View) WaitLedger(ctx context.Context, seq uint64) error {
	return v.waitFor(ctx, streamLedger, seq)
}

// LedgerSeq is the ledger sequence up to which the book is folded.
func (v *View) LedgerSeq() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.progress[streamLedger]
}

// Book is the ledger folded; it is safe for concurrent use and grows while it is held.
func (v *View) Book() *grid.Book { return v.book }

// Grid is the grid tree in force, nil when none was imported.
func (v *View) Grid() *grid.Tree { return v.grid.Load() }

// Sites is the site registry in force, by id.
func (v *View) Sites() []upwind.Site { return *v.sites.Load() }

// Assets lists the assets by id.
func (v *View) Assets() []upwind.Asset { return v.assets.all() }

// Asset returns one asset.
func (v *View) Asset(id string) (upwind.Asset, bool) { return v.assets.get(id) }

// Inspections lists what is known of the assets, by asset id.
func (v *View) Inspections() []upwind.Inspection { return v.inspections.all() }

// Inspection returns what is known of one asset.
func (v *View) Inspection(assetID string) (upwind.Inspection, bool) {
	return v.inspections.get(assetID)
}

// Detections lists the detections by id.
func (v *View) Detections() []upwind.Detection { return v.detections.all() }

// Detection returns one detection.
func (v *View) Detection(id string) (upwind.Detection, bool) { return v.detections.get(id) }

// Traces lists the traces by id.
func (v *View) Traces() []upwind.Trace { return v.traces.all() }

// Trace returns one trace.
func (v *View) Trace(id string) (upwind.Trace, bool) { return v.traces.get(id) }

// table is a set of documents by id with a sorted snapshot that is made when somebody asks for it.
type table[T any] struct {
	mu     sync.Mutex
	byID   map[string]T
	sorted []T // nil when stale; never edited once made
}

// add keeps the first document of an id and reports whether it was new.
func (t *table[T]) add(id string, doc T) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.byID[id]; ok {
		return false
	}
	if t.byID == nil {
		t.byID = map[string]T{}
	}
	t.byID[id], t.sorted = doc, nil
	return true
}

func (t *table[T]) get(id string) (T, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	doc, ok := t.byID[id]
	return doc, ok
}

func (t *table[T]) all() []T {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sorted == nil {
		ids := make([]string, 0, len(t.byID))
		for id := range t.byID {
			ids = append(ids, id)
		}
		slices.SortFunc(ids, cmp.Compare[string])
		t.sorted = make([]T, len(ids))
		for i, id := range ids {
			t.sorted[i] = t.byID[id]
		}
	}
	return slices.Clip(t.sorted)
}
