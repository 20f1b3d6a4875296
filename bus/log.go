package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Log is an append-only list of documents, one a key, created once and never changed. A key is any text;
// dots in it part it into tokens, so that a reader may filter by its head.
type Log struct {
	b      *Bus
	stream string
	prefix string
}

// Entry is one document of a log.
type Entry struct {
	Seq  uint64
	Key  string
	Body []byte
	At   time.Time // when the server stored it
	Live bool      // it came after the replay had ended
}

// Assets holds an [upwind.Asset] under its id.
func (b *Bus) Assets() *Log { return &Log{b, streamAssets, prefixAssets} }

// Inspections holds what a worker found out about an asset, under the asset's id.
func (b *Bus) Inspections() *Log { return &Log{b, streamInspections, prefixInspections} }

// Detections holds a [DetectionSet] under the id of the job that made it.
func (b *Bus) Detections() *Log { return &Log{b, streamDetections, prefixDetections} }

// Traces holds an [upwind.Trace] under the id of the job that made it.
func (b *Bus) Traces() *Log { return &Log{b, streamTraces, prefixTraces} }

// Observations holds an [ObservationBatch] a key for 30 days.
func (b *Bus) Observations() *Log { return &Log{b, streamObsMinute, prefixObsMinute} }

// HourlyObservations holds an [ObservationBatch] a key for 3 years.
func (b *Bus) HourlyObservations() *Log { return &Log{b, streamObsHour, prefixObsHour} }

// DeviceEvents holds a [DeviceEvent] for each thing that went wrong with a device, and one when it was well again.
func (b *Bus) DeviceEvents() *Log { return &Log{b, streamDevices, prefixDevices} }

// Audit holds who did what, for ever.
func (b *Bus) Audit() *Log { return &Log{b, streamAudit, prefixAudit} }

func (l *Log) subject(key string) string { return l.prefix + "." + keyTokens(key) }
func (l *Log) key(subject string) string { return keyText(strings.TrimPrefix(subject, l.prefix+".")) }

// Create stores body under key unless something is there already; then it changes nothing and created is
// false. Of any number of writers exactly one creates.
func (l *Log) Create(ctx context.Context, key string, body []byte) (created bool, err error) {
	m := nats.NewMsg(l.subject(key))
	if err := l.b.putBody(ctx, m, body); err != nil {
		return false, err
	}
	created, err = l.b.create(ctx, l.stream, m)
	if err != nil {
		return false, fmt.Errorf("bus: creating %s: %w", m.Subject, err)
	}
	return created, nil
}

// create publishes a message that must be the first on its subject.
func (b *Bus) create(ctx context.Context, stream string, m *nats.Msg) (bool, error) {
	writer := nuid.Next()
	m.Header.Set(headerWriter, writer)
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, "0")
	for {
		_, err := b.publish(ctx, m)
		if !wrongSequence(err) {
			return err == nil, err
		}
		first, err := b.firstFrom(ctx, stream, 1, m.Subject)
		if err != nil {
			return false, err
		}
		if first != nil {
			return first.Header.Get(headerWriter) == writer, nil
		}
		// Another write is under way and may yet fail.
		if err := pause(ctx); err != nil {
			return false, err
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(retryWait / 10):
		return nil
	}
}

// Get returns the document under key, or [ErrNotFound].
func (l *Log) Get(ctx context.Context, key string) ([]byte, error) {
	subject := l.subject(key)
	m, err := l.b.last(ctx, l.stream, subject)
	if err != nil {
		return nil, fmt.Errorf("bus: reading %s: %w", subject, err)
	}
	if m == nil {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, subject)
	}
	return l.b.getBody(subject, m.Header, m.Data)
}

// Has reports whether there is a document under key.
func (l *Log) Has(ctx context.Context, key string) (bool, error) {
	m, err := l.b.last(ctx, l.stream, l.subject(key))
	return m != nil, err
}

// Follow calls fn with every document from sequence fromSeq on (0 is the first), in order, then with new
// ones as they come, until ctx ends or fn fails; it returns that error. A lost connection is picked up
// where it broke.
func (l *Log) Follow(ctx context.Context, fromSeq uint64, fn func(Entry) error) error {
	return l.follow(ctx, followOptions{from: fromSeq}, fn)
}

// Each calls fn with every document there is now, in order.
func (l *Log) Each(ctx context.Context, fn func(Entry) error) error {
	return stopAtEnd(ctx, func(ctx context.Context, live func()) error {
		return l.follow(ctx, followOptions{live: live}, fn)
	})
}

func (l *Log) follow(ctx context.Context, opt followOptions, fn func(Entry) error) error {
	return l.b.follow(ctx, l.stream, opt, func(m message) error {
		body, err := l.b.getBody(m.subject, m.header, m.data)
		if err != nil {
			return fmt.Errorf("sequence %s: %w", strconv.FormatUint(m.seq, 10), err)
		}
		return fn(Entry{Seq: m.seq, Key: l.key(m.subject), Body: body, At: m.at, Live: m.live})
	})
}

// stopAtEnd runs a follower until it has replayed everything.
func stopAtEnd(ctx context.Context, run func(ctx context.Context, live func()) error) error {
	fctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := false
	err := run(fctx, func() { done = true; cancel() })
	if done && errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return nil
	}
	return err
}
