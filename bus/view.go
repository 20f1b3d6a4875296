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

	stations atomic.Pointer[[]upwind.Station]

	assets      table[upwind.Asset]
	inspections table[upwind.Inspection]
	detections  table[upwind.Detection]
	traces      table[upwind.Trace]
	devices     deviceTable

	obs     obsTable // of files
	hours   obsTable // the stations' hours, made of live
	live    obsTable // what the feeds bring
	uploads uploadSet

	mu      sync.Mutex
	folds   []fold
	waiting int           // folds still being replayed
	moved   chan struct{} // closed and replaced whenever progress is made
	ready   chan struct{}
	faults  []string

	hub hub
}

// NewView starts to fold the logs; it keeps on until ctx ends. Use [View.WaitReady] before relying on it.
func NewView(ctx context.Context, b *Bus) (*View, error) {
	if err := b.Healthy(ctx); err != nil {
		return nil, err
	}
	v := &View{b: b, book: grid.NewBook(), moved: make(chan struct{}), ready: make(chan struct{})}
	v.sites.Store(&[]upwind.Site{})
	v.stations.Store(&[]upwind.Station{})
	v.obs.window, v.hours.window, v.live.window = fileWindow, hourWindow, liveWindow
	ago := func(window time.Duration) time.Time { return time.Now().Add(-window) }
	v.folds = []fold{
		{stream: streamAssets, fn: v.foldAsset, awaited: true},
		{stream: streamInspections, fn: v.foldInspection, awaited: true},
		{stream: streamDetections, fn: v.foldDetections, awaited: true},
		{stream: streamTraces, fn: v.foldTrace, awaited: true},
		{stream: streamObsMinute, subjects: fromFiles(prefixObsMinute), since: ago(fileWindow), fn: v.foldReadings(&v.obs), awaited: true},
		{stream: streamObsHour, subjects: fromFiles(prefixObsHour), since: ago(fileWindow), fn: v.foldReadings(&v.obs), awaited: true},
		{stream: streamObsHour, subjects: hourTables(prefixObsHour), since: ago(hourWindow), fn: v.foldReadings(&v.hours), awaited: true},
		{stream: streamObsMinute, subjects: fromFeeds(prefixObsMinute), since: ago(liveWindow), fn: v.foldReadings(&v.live)},
		{stream: streamObsHour, subjects: fromFeeds(prefixObsHour), since: ago(liveWindow), fn: v.foldReadings(&v.live)},
		{stream: streamLedger, fn: v.foldEvent, awaited: true},
		{stream: v.b.KV(BucketGrids).stream(), fn: v.foldGrid, awaited: true},
		{stream: v.b.KV(BucketSites).stream(), fn: v.foldSites, awaited: true},
		{stream: v.b.KV(BucketStations).stream(), fn: v.foldStations, awaited: true},
		{stream: v.b.KV(BucketDevices).stream(), fn: v.foldDevices},
	}
	v.waiting = len(v.folds)
	for i := range v.folds {
		go v.run(ctx, &v.folds[i])
	}
	return v, nil
}

// fold is one stream, or the part of it with some subjects, on its way into the view.
type fold struct {
	stream   string
	subjects []string // all when empty
	since    time.Time
	fn       func(m message, body []byte) error
	awaited  bool // a writer may wait until what it wrote is here

	at uint64 // last sequence folded, under View.mu
}

// run folds one stream. What cannot be read is noted and passed over, so that one broken document does not
// hide the others.
func (v *View) run(ctx context.Context, f *fold) {
	var once sync.Once
	opt := followOptions{since: f.since, subjects: f.subjects, live: func() { once.Do(v.oneReady) }, reached: func(seq uint64) { v.reach(f, seq) }}
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
			if f.at > 0 {
				opt.from, opt.since = f.at+1, time.Time{}
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

func (v *View) reach(f *fold, seq uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if seq > f.at {
		f.at = seq
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
	for i := range v.folds {
		f := &v.folds[i]
		if !f.awaited {
			continue
		}
		last, err := v.b.newest(ctx, f.stream, f.subjects)
		if err != nil {
			return err
		}
		if err := v.waitFor(ctx, f, last); err != nil {
			return err
		}
	}
	return nil
}

// newest is the sequence of a stream's newest message, or of its newest one on some subjects; 0 without any.
func (b *Bus) newest(ctx context.Context, stream string, subjects []string) (uint64, error) {
	if len(subjects) == 0 {
		info, err := b.streamInfo(ctx, stream)
		if err != nil || info.State.Msgs == 0 {
			return 0, err
		}
		return info.State.LastSeq, nil
	}
	var newest uint64
	for _, subject := range subjects {
		m, err := b.last(ctx, stream, subject)
		if err != nil {
			return 0, err
		}
		if m != nil {
			newest = max(newest, m.Sequence)
		}
	}
	return newest, nil
}

func (v *View) waitFor(ctx context.Context, f *fold, seq uint64) error {
	for {
		v.mu.Lock()
		at, moved := f.at, v.moved
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

func (v *View) foldOf(stream string) *fold {
	for i := range v.folds {
		if v.folds[i].stream == stream {
			return &v.folds[i]
		}
	}
	return nil
}

// WaitLedger waits until the event at this ledger sequence is in the book.
func (v *View) WaitLedger(ctx context.Context, seq uint64) error {
	return v.waitFor(ctx, v.foldOf(streamLedger), seq)
}

// LedgerSeq is the ledger sequence up to which the book is folded.
func (v *View) LedgerSeq() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.foldOf(streamLedger).at
}

// Book is the ledger folded; it is safe for concurrent use and grows while it is held.
func (v *View) Book() *grid.Book { return v.book }

// Grid is the grid tree in force, nil when none was imported.
func (v *View) Grid() *grid.Tree { return v.grid.Load() }

// Sites is the site registry in force, by id.
func (v *View) Sites() []upwind.Site { return *v.sites.Load() }

// Stations is the registry of stations in force, by id.
func (v *View) Stations() []upwind.Station { return *v.stations.Load() }

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
