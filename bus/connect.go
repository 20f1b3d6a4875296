package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/singleflight"
)

// Bus is a connection to the truth. Its methods may be called from any goroutine.
type Bus struct {
	cfg Config
	emb *embedded // nil when the server is elsewhere
	nc  *nats.Conn
	js  jetstream.JetStream

	mu      sync.Mutex
	streams map[string]jetstream.Stream
	roles   map[string]jetstream.Consumer // of the job queue, by role

	flight singleflight.Group

	newer atomic.Bool // the ledger holds events this program is too old for

	loseAck func(subject string) bool // a test's way to lose acknowledgements; nil otherwise
}

// Connect starts the embedded server on cfg.Dir, or reaches the cluster at cfg.URL, and makes the streams
// that are missing. On a cluster it waits until the servers have found each other, or until ctx ends. When
// another process holds cfg.Dir the error is an [*ErrInUse].
func Connect(ctx context.Context, cfg Config) (*Bus, error) {
	cfg = cfg.withDefaults()
	if (cfg.Dir == "") == (cfg.URL == "") {
		return nil, errors.New("bus: give either a data folder or the address of a NATS cluster")
	}
	b := &Bus{cfg: cfg, streams: map[string]jetstream.Stream{}, roles: map[string]jetstream.Consumer{}}
	opts := []nats.Option{nats.Name("upwind"), nats.MaxReconnects(-1), nats.ReconnectWait(200 * time.Millisecond),
		nats.ReconnectJitter(50*time.Millisecond, 100*time.Millisecond), nats.IgnoreDiscoveredServers()}
	target := cfg.URL
	if cfg.Dir != "" {
		emb, err := startEmbedded(ctx, cfg)
		if err != nil {
			return nil, err
		}
		b.emb = emb
		opts = append(opts, nats.InProcessServer(emb), nats.Token(emb.opts.Authorization))
	} else if cfg.Token != "" {
		opts = append(opts, nats.Token(cfg.Token))
	}
	if err := b.dial(ctx, target, opts); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Bus) dial(ctx context.Context, target string, opts []nats.Option) (err error) {
	if b.nc, err = nats.Connect(target, opts...); err != nil {
		return fmt.Errorf("bus: connecting to NATS at %s: %w", target, err)
	}
	if b.js, err = jetstream.New(b.nc, jetstream.WithDefaultTimeout(attemptWait)); err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	return b.ensureStreams(ctx)
}

// Attach connects to the process on this machine that holds dir, waiting up to 10 s while it starts. Of cfg
// only Store, Log and AckWait are used. With no such process the error is [ErrNotRunning].
func Attach(ctx context.Context, dir string, cfg Config) (*Bus, ServerInfo, error) {
	info, err := ReadServerInfo(ctx, dir)
	if err != nil {
		return nil, info, err
	}
	cfg.Dir, cfg.URL, cfg.Token, cfg.Listen, cfg.Cluster = "", info.URL, info.Token, "", nil
	b, err := Connect(ctx, cfg)
	return b, info, err
}

// Join serves cfg.Dir itself when nobody does, and attaches to the process that does otherwise. Commands
// that must work beside a running server use it.
func Join(ctx context.Context, cfg Config) (*Bus, error) {
	for {
		b, err := Connect(ctx, cfg)
		var busy *ErrInUse
		if !errors.As(err, &busy) {
			return b, err
		}
		b, _, err = Attach(ctx, cfg.Dir, cfg)
		if !errors.Is(err, ErrNotRunning) {
			return b, err
		}
	}
}

// AnnounceHTTP adds the address of the web pages to server.json; without an embedded server it does nothing.
func (b *Bus) AnnounceHTTP(url string) error {
	if b.emb == nil {
		return nil
	}
	return b.emb.publishInfo(url)
}

// ClientURL is where the embedded server takes connections; empty when the server is elsewhere.
func (b *Bus) ClientURL() string {
	if b.emb == nil {
		return ""
	}
	return b.emb.clientURL()
}

// RestartServer stops the embedded server and starts it again under the same connections. After a full disk
// NATS refuses to write until it is restarted, even when there is room again.
func (b *Bus) RestartServer(ctx context.Context) error {
	if b.emb == nil {
		return errors.New("bus: the server is not this process's to restart")
	}
	b.emb.shutdown()
	return b.emb.start(ctx)
}

// Healthy reports whether the server answers.
func (b *Bus) Healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptWait)
	defer cancel()
	if err := b.nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	return nil
}

// Close drains the connection, stops the embedded server and frees the folder.
func (b *Bus) Close() {
	if b.nc != nil {
		closed := b.nc.StatusChanged(nats.CLOSED)
		if b.nc.Drain() == nil {
			select {
			case <-closed:
			case <-time.After(attemptWait):
			}
		}
		b.nc.Close()
	}
	if b.emb != nil {
		b.emb.stop()
	}
}
