package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upwind"
)

// retry calls try until it succeeds, fails for good, or has failed for max (0: until ctx ends). What it
// gives up on is a passing fault.
func retry(ctx context.Context, max time.Duration, try func(context.Context) error) error {
	start := time.Now()
	for {
		actx, cancel := context.WithTimeout(ctx, attemptWait)
		err := try(actx)
		cancel()
		if err == nil || permanent(err) {
			return err
		}
		if max > 0 && time.Since(start) > max {
			return upwind.Passing(fmt.Errorf("no success within %v: %w", max, err))
		}
		select {
		case <-ctx.Done():
			return upwind.Passing(errors.Join(ctx.Err(), err))
		case <-time.After(retryWait):
		}
	}
}

// publish stores one message, asking again while the answer stays away. The message must carry an
// expectation (or go to a stream that takes one message a subject), because a repetition after a lost
// acknowledgement would store it twice otherwise.
func (b *Bus) publish(ctx context.Context, m *nats.Msg) (seq uint64, err error) {
	err = retry(ctx, patience, func(ctx context.Context) error {
		ack, err := b.js.PublishMsg(ctx, m)
		if err == nil {
			seq = ack.Sequence
			if b.loseAck != nil && b.loseAck(m.Subject) {
				err = nats.ErrTimeout
			}
		}
		return err
	})
	return seq, err
}

// last returns the newest message on a subject, which may hold wildcards; nil when there is none.
func (b *Bus) last(ctx context.Context, stream, subject string) (*jetstream.RawStreamMsg, error) {
	return b.get(ctx, stream, 0, subject)
}

// firstFrom returns the first message on a subject at or after seq; nil when there is none.
func (b *Bus) firstFrom(ctx context.Context, stream string, seq uint64, subject string) (*jetstream.RawStreamMsg, error) {
	return b.get(ctx, stream, max(seq, 1), subject)
}

func (b *Bus) get(ctx context.Context, stream string, seq uint64, subject string) (msg *jetstream.RawStreamMsg, err error) {
	s, err := b.stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	err = retry(ctx, patience, func(ctx context.Context) (err error) {
		if seq == 0 {
			msg, err = s.GetLastMsgForSubject(ctx, subject)
		} else {
			msg, err = s.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(subject))
		}
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			msg, err = nil, nil
		}
		return err
	})
	return msg, err
}

// stream returns a handle; handles are kept because making one asks the server.
func (b *Bus) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	b.mu.Lock()
	s, ok := b.streams[name]
	b.mu.Unlock()
	if ok {
		return s, nil
	}
	v, err := b.once(ctx, "stream "+name, func(ctx context.Context) (any, error) {
		s, err := b.js.Stream(ctx, name)
		if err == nil {
			b.mu.Lock()
			b.streams[name] = s
			b.mu.Unlock()
		}
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("bus: stream %s: %w", name, err)
	}
	return v.(jetstream.Stream), nil
}

// once runs a request that many callers may want at the same moment. It goes on when the caller that began
// it has lost patience, so that the next one finds its answer.
func (b *Bus) once(ctx context.Context, key string, try func(context.Context) (any, error)) (any, error) {
	ch := b.flight.DoChan(key, func() (v any, err error) {
		err = retry(context.WithoutCancel(ctx), patience, func(ctx context.Context) (err error) {
			v, err = try(ctx)
			return err
		})
		return v, err
	})
	select {
	case r := <-ch:
		return r.Val, r.Err
	case <-ctx.Done():
		return nil, upwind.Passing(ctx.Err())
	}
}
