package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Jobs is the work queue. A job has a role (who may do it) and an id derived from its inputs; it is queued
// at most once and, once done or buried, never again until [Jobs.Retry].
//
// What finished is remembered in the bucket "done", whose record is written before the job is taken from
// the queue. A crash in between leaves a finished job in the queue, which Next takes out without handing it
// to anybody.
type Jobs struct{ b *Bus }

// Jobs returns the work queue.
func (b *Bus) Jobs() *Jobs { return &Jobs{b} }

const (
	stateDone = "done"
	stateDead = "dead"

	// maxLeased is how many jobs of a role may be leased at once, far above any number of workers.
	maxLeased = 10_000
	// pullEvery is how often an idle worker renews its request for a job.
	pullEvery = 30 * time.Second
)

// finished is the value in the bucket "done".
type finished struct {
	State string    `json:"state"` // done or dead
	Role  string    `json:"role"`
	At    time.Time `json:"at"`
}

func (j *Jobs) finished(ctx context.Context, id string) (f finished, ok bool, err error) {
	raw, _, err := j.b.KV(BucketDone).Get(ctx, id)
	if isNotFound(err) {
		return f, false, nil
	}
	if err != nil {
		return f, false, err
	}
	return f, true, json.Unmarshal(raw, &f)
}

// finish records the end of a job; the first record stays.
func (j *Jobs) finish(ctx context.Context, role, id, state string) error {
	raw, err := json.Marshal(finished{State: state, Role: role, At: time.Now().UTC()})
	if err != nil {
		return err
	}
	_, err = j.b.KV(BucketDone).Create(ctx, id, raw)
	if isConflict(err) {
		return nil
	}
	return err
}

// Submit queues a job. queued is false when it is in the queue or leased already, or is finished.
func (j *Jobs) Submit(ctx context.Context, role, id string, body []byte) (queued bool, err error) {
	if role == "" || id == "" {
		return false, errors.New("bus: a job needs a role and an id")
	}
	if _, over, err := j.finished(ctx, id); over || err != nil {
		return false, err
	}
	return j.queue(ctx, role, id, body)
}

func (j *Jobs) queue(ctx context.Context, role, id string, body []byte) (bool, error) {
	if _, err := j.consumer(ctx, role); err != nil {
		return false, err
	}
	m := nats.NewMsg(jobSubject(role, id))
	if err := j.b.putBody(ctx, m, body); err != nil {
		return false, err
	}
	_, err := j.b.publish(ctx, m)
	if subjectTaken(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("bus: queueing %s: %w", m.Subject, err)
	}
	return true, nil
}

// consumer returns the durable consumer that hands out the jobs of a role. However many callers ask, and
// however short their patience, one request at a time is under way: a crowd of impatient workers would
// otherwise bury the server in requests whose answers nobody waits for.
func (j *Jobs) consumer(ctx context.Context, role string) (jetstream.Consumer, error) {
	j.b.mu.Lock()
	c, ok := j.b.roles[role]
	j.b.mu.Unlock()
	if ok {
		return c, nil
	}
	v, err := j.b.once(ctx, "role "+role, func(ctx context.Context) (any, error) {
		c, err := j.b.js.CreateOrUpdateConsumer(ctx, streamJobs, jetstream.ConsumerConfig{
			Durable: "role-" + consumerName(role), FilterSubject: roleSubject(role),
			AckPolicy: jetstream.AckExplicitPolicy, AckWait: j.b.cfg.AckWait, MaxDeliver: -1, MaxAckPending: maxLeased,
		})
		if err == nil {
			j.b.mu.Lock()
			j.b.roles[role] = c
			j.b.mu.Unlock()
		}
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("bus: jobs of role %s: %w", role, err)
	}
	return v.(jetstream.Consumer), nil
}

// Next waits for a job of this role and leases it. It returns ctx's error when ctx ends first; a job that
// arrives in that moment goes back to the queue at once.
func (j *Jobs) Next(ctx context.Context, role string) (*Lease, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, err := j.pull(ctx, role)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if errors.Is(err, nats.ErrConnectionClosed) {
				return nil, fmt.Errorf("bus: waiting for a job: %w", err)
			}
			j.forget(role)
			if err := sleep(ctx, retryWait); err != nil {
				return nil, err
			}
			continue
		}
		l, err := j.lease(ctx, role, m)
		if err != nil {
			_ = m.Nak()
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, err
		}
		if l != nil {
			return l, nil
		}
	}
}

// pull asks for one job. When ctx ends, interest is withdrawn first and whatever was on its way is given back.
func (j *Jobs) pull(ctx context.Context, role string) (jetstream.Msg, error) {
	c, err := j.consumer(ctx, role)
	if err != nil {
		return nil, err
	}
	it, err := c.Messages(jetstream.PullMaxMessages(1), jetstream.PullExpiry(pullEvery))
	if err != nil {
		return nil, err
	}
	m, err := it.Next(jetstream.NextContext(ctx))
	if err == nil && ctx.Err() == nil {
		it.Stop()
		return m, nil
	}
	if err == nil {
		_ = m.Nak()
		err = ctx.Err()
	}
	it.Drain()
	for {
		late, derr := it.Next(jetstream.NextMaxWait(attemptWait))
		if derr != nil {
			return nil, err
		}
		_ = late.Nak()
	}
}

// lease turns a delivery into a lease, or takes a job that is finished already from the queue and returns nil.
func (j *Jobs) lease(ctx context.Context, role string, m jetstream.Msg) (*Lease, error) {
	meta, err := m.Metadata()
	if err != nil {
		return nil, err
	}
	l := &Lease{jobs: j, msg: m, role: role, id: jobID(m.Subject()), seq: meta.Sequence.Stream, deliveries: int(meta.NumDelivered)}
	l.beat.Store(time.Now().UnixNano())
	_, over, err := j.finished(ctx, l.id)
	if err != nil {
		return nil, err
	}
	if over {
		return nil, m.DoubleAck(ctx)
	}
	l.body, err = j.b.getBody(m.Subject(), m.Headers(), m.Data())
	return l, err
}

func (j *Jobs) forget(role string) {
	j.b.mu.Lock()
	delete(j.b.roles, role)
	j.b.mu.Unlock()
}

// Outstanding counts the jobs that are queued or leased.
func (j *Jobs) Outstanding(ctx context.Context) (int, error) {
	s, err := j.b.streamInfo(ctx, streamJobs)
	if err != nil {
		return 0, err
	}
	return int(s.State.Msgs), nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
