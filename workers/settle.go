package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sort"
	"time"

	"upwind"
	"upwind/bus"
	"upwind/grid"
	"upwind/store"
	"upwind/tracing"
)

const (
	// settleEvery is the longest that a stored result waits for what follows from it.
	settleEvery = 500 * time.Millisecond
	idlePoll    = 50 * time.Millisecond
	// mergeTries bounds how often one sighting is merged anew because somebody else wrote in its county.
	mergeTries = 50
	// windBefore and windAfter are how much wind a trace is given around its event: the far tier explains the twelve
	// hours before it too and three after, and follows their air back for six hours.
	windBefore = 20 * time.Hour
	windAfter  = 4 * time.Hour
	// readingsAround is how long before and after its event a trace sees the stations: it needs their background.
	readingsAround = 24 * time.Hour
	// plumesAround is how far from an exceedance in time a plume still says where it may come from.
	plumesAround = 6 * time.Hour
)

// Settler does what follows from what is stored: the first look at an asset, the detectors that suit it, motion
// between scans, the stations' hours, stacks and rivers beyond their limits, traces for plumes and exceedances, candidates
// for detections and traces. It remembers nothing that it
// could not find out again; settled is a shortcut past work known to be queued or done.
type Settler struct {
	Bus   *bus.Bus
	View  *bus.View
	Store *store.Dir
	Log   *slog.Logger

	settled map[string]bool // job ids queued or finished, evidence decided on
	seen    uint64          // the view's change that the last round began after

	hoursMade time.Time
	untraced  []upwind.Trigger // exceedances found, and not explained yet
}

// stages in the order in which one feeds the next. Each returns how much it found to do.
func (s *Settler) stages() []func(context.Context) (int, error) {
	return []func(context.Context) (int, error){
		s.queueInspections, s.queueDetectors, s.queueMotions, s.watchLimits, s.mergeDetections, s.queueTraces, s.mergeTraces,
	}
}

// Run settles until ctx ends.
func (s *Settler) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.round(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("settling", "err", err)
		}
		rest(ctx, settleEvery)
	}
	return ctx.Err()
}

func (s *Settler) round(ctx context.Context) error {
	if _, err := s.makeHours(ctx); err != nil {
		return err
	}
	change := s.View.ChangeNumber()
	if change == s.seen && s.settled != nil {
		return nil
	}
	for _, stage := range s.stages() {
		if err := s.View.CatchUp(ctx); err != nil {
			return err
		}
		if _, err := stage(ctx); err != nil {
			return err
		}
	}
	s.seen = change
	return nil
}

// farFuture is later than any reading.
var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Drain settles until nothing is left to do, a stage only ever on the finished work of the stages before it
// and on an idle queue: so the candidates do not depend on how many workers there are or which was faster.
// waiting hears how many jobs are outstanding.
func (s *Settler) Drain(ctx context.Context, waiting func(outstanding int)) error {
again:
	for {
		if err := s.idle(ctx, waiting); err != nil {
			return err
		}
		if err := s.View.CatchUp(ctx); err != nil {
			return err
		}
		for _, stage := range s.stages() {
			n, err := stage(ctx)
			if err != nil {
				return err
			}
			if n > 0 {
				continue again
			}
		}
		return nil
	}
}

func (s *Settler) idle(ctx context.Context, waiting func(int)) error {
	for {
		n, err := s.Bus.Jobs().Outstanding(ctx)
		if err != nil {
			return err
		}
		waiting(n)
		if n == 0 {
			return nil
		}
		if rest(ctx, idlePoll); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// submit queues a job once; known ids cost nothing.
func (s *Settler) submit(ctx context.Context, j Job) (int, error) {
	if s.known(j.ID) {
		return 0, nil
	}
	queued, err := Submit(ctx, s.Bus, j)
	if err != nil {
		return 0, err
	}
	s.settled[j.ID] = true
	if !queued {
		return 0, nil
	}
	return 1, nil
}

func (s *Settler) known(id string) bool {
	if s.settled == nil {
		s.settled = map[string]bool{}
	}
	return s.settled[id]
}

func (s *Settler) queueInspections(ctx context.Context) (int, error) {
	total := 0
	for _, a := range s.View.Assets() {
		if !inspected(a.Kind) {
			continue
		}
		n, err := s.submit(ctx, InspectJob(a))
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// inspected reports whether a kind of asset is looked at by a job; the others were read at the door.
func inspected(k upwind.AssetKind) bool {
	switch k {
	case upwind.AssetRaster, upwind.AssetPhoto, upwind.AssetCloud, upwind.AssetScan, upwind.AssetFields:
		return true
	}
	return false
}

func (s *Settler) queueDetectors(ctx context.Context) (int, error) {
	total := 0
	for _, in := range s.View.Inspections() {
		a, ok := s.View.Asset(in.AssetID)
		if !ok {
			continue
		}
		for _, name := range in.Detectors {
			version, ok := detectorVersion(name)
			if !ok {
				continue // an older program's detector
			}
			n, err := s.submit(ctx, detectJob(a, in, name, version))
			if err != nil {
				return total, err
			}
			total += n
		}
	}
	return total, nil
}

// mergeDetections brings into the book, in canonical order, the detections that it does not know.
func (s *Settler) mergeDetections(ctx context.Context) (events int, err error) {
	found := slices.Clone(s.View.Detections()) // the view shares its own
	grid.SortDetections(found)
	for _, d := range found {
		n, err := s.merge(ctx, d.ID, func(b *grid.Book) []grid.Event { return grid.Merge(b, s.View.Grid(), s.View.Sites(), d) })
		events += n
		if err != nil {
			return events, fmt.Errorf("workers: merging detection %s: %w", d.ID, err)
		}
	}
	return events, nil
}

func (s *Settler) mergeTraces(ctx context.Context) (events int, err error) {
	traces := slices.Clone(s.View.Traces())
	grid.SortTraces(traces)
	for _, t := range traces {
		n, err := s.merge(ctx, t.ID, func(b *grid.Book) []grid.Event { return grid.Merge(b, s.View.Grid(), s.View.Sites(), t) })
		events += n
		if err != nil {
			return events, fmt.Errorf("workers: merging trace %s: %w", t.ID, err)
		}
	}
	return events, nil
}

// merge appends what one sighting changes: all its events or none, and only if nobody else wrote in their
// counties since the book was read; else it reads again.
func (s *Settler) merge(ctx context.Context, id string, drafts func(*grid.Book) []grid.Event) (int, error) {
	for range mergeTries {
		folded, book := s.View.LedgerSeq(), s.View.Book()
		if s.known(id) || book.HasEvidence(id) {
			return 0, nil
		}
		events := drafts(book)
		if len(events) == 0 {
			s.settled[id] = true
			return 0, nil
		}
		last, err := s.append(ctx, folded, events)
		if err == nil {
			return len(events), s.View.WaitLedger(ctx, last)
		}
		if !errors.Is(err, bus.ErrConflict) {
			return 0, err
		}
		if err := s.View.CatchUp(ctx); err != nil {
			return 0, err
		}
	}
	return 0, upwind.Passing(fmt.Errorf("workers: %s: others kept writing in its county", id))
}

// append writes events that were drafted on a book folded up to a ledger sequence. A county that has grown
// beyond it is a conflict.
func (s *Settler) append(ctx context.Context, folded uint64, events []grid.Event) (last uint64, err error) {
	if err := s.View.Book().Writable(); err != nil {
		return 0, err
	}
	ledger := s.Bus.Ledger()
	counties := map[string]uint64{}
	batch := make([]bus.Draft, len(events))
	for i, ev := range events {
		seq, ok := counties[ev.County]
		if !ok {
			if seq, err = ledger.CountySeq(ctx, ev.County); err != nil {
				return 0, err
			}
			if seq > folded {
				return 0, fmt.Errorf("%w: county %s has grown", bus.ErrConflict, ev.County)
			}
			counties[ev.County] = seq
		}
		ev.At = time.Now().UTC()
		batch[i] = bus.Draft{Event: ev, Expect: bus.ExpectCounty(seq)}
	}
	seqs, err := ledger.AppendBatch(ctx, batch)
	if err != nil {
		return 0, err
	}
	return seqs[len(seqs)-1], nil
}

// queueTraces queues a job for each trigger that has no trace.
func (s *Settler) queueTraces(ctx context.Context) (int, error) {
	total := 0
	for _, t := range s.triggers() {
		if s.known(bareTraceJob(t).ID) {
			continue
		}
		job, err := s.traceJob(ctx, t)
		if err != nil {
			return total, err
		}
		n, err := s.submit(ctx, job)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// triggers are the plumes without a trace, and the exceedances without one or with more hours than it had, by id. An
// exceedance waits for wind; a plume shows its own.
func (s *Settler) triggers() []upwind.Trigger {
	traced := map[string]bool{}
	var events []upwind.Trigger
	for _, t := range s.View.Traces() {
		traced[t.Trigger.ID] = true
		events = append(events, t.Trigger)
	}
	var out []upwind.Trigger
	add := func(t upwind.Trigger) {
		if !traced[t.ID] {
			out = append(out, t)
		}
	}
	for _, d := range s.View.Detections() {
		if t, ok := tracing.PlumeTrigger(d); ok {
			add(t)
		}
	}
	for _, t := range s.exceedances(events) {
		add(t)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

func (s *Settler) hasWind(t upwind.Trigger) bool {
	return len(s.View.Wind(t.Start.Add(-windBefore), t.End.Add(windAfter))) > 0 || len(s.fields(t)) > 0
}

// fields are the gridded winds about the time of a trigger, as members of its job.
func (s *Settler) fields(t upwind.Trigger) []upwind.Member {
	var out []upwind.Member
	for _, in := range s.View.Inspections() {
		if in.Kind != upwind.AssetFields || in.AcquiredAt.After(t.End.Add(windAfter)) || in.Until.Before(t.Start.Add(-windBefore)) {
			continue
		}
		if a, ok := s.View.Asset(in.AssetID); ok {
			m := a.Main()
			m.Role, m.Name = roleField, fmt.Sprintf("field-%d", len(out))
			out = append(out, m)
		}
	}
	return out
}

// bareTraceJob is a trace job without its members, which are not part of its id.
func bareTraceJob(t upwind.Trigger) Job {
	return newJob(Job{Kind: KindTrace, Role: RoleTracing, Inputs: []string{t.ID}, Detector: tracing.Name,
		DetectorV: tracing.Version, Trigger: &t})
}

// traceInput is the member file of a trace job.
type traceInput struct {
	Wind     []upwind.Wind        `json:"wind"`
	Readings []upwind.Observation `json:"readings"`
	Sites    []upwind.Site        `json:"sites"`
	Evidence []upwind.Detection   `json:"evidence"`         // plumes about that time
	Fields   []string             `json:"fields,omitempty"` // members that hold gridded wind
}

const traceInputName = "input.json"

// traceJob puts the wind, readings and sites a trigger needs into one member.
func (s *Settler) traceJob(ctx context.Context, t upwind.Trigger) (Job, error) {
	in := traceInput{Wind: s.View.Wind(t.Start.Add(-windBefore), t.End.Add(windAfter)), Sites: s.sites(), Evidence: s.plumes(t)}
	if t.Species != "" {
		in.Readings = s.View.Observations(t.Species, t.Start.Add(-readingsAround), t.End.Add(readingsAround))
	}
	var members []upwind.Member
	if t.Kind == upwind.TriggerExceedance {
		members = s.fields(t)
	}
	for _, m := range members {
		in.Fields = append(in.Fields, m.Name)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return Job{}, fmt.Errorf("workers: %w", err)
	}
	blob, err := s.Store.PutBytes(ctx, body, "application/json")
	if err != nil {
		return Job{}, err
	}
	job := bareTraceJob(t)
	job.Members = append([]upwind.Member{{Role: upwind.RoleMain, Name: traceInputName, Size: blob.Size, SHA256: blob.SHA256}}, members...)
	return job, nil
}

// plumes are those seen about the time of an exceedance: they make a source likely where they begin.
func (s *Settler) plumes(t upwind.Trigger) []upwind.Detection {
	out := []upwind.Detection{}
	if t.Kind != upwind.TriggerExceedance {
		return out
	}
	for _, d := range s.View.Detections() {
		at := d.ObservedAt
		if (d.Kind == upwind.SmokePlume || d.Kind == upwind.LidarPlume) && at.After(t.Start.Add(-plumesAround)) && at.Before(t.End.Add(plumesAround)) {
			d.Provenance, d.Reasons = upwind.Provenance{}, nil
			out = append(out, d)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// sites are the registry's, and the candidates that stand on the ground and are not in it. A candidate goes
// by the id of its first evidence, which never changes.
func (s *Settler) sites() []upwind.Site {
	sites := append([]upwind.Site(nil), s.View.Sites()...)
	for _, c := range s.View.Book().All() {
		if onGround := c.Kind == upwind.TargetBareSoil || c.Kind == upwind.TargetSandPile; c.SiteID != "" || !onGround || len(c.Evidence) == 0 {
			continue
		}
		sites = append(sites, upwind.Site{ID: c.Evidence[0].ID, Name: c.ID, Kind: string(c.Kind), Geometry: c.Geometry})
	}
	sort.Slice(sites, func(i, j int) bool { return sites[i].ID < sites[j].ID })
	return sites
}
