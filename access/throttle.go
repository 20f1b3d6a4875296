package access

import (
	"sync"
	"time"
)

// Throttle slows down who guesses. After free failures of a key, each further one doubles the time until the next attempt is
// looked at, up to longest. A key that was left alone that long starts anew.
type Throttle struct {
	free    int
	first   time.Duration
	longest time.Duration
	mu      sync.Mutex
	keys    map[string]failures
}

type failures struct {
	n    int
	last time.Time
}

// maxKeys bounds what is remembered; beyond it, any one goes for a new one.
const maxKeys = 10000

// NewThrottle returns a throttle.
func NewThrottle(free int, first, longest time.Duration) *Throttle {
	return &Throttle{free: free, first: first, longest: longest, keys: map[string]failures{}}
}

// Wait is how long a key must still wait; 0 lets it in.
func (t *Throttle) Wait(key string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.keys[key]
	if f.n <= t.free {
		return 0
	}
	return max(0, f.last.Add(t.pause(f.n)).Sub(now))
}

func (t *Throttle) pause(n int) time.Duration {
	d := t.first
	for range n - t.free - 1 {
		if d *= 2; d >= t.longest {
			return t.longest
		}
	}
	return min(d, t.longest)
}

// Failed notes a failure.
func (t *Throttle) Failed(key string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.keys[key]
	if now.Sub(f.last) > t.longest {
		f.n = 0
	}
	if _, known := t.keys[key]; !known && len(t.keys) >= maxKeys {
		for other := range t.keys {
			delete(t.keys, other)
			break
		}
	}
	t.keys[key] = failures{f.n + 1, now}
}

// Passed forgets a key's failures.
func (t *Throttle) Passed(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, key)
}
