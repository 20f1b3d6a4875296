package hj212

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"upwind"
)

// Upload is one packet of data with its readings, as a [Server] hands it on.
type Upload struct {
	Device   upwind.Device
	Packet   Packet
	Readings []Reading
	Received time.Time
	Remote   string
	Skew     time.Duration // the device's clock less ours
	Late     bool          // skewed beyond what can be believed: to be kept apart, not to be dropped
}

// Limits bound what a device, an address and all of them together may cost.
type Limits struct {
	Connections int           // in all
	PerAddress  int           // from one address; gateways carry a whole site
	FirstFrame  time.Duration // a device that says nothing for that long after it connected is none
	Idle        time.Duration // between frames
	Frame       time.Duration // from the first byte of a frame to its last
	Write       time.Duration // of an answer
	Faults      int           // faulty frames in a row that end a connection
	MaxSkew     time.Duration // beyond, data are late, see [Upload]; history recalled or sent again is no skew
	Flush       time.Duration // uploads of all devices are published together after that long
	FlushCount  int           // or when there are so many
}

// DefaultLimits suit a city of a thousand devices behind some gateways.
var DefaultLimits = Limits{
	Connections: 4000, PerAddress: 1000, FirstFrame: 30 * time.Second, Idle: 15 * time.Minute, Frame: 10 * time.Second, Write: 5 * time.Second,
	Faults: 20, MaxSkew: 5 * time.Minute, Flush: 20 * time.Millisecond, FlushCount: 200,
}

// Server takes what devices send.
type Server struct {
	// Lookup is the list of devices that may send.
	Lookup func(mn string) (upwind.Device, bool)
	// Publish stores uploads, all or none. Only when it has returned nil do devices get their answers. It is called from
	// one goroutine.
	Publish func(ctx context.Context, batch []Upload) error
	// Doctor is told of every frame, fault and reading; nil for none.
	Doctor *Doctor
	Limits Limits
	Log    *slog.Logger
	Now    func() time.Time // nil is time.Now
	// SetClocks sends the time to devices whose clock is off by more than MaxSkew, at most once an hour each.
	SetClocks bool

	mu       sync.Mutex
	perAddr  map[string]int
	conns    map[*session]struct{}
	byMN     map[string]*session
	clockSet map[string]time.Time
	queue    chan pending
}

// pending is an upload that waits for its batch.
type pending struct {
	Upload
	done chan<- error
}

// Serve accepts devices on l until ctx ends. It closes l, and returns when the last connection is gone.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.prepare()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	flushed := make(chan struct{})
	go func() {
		defer close(flushed)
		s.flushLoop()
	}()
	stop := context.AfterFunc(ctx, func() {
		_ = l.Close()
		s.closeAll()
	})
	defer func() {
		cancel()
		stop()
		_ = l.Close()
		s.closeAll()
		wg.Wait()
		close(s.queue)
		<-flushed
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return ctx.Err()
			}
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() || errors.Is(err, errTooManyFiles) {
				s.Log.Warn("accepting devices", "error", err)
				time.Sleep(acceptPause)
				continue
			}
			return err
		}
		ses, ok := s.admit(c)
		if !ok {
			_ = c.Close()
			continue
		}
		wg.Go(func() {
			defer s.leave(ses)
			ses.run(ctx)
		})
	}
}

const acceptPause = 50 * time.Millisecond

func (s *Server) prepare() {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Limits == (Limits{}) {
		s.Limits = DefaultLimits
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.perAddr, s.conns, s.byMN, s.clockSet = map[string]int{}, map[*session]struct{}{}, map[string]*session{}, map[string]time.Time{}
	s.queue = make(chan pending, s.Limits.FlushCount)
}

// admit counts a connection in, unless there are too many.
func (s *Server) admit(c net.Conn) (*session, bool) {
	addr := host(c.RemoteAddr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) >= s.Limits.Connections || s.perAddr[addr] >= s.Limits.PerAddress {
		s.Log.Warn("connection refused: too many", "address", addr, "from_it", s.perAddr[addr], "in_all", len(s.conns))
		return nil, false
	}
	s.perAddr[addr]++
	ses := newSession(s, c, addr)
	s.conns[ses] = struct{}{}
	return ses, true
}

func (s *Server) leave(ses *session) {
	_ = ses.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, ses)
	if s.perAddr[ses.addr]--; s.perAddr[ses.addr] == 0 {
		delete(s.perAddr, ses.addr)
	}
	for mn, o := range s.byMN {
		if o == ses {
			delete(s.byMN, mn)
		}
	}
	ses.forget()
}

func (s *Server) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ses := range s.conns {
		_ = ses.conn.Close()
	}
}

// Connections is how many devices are connected.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func host(a net.Addr) string {
	h, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return h
}

// flushLoop publishes uploads in batches and tells each who sent it what came of it.
func (s *Server) flushLoop() {
	for first := range s.queue {
		batch := []pending{first}
		timer := time.NewTimer(s.Limits.Flush)
	gather:
		for len(batch) < s.Limits.FlushCount {
			select {
			case u, ok := <-s.queue:
				if !ok {
					break gather
				}
				batch = append(batch, u)
			case <-timer.C:
				break gather
			}
		}
		timer.Stop()
		uploads := make([]Upload, len(batch))
		for i := range batch {
			uploads[i] = batch[i].Upload
		}
		// What is queued is published even while the server stops: devices wait for it.
		err := s.Publish(context.Background(), uploads)
		if err != nil {
			s.Log.Error("uploads were not stored; the devices will send them again", "uploads", len(uploads), "error", err)
		}
		for i := range batch {
			batch[i].done <- err
		}
	}
}
