package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// coalesce gathers the changes of a burst (a settle appends thousands of events) into one notice.
	coalesce = 250 * time.Millisecond
	// maxListeners bounds the open event streams.
	maxListeners = 256
	// retryMS is how long a browser waits before it opens a broken stream again.
	retryMS = 2000
)

// hub turns the state's changes into numbered notices for any number of pages.
type hub struct {
	boot    string
	mu      sync.Mutex
	seq     uint64
	clients map[*client]bool
	closed  bool
}

// client is one open stream. It holds which kinds changed since it last wrote, so it can lag and never overflow.
type client struct {
	pending map[string]bool
	seq     uint64
	wake    chan struct{}
}

func newHub(ctx context.Context, st State, changed func()) *hub {
	h := &hub{boot: strconv.FormatInt(time.Now().UnixNano(), 36), clients: map[*client]bool{}}
	ch, cancel := st.Subscribe()
	go func() {
		defer cancel()
		h.follow(ctx, ch, changed)
		h.close()
	}()
	return h
}

func (h *hub) follow(ctx context.Context, ch <-chan Change, changed func()) {
	for {
		kinds := map[string]bool{}
		select {
		case <-ctx.Done():
			return
		case c, ok := <-ch:
			if !ok {
				return
			}
			kinds[c.Kind] = true
		}
		timer := time.NewTimer(coalesce)
		for open := true; open; {
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case c, ok := <-ch:
				if ok {
					kinds[c.Kind] = true
				} else {
					ch, open = nil, false
				}
			case <-timer.C:
				open = false
			}
		}
		timer.Stop()
		changed()
		h.tell(kinds)
		if ch == nil {
			return
		}
	}
}

func (h *hub) tell(kinds map[string]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	for c := range h.clients {
		for k := range kinds {
			c.pending[k] = true
		}
		c.seq = h.seq
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for c := range h.clients {
		close(c.wake)
		delete(h.clients, c)
	}
}

// join adds a stream; it reports false when there are too many or the hub has ended.
func (h *hub) join() (*client, string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.clients) >= maxListeners {
		return nil, "", false
	}
	c := &client{pending: map[string]bool{}, seq: h.seq, wake: make(chan struct{}, 1)}
	h.clients[c] = true
	return c, h.id(h.seq), true
}

func (h *hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
}

func (h *hub) take(c *client) ([]string, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var kinds []string
	for k := range c.pending {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	clear(c.pending)
	return kinds, h.id(c.seq)
}

func (h *hub) id(seq uint64) string { return h.boot + "-" + strconv.FormatUint(seq, 10) }

func (h *hub) listeners() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients)
}

// events streams notices until the page goes. A page that reconnects with an id that is not the present one is
// told to read everything again.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	c, now, ok := s.hub.join()
	if !ok {
		w.Header().Set("Retry-After", "10")
		fail(w, r, &problem{http.StatusServiceUnavailable, "too many pages are watching, or the server is stopping; try again in ten seconds"})
		return
	}
	defer s.hub.leave(c)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	first := "hello"
	if last := r.Header.Get("Last-Event-ID"); last != "" && last != now {
		first = "resync"
	}
	if !s.write(w, rc, fmt.Sprintf("retry: %d\n\nid: %s\nevent: %s\ndata: {}\n\n", retryMS, now, first)) {
		return
	}
	beat := time.NewTicker(s.opt.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			if !s.write(w, rc, ": still here\n\n") {
				return
			}
		case _, open := <-c.wake:
			if !open {
				return
			}
			kinds, id := s.hub.take(c)
			if len(kinds) > 0 && !s.write(w, rc, "id: "+id+"\nevent: change\ndata: {\"kinds\":[\""+strings.Join(kinds, `","`)+"\"]}\n\n") {
				return
			}
		}
	}
}

// write gives the page one heartbeat's time to take a message.
func (s *server) write(w http.ResponseWriter, rc *http.ResponseController, msg string) bool {
	_ = rc.SetWriteDeadline(time.Now().Add(s.opt.Heartbeat))
	if _, err := w.Write([]byte(msg)); err != nil {
		return false
	}
	return rc.Flush() == nil
}
