package bus

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Lease is the right to work on a job until AckWait after the last beat. It is no lock: a worker that comes
// back late finds its effects created already, and its Done changes nothing.
type Lease struct {
	jobs       *Jobs
	msg        jetstream.Msg
	role, id   string
	seq        uint64 // of the job in the queue: tells this burial from one before a retry
	body       []byte
	deliveries int
	beat       atomic.Int64
}

// ID is the job's id.
func (l *Lease) ID() string { return l.id }

// Role is the job's role.
func (l *Lease) Role() string { return l.role }

// Body is the job document.
func (l *Lease) Body() []byte { return l.body }

// Deliveries counts how often the job was handed out, this time included.
func (l *Lease) Deliveries() int { return l.deliveries }

// Beat extends the lease. It returns [ErrLeaseLost] when the last beat is longer ago than AckWait.
func (l *Lease) Beat(ctx context.Context) error {
	now := time.Now().UnixNano()
	if time.Duration(now-l.beat.Load()) > l.jobs.b.cfg.AckWait {
		return ErrLeaseLost
	}
	if err := l.msg.InProgress(); err != nil {
		return fmt.Errorf("bus: beat of job %s: %w", l.id, err)
	}
	l.beat.Store(now)
	return ctx.Err()
}

// Done records the job as finished, then takes it from the queue. Its effects must be stored before.
func (l *Lease) Done(ctx context.Context) error {
	if err := l.jobs.finish(ctx, l.role, l.id, stateDone); err != nil {
		return fmt.Errorf("bus: finishing job %s: %w", l.id, err)
	}
	return l.ack(ctx)
}

// ack takes a finished job from the queue. Its failure harms nothing: whoever gets the job next finds it
// finished.
func (l *Lease) ack(ctx context.Context) error {
	actx, cancel := context.WithTimeout(ctx, attemptWait)
	defer cancel()
	err := l.msg.DoubleAck(actx)
	if err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		l.jobs.b.cfg.Log.Warn("bus: a finished job stays queued until it is handed out again", "job", l.id, "err", err)
	}
	return nil
}

// Release gives the job back, to be handed out again after delay.
func (l *Lease) Release(_ context.Context, delay time.Duration) error {
	if err := l.msg.NakWithDelay(max(delay, time.Millisecond)); err != nil {
		return fmt.Errorf("bus: releasing job %s: %w", l.id, err)
	}
	return nil
}

func jobID(subject string) string { return untoken(subject[strings.LastIndexByte(subject, '.')+1:]) }

// consumerName makes a role a legal consumer name, different roles different names.
func consumerName(role string) string {
	for _, c := range role {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return "x_" + hex.EncodeToString([]byte(role))
		}
	}
	return role
}

// RecordDeath notes that the child of a job died and how, and returns how many of the job's deaths had this
// signature, this one included.
func (j *Jobs) RecordDeath(ctx context.Context, id, signature string) (equal int, err error) {
	kv := j.b.KV(BucketAttempts)
	for {
		deaths := map[string]int{}
		raw, rev, err := kv.Get(ctx, id)
		if err == nil {
			err = json.Unmarshal(raw, &deaths)
		}
		if err != nil && !isNotFound(err) {
			return 0, err
		}
		deaths[signature]++
		value, err := json.Marshal(deaths)
		if err != nil {
			return 0, err
		}
		if rev == 0 {
			_, err = kv.Create(ctx, id, value)
		} else {
			_, err = kv.Update(ctx, id, value, rev)
		}
		if !isConflict(err) {
			return deaths[signature], err
		}
	}
}
