package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"upwind"
	"upwind/bus"
	"upwind/store"
)

const (
	// equalDeaths of a job's child, seen by a worker, and the job is given up.
	equalDeaths = 2
	// maxDeliveries is the backstop for a job that never ends in a way anybody sees.
	maxDeliveries = 50
	// passingDelay is how long a job rests after a passing fault.
	passingDelay = 2 * time.Second
	// lastWords is how long a stopping worker may take to hand its job back.
	lastWords = 5 * time.Second
)

// Worker leases jobs of its roles and does each in a child.
type Worker struct {
	Bus     *bus.Bus
	Store   *store.Dir
	Folders *Folders
	Runner  Runner
	Log     *slog.Logger
}

// Serve does jobs of the roles until ctx ends, slots at a time for each role.
func (w *Worker) Serve(ctx context.Context, roles []string, slots int) error {
	var wg sync.WaitGroup
	for _, role := range roles {
		for range slots {
			wg.Go(func() { w.loop(ctx, role) })
		}
	}
	wg.Wait()
	return ctx.Err()
}

func (w *Worker) loop(ctx context.Context, role string) {
	for ctx.Err() == nil {
		lease, err := w.Bus.Jobs().Next(ctx, role)
		if err != nil {
			if ctx.Err() == nil {
				w.Log.Warn("waiting for a job", "role", role, "err", err)
				rest(ctx, passingDelay)
			}
			continue
		}
		w.handle(ctx, lease)
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// handle does one leased job to the point where its lease is given back, one way or another.
func (w *Worker) handle(ctx context.Context, lease *bus.Lease) {
	job, err := decodeJob(lease.Body())
	if err == nil {
		err = w.do(ctx, lease, job)
	}
	// What is said last must arrive although the worker is stopping.
	fctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err := w.finish(fctx, lease, job, ctx.Err(), err); err != nil {
		// The lease ends by itself and somebody does the job again; its effects are created once.
		w.Log.Warn("ending a job", "job", lease.ID(), "err", err)
	}
}

func (w *Worker) do(ctx context.Context, lease *bus.Lease, job Job) error {
	dir, err := w.Folders.Lay(ctx, job.Members)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var lastBeat time.Time
	res, err := w.Runner.Run(ctx, job, dir, func(Progress) {
		if time.Since(lastBeat) < bus.BeatEvery {
			return
		}
		lastBeat = time.Now()
		if err := lease.Beat(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("beat", "job", job.ID, "err", err)
		}
	})
	if err != nil {
		return err
	}
	return w.publish(ctx, job, dir, res)
}

// finish decides what a job's end means.
func (w *Worker) finish(ctx context.Context, lease *bus.Lease, job Job, stopping, err error) error {
	var death *Death
	switch {
	case err == nil:
		w.Log.Debug("done", "job", job.ID, "kind", job.Kind, "detector", job.Detector)
		return lease.Done(ctx)
	case stopping != nil:
		return lease.Release(ctx, 0)
	case lease.Deliveries() >= maxDeliveries:
		return w.bury(ctx, lease, fmt.Sprintf("it was handed out %d times without an end; the last fault: %v", lease.Deliveries(), err), false)
	case upwind.IsRefusal(err):
		return w.bury(ctx, lease, err.Error(), true)
	case errors.As(err, &death):
		if !death.OwnFault {
			return lease.Release(ctx, 0)
		}
		equal, rerr := w.Bus.Jobs().RecordDeath(ctx, lease.ID(), death.Signature)
		if rerr != nil {
			return rerr
		}
		w.Log.Warn("a job's process died", "job", job.ID, "file", assetName(job), "why", death.Signature, "times", equal)
		if equal >= equalDeaths {
			return w.bury(ctx, lease, fmt.Sprintf("%s: %d times in the same way %v; the file may be damaged or made to do harm", assetName(job), equal, death), false)
		}
		return lease.Release(ctx, 0)
	case upwind.IsPassing(err):
		w.Log.Warn("a passing fault, trying again", "job", job.ID, "err", err)
		return lease.Release(ctx, passingDelay)
	default:
		return w.bury(ctx, lease, err.Error(), false)
	}
}

func (w *Worker) bury(ctx context.Context, lease *bus.Lease, reason string, refused bool) error {
	w.Log.Warn("a job is given up", "job", lease.ID(), "why", reason)
	return lease.Bury(ctx, reason, refused)
}

func assetName(j Job) string {
	if j.Asset != nil {
		return j.Asset.Name
	}
	return string(j.Kind) + " " + j.ID
}

// publish makes a result's effects, each created at most once. What follows from them is the settler's.
func (w *Worker) publish(ctx context.Context, job Job, dir string, res Result) error {
	for _, b := range res.blobs() {
		if err := storeBlob(ctx, w.Store, dir, b); err != nil {
			return err
		}
	}
	switch job.Kind {
	case KindInspect:
		return w.publishInspection(ctx, job, res.Inspection)
	case KindDetect:
		if err := w.publishDetections(ctx, job, res.Detections); err != nil {
			return err
		}
		return w.publishWind(ctx, job, res.Wind)
	case KindMotion:
		return w.publishWind(ctx, job, res.Wind)
	default:
		return w.publishTrace(ctx, job, res.Trace)
	}
}

func (r Result) blobs() []upwind.Blob {
	var out []upwind.Blob
	if r.Inspection != nil && r.Inspection.Preview != nil {
		out = append(out, r.Inspection.Preview.Blob)
	}
	for _, d := range r.Detections {
		out = append(out, d.Chips...)
	}
	return out
}

func (w *Worker) publishInspection(ctx context.Context, job Job, in *upwind.Inspection) error {
	if in == nil || in.AssetID != job.Asset.ID {
		return fmt.Errorf("workers: job %s gave no inspection of its asset", job.ID)
	}
	return createDoc(ctx, w.Bus.Inspections(), job.Asset.ID, in)
}

// Submit queues a job unless it is queued or finished already.
func Submit(ctx context.Context, b *bus.Bus, j Job) (queued bool, err error) {
	body, err := json.Marshal(j)
	if err != nil {
		return false, fmt.Errorf("workers: job %s: %w", j.ID, err)
	}
	return b.Jobs().Submit(ctx, j.Role, j.ID, body)
}

func (w *Worker) publishDetections(ctx context.Context, job Job, found []upwind.Detection) error {
	set := bus.DetectionSet{Version: upwind.SchemaVersion, JobID: job.ID, Detections: found}
	for i := range found {
		d := &found[i]
		d.ID = upwind.DetectionID(job.ID, i)
		d.Provenance = provenance(job)
		if err := d.Validate(); err != nil {
			return err
		}
	}
	return createDoc(ctx, w.Bus.Detections(), job.ID, set)
}

// publishWind stores the wind readings of a job, under its id; the source is the asset they come from.
func (w *Worker) publishWind(ctx context.Context, job Job, wind []upwind.Wind) error {
	if len(wind) == 0 {
		return nil
	}
	_, err := w.Bus.Observe(ctx, job.ID+"-wind", bus.ObservationBatch{Source: job.Asset.ID, Wind: wind})
	return err
}

func (w *Worker) publishTrace(ctx context.Context, job Job, t *upwind.Trace) error {
	if t == nil || job.Trigger == nil {
		return fmt.Errorf("workers: job %s gave no trace", job.ID)
	}
	t.ID = upwind.HashID("trace", job.Trigger.ID)
	t.Trigger = *job.Trigger
	t.Provenance = provenance(job)
	return createDoc(ctx, w.Bus.Traces(), job.Trigger.ID, t)
}

func provenance(j Job) upwind.Provenance {
	return upwind.Provenance{JobID: j.ID, Detector: j.Detector, DetectorVersion: j.DetectorV, Inputs: j.Inputs, Params: j.Params}
}

// createDoc creates a document; that it is there already is as good.
func createDoc(ctx context.Context, log *bus.Log, key string, doc any) error {
	body, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("workers: %w", err)
	}
	_, err = log.Create(ctx, key, body)
	return err
}
