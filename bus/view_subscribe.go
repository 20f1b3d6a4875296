package bus

import "sync"

// ChangeKind says what a change concerns.
type ChangeKind string

// Kinds of changes.
const (
	ChangeAsset        ChangeKind = "asset"
	ChangeInspection   ChangeKind = "inspection"
	ChangeDetection    ChangeKind = "detection"
	ChangeTrace        ChangeKind = "trace"
	ChangeCandidate    ChangeKind = "candidate"
	ChangeObservations ChangeKind = "observations"
	ChangeGrid         ChangeKind = "grid"
	ChangeSites        ChangeKind = "sites"
	ChangeStations     ChangeKind = "stations"
	ChangeDevices      ChangeKind = "devices"
)

// Change tells a subscriber that something is new. Numbers count up by one; whoever sees a gap was too slow
// and must read the view again. They are this process's own and start again with it.
type Change struct {
	Number uint64     `json:"number"`
	Kind   ChangeKind `json:"kind"`
	ID     string     `json:"id,omitempty"`
}

// changeBuffer is how far a subscriber may fall behind before changes are dropped for it.
const changeBuffer = 256

type hub struct {
	mu     sync.Mutex
	number uint64
	subs   map[chan Change]struct{}
}

// Subscribe returns a channel of changes from now on. A slow reader loses changes and never holds up the
// view. cancel closes the channel.
func (v *View) Subscribe() (changes <-chan Change, cancel func()) {
	h := &v.hub
	ch := make(chan Change, changeBuffer)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		h.subs = map[chan Change]struct{}{}
	}
	h.subs[ch] = struct{}{}
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if _, ok := h.subs[ch]; ok {
			delete(h.subs, ch)
			close(ch)
		}
	}
}

// ChangeNumber is the number of the newest change.
func (v *View) ChangeNumber() uint64 {
	v.hub.mu.Lock()
	defer v.hub.mu.Unlock()
	return v.hub.number
}

func (h *hub) send(kind ChangeKind, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.number++
	for ch := range h.subs {
		select {
		case ch <- Change{h.number, kind, id}:
		default:
		}
	}
}
