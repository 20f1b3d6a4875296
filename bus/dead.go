package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// DeadJob is a job that was given up, with the reason a person can read.
type DeadJob struct {
	ID      string    `json:"id"`
	Role    string    `json:"role"`
	Reason  string    `json:"reason"`
	Refused bool      `json:"refused"` // the input is at fault: a retry gives the same answer
	At      time.Time `json:"at"`
	Body    []byte    `json:"-"`
}

const (
	headerReason  = "Upwind-Reason"
	headerRefused = "Upwind-Refused"
	headerJobSeq  = "Upwind-Job-Sequence"
)

// deadMeta keeps the reason in a header as JSON, which has no line breaks.
type deadMeta struct {
	ID, Role, Reason string
	At               time.Time
}

// Bury gives the job up: first a copy with the reason goes to DEAD, then the job is recorded as finished,
// then it leaves the queue. A crash at any point leaves at least one of copy and job.
func (l *Lease) Bury(ctx context.Context, reason string, refused bool) error {
	if err := l.copyToDead(ctx, reason, refused); err != nil {
		return fmt.Errorf("bus: burying job %s: %w", l.id, err)
	}
	if err := l.jobs.finish(ctx, l.role, l.id, stateDead); err != nil {
		return fmt.Errorf("bus: burying job %s: %w", l.id, err)
	}
	return l.ack(ctx)
}

func (l *Lease) copyToDead(ctx context.Context, reason string, refused bool) error {
	b := l.jobs.b
	m := nats.NewMsg(deadSubject(l.role, l.id))
	meta, err := json.Marshal(deadMeta{ID: l.id, Role: l.role, Reason: clip(reason), At: time.Now().UTC()})
	if err != nil {
		return err
	}
	m.Header.Set(headerReason, string(meta))
	m.Header.Set(headerRefused, strconv.FormatBool(refused))
	m.Header.Set(headerJobSeq, strconv.FormatUint(l.seq, 10))
	if err := b.putBody(ctx, m, l.body); err != nil {
		return err
	}
	for {
		old, err := b.last(ctx, streamDead, m.Subject)
		if err != nil {
			return err
		}
		var expect uint64
		if old != nil {
			// A copy of this very delivery is enough; one from before a retry is replaced.
			if old.Header.Get(headerJobSeq) == m.Header.Get(headerJobSeq) {
				return nil
			}
			expect = old.Sequence
		}
		if _, err := b.swap(ctx, streamDead, m, expect); !isConflict(err) {
			return err
		}
	}
}

// clip keeps a reason (often the tail of a child's stderr) within what a header should hold.
func clip(s string) string {
	const most = 8 << 10
	if len(s) > most {
		return s[:most/2] + " ... " + s[len(s)-most/2:]
	}
	return s
}

// Dead lists the jobs that were given up, by role, then id.
func (j *Jobs) Dead(ctx context.Context) ([]DeadJob, error) {
	var dead []DeadJob
	err := stopAtEnd(ctx, func(ctx context.Context, live func()) error {
		return j.b.follow(ctx, streamDead, followOptions{live: live}, func(m message) error {
			d, err := j.deadJob(m.subject, m.header, m.data)
			if err != nil {
				return err
			}
			is, err := j.isDead(ctx, d)
			if is {
				dead = append(dead, d)
			}
			return err
		})
	})
	sort.Slice(dead, func(a, b int) bool {
		if dead[a].Role != dead[b].Role {
			return dead[a].Role < dead[b].Role
		}
		return dead[a].ID < dead[b].ID
	})
	return dead, err
}

func (j *Jobs) deadJob(subject string, h nats.Header, data []byte) (DeadJob, error) {
	var meta deadMeta
	if err := json.Unmarshal([]byte(h.Get(headerReason)), &meta); err != nil {
		return DeadJob{}, fmt.Errorf("bus: %s: %w", subject, err)
	}
	d := DeadJob{ID: meta.ID, Role: meta.Role, Reason: meta.Reason, At: meta.At, Refused: h.Get(headerRefused) == "true"}
	var err error
	if d.Body, err = j.b.getBody(subject, h, data); err != nil {
		j.b.cfg.Log.Warn("bus: a dead job's document cannot be read", "job", d.ID, "err", err)
	}
	return d, nil
}

// isDead tells a buried job from a copy that a crash in Bury or Retry left beside a job that goes on.
func (j *Jobs) isDead(ctx context.Context, d DeadJob) (bool, error) {
	f, over, err := j.finished(ctx, d.ID)
	if err != nil {
		return false, err
	}
	if over {
		return f.State == stateDead, nil
	}
	queued, err := j.b.last(ctx, streamJobs, jobSubject(d.Role, d.ID))
	return queued == nil, err
}

// Retry queues a dead job again. Its records are cleared first; the copy in DEAD goes last, so that a crash
// leaves at least one of copy and job, and repeating Retry finishes what was begun.
func (j *Jobs) Retry(ctx context.Context, id string) error {
	m, err := j.b.last(ctx, streamDead, prefixDead+".*."+token(id))
	if err != nil {
		return err
	}
	if m == nil {
		return fmt.Errorf("%w: no dead job %s", ErrNotFound, id)
	}
	d, err := j.deadJob(m.Subject, m.Header, m.Data)
	if err != nil {
		return err
	}
	if d.Body == nil && m.Header.Get(headerBlob) != "" {
		return fmt.Errorf("bus: the document of job %s is not in the store any more; restore it from a backup", id)
	}
	f, over, err := j.finished(ctx, id)
	if err != nil {
		return err
	}
	if over && f.State == stateDone {
		return j.dropDead(ctx, m)
	}
	if err := j.b.KV(BucketAttempts).Delete(ctx, id); err != nil {
		return err
	}
	if err := j.b.KV(BucketDone).Delete(ctx, id); err != nil {
		return err
	}
	if _, err := j.queue(ctx, d.Role, id, d.Body); err != nil {
		return err
	}
	return j.dropDead(ctx, m)
}

// dropDead removes this copy by its sequence: a newer burial of the same job has another one and stays.
func (j *Jobs) dropDead(ctx context.Context, m *jetstream.RawStreamMsg) error {
	s, err := j.b.stream(ctx, streamDead)
	if err != nil {
		return err
	}
	return retry(ctx, patience, func(ctx context.Context) error {
		err := s.DeleteMsg(ctx, m.Sequence)
		if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) || errors.Is(err, jetstream.ErrMsgNotFound) {
			if left, gerr := s.GetMsg(ctx, m.Sequence); gerr == nil && left != nil {
				return errNotYet
			}
			return nil
		}
		return err
	})
}
