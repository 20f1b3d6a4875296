package bus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// message is one stored message as a follower sees it.
type message struct {
	seq     uint64
	subject string
	header  nats.Header
	data    []byte
	at      time.Time
	live    bool
}

type followOptions struct {
	from     uint64           // first sequence; 0 is the beginning
	since    time.Time        // used instead of from when set
	subjects []string         // filter; all when empty
	live     func()           // called once, when everything stored at the start has been handed over
	reached  func(seq uint64) // called when everything up to seq has been handed over
}

// followPull bounds the messages under way to a follower, and with them its memory.
const followPull = 256

// follow hands over a stream's messages in order, first those stored, then new ones, until ctx ends or fn
// fails. Whatever breaks in between is repaired by starting again behind the last message handed over.
func (b *Bus) follow(ctx context.Context, stream string, opt followOptions, fn func(message) error) error {
	f := &follower{b: b, stream: stream, opt: opt, fn: fn, next: max(opt.from, 1)}
	for {
		err := f.run(ctx)
		if f.failed {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if permanent(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryWait):
		}
	}
}

type follower struct {
	b      *Bus
	stream string
	opt    followOptions
	fn     func(message) error
	next   uint64 // sequence to start at
	target uint64 // newest matching message when the reading started: behind it the replay has ended
	known  uint64 // newest sequence of the stream at that moment
	live   bool
	failed bool // fn's error, not the connection's
}

func (f *follower) run(ctx context.Context) error {
	c, err := f.consumer(ctx)
	if err != nil {
		return err
	}
	it, err := c.Messages(jetstream.PullMaxMessages(followPull))
	if err != nil {
		return err
	}
	defer it.Stop()
	for ctx.Err() == nil {
		m, err := f.wait(ctx, it)
		if err != nil {
			return err
		}
		if m == nil {
			if err := f.aim(ctx); err != nil {
				return err
			}
			if f.next <= f.target {
				return errBehind
			}
			continue
		}
		if err := f.hand(m); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// errBehind says that a consumer does not deliver what its stream holds; another one, perhaps on another
// replica, may.
var errBehind = errors.New("bus: the consumer does not deliver what the stream holds")

// quietLive is how long a follower that is up to date hears nothing before it asks whether that is so.
const quietLive = 10 * time.Second

// wait returns the next message, or nil when none comes for a while.
func (f *follower) wait(ctx context.Context, it jetstream.MessagesContext) (jetstream.Msg, error) {
	patient := attemptWait
	if f.live {
		patient = quietLive
	}
	wctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	m, err := it.Next(jetstream.NextContext(wctx))
	if err != nil && wctx.Err() != nil && ctx.Err() == nil {
		return nil, nil
	}
	return m, err
}

// aim asks the stream's leader where the replay ends. The consumer cannot say: it may run on a replica that has
// just come back and is still behind, and would then call a part the whole.
func (f *follower) aim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptWait)
	defer cancel()
	s, err := f.b.js.Stream(ctx, f.stream)
	if err != nil {
		return err
	}
	f.known, f.target = s.CachedInfo().State.LastSeq, 0
	subjects := f.opt.subjects
	if len(subjects) == 0 {
		subjects = []string{">"}
	}
	for _, subject := range subjects {
		m, err := s.GetLastMsgForSubject(ctx, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if f.opt.since.IsZero() || !m.Time.Before(f.opt.since) {
			f.target = max(f.target, m.Sequence)
		}
	}
	f.settle()
	return nil
}

// settle ends the replay when everything that was stored at its start has been handed over.
func (f *follower) settle() {
	if f.next > f.target {
		f.reach(max(f.known, f.next-1))
		f.goLive()
	}
}

// consumer starts to read at f.next. Its requests are bounded: one that a dying server took with it is
// never answered.
func (f *follower) consumer(ctx context.Context) (jetstream.Consumer, error) {
	if err := f.aim(ctx); err != nil {
		return nil, err
	}
	cctx, cancel := context.WithTimeout(ctx, attemptWait)
	defer cancel()
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: f.opt.subjects}
	if !f.opt.since.IsZero() && f.next <= max(f.opt.from, 1) {
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &f.opt.since
	} else {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, f.next
	}
	return f.b.js.OrderedConsumer(cctx, f.stream, cfg)
}

func (f *follower) hand(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	if meta.Sequence.Stream < f.next {
		return nil
	}
	err = f.fn(message{
		seq: meta.Sequence.Stream, subject: m.Subject(), header: m.Headers(), data: m.Data(), at: meta.Timestamp, live: f.live,
	})
	if err != nil {
		f.failed = true
		return err
	}
	f.next = meta.Sequence.Stream + 1
	f.reach(meta.Sequence.Stream)
	if !f.live {
		f.settle()
	}
	return nil
}

func (f *follower) goLive() {
	if !f.live {
		f.live = true
		if f.opt.live != nil {
			f.opt.live()
		}
	}
}

func (f *follower) reach(seq uint64) {
	if f.opt.reached != nil {
		f.opt.reached(seq)
	}
}
