package bus

import (
	"context"
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
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := f.hand(m); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// consumer starts to read at f.next. Its requests are bounded: one that a dying server took with it is
// never answered.
func (f *follower) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptWait)
	defer cancel()
	s, err := f.b.js.Stream(ctx, f.stream)
	if err != nil {
		return nil, err
	}
	state := s.CachedInfo().State
	if state.Msgs == 0 || state.LastSeq < f.next {
		f.goLive()
		f.reach(state.LastSeq)
	}
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: f.opt.subjects}
	if !f.opt.since.IsZero() && f.next <= max(f.opt.from, 1) {
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &f.opt.since
	} else {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, f.next
	}
	c, err := s.OrderedConsumer(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if info := c.CachedInfo(); info != nil && info.NumPending == 0 && info.Delivered.Consumer == 0 {
		f.goLive()
		f.reach(state.LastSeq)
	}
	return c, nil
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
	if meta.NumPending == 0 {
		f.goLive()
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
