package workers

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"sync"
	"time"

	"upwind"
	"upwind/bus"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

const (
	// feedReadings bounds a message: a reading is some 300 bytes, and a message holds 256 KiB.
	feedReadings = 600
	// feedMemory is how long a feed knows by itself what it has stored; by then the view knows.
	feedMemory = 10 * time.Minute
)

// Feed stores what devices send. A packet that is stored already, because its answer was lost with the connection or with
// the program, is answered again and not stored again: as far back as the view remembers packets, three hours. Beyond,
// the log holds it twice and the view still counts it once.
type Feed struct {
	Name string // of the feed, in the logs: hj212
	Bus  *bus.Bus
	View *bus.View

	mu       sync.Mutex
	boot     string
	n        int
	stored   map[string]time.Time
	swept    time.Time
	stations *upwind.Station // the first of those the registry was made of
	registry *station.Registry
}

// Registry is the registry in force.
func (f *Feed) Registry() *station.Registry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current()
}

func (f *Feed) current() *station.Registry {
	list := f.View.Stations()
	var first *upwind.Station
	if len(list) > 0 {
		first = &list[0]
	}
	if f.registry == nil || first != f.stations {
		f.registry, f.stations = station.New(list), first
	}
	return f.registry
}

// Device is the allow-list of an [hj212.Server].
func (f *Feed) Device(mn string) (upwind.Device, bool) { return f.Registry().Device(mn) }

// parcel is what goes into one message.
type parcel struct{ bus.ObservationBatch }

func (p *parcel) size() int { return len(p.Observations) + len(p.Wind) }

// Publish stores uploads, all or none as far as their senders are concerned: of a batch that failed half way, what was
// stored is known when it comes again.
func (f *Feed) Publish(ctx context.Context, uploads []hj212.Upload) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	registry, now := f.current(), time.Now().UTC()
	f.forget(now)
	var minutes, hours parcel
	held := map[string]bool{}
	for _, u := range uploads {
		id := uploadID(&u.Packet)
		if held[id] || f.known(id) {
			continue
		}
		held[id] = true
		if _, known := registry.Station(u.Packet.MN); !known {
			return fmt.Errorf("workers: device %s was taken off the registry while it sent", u.Packet.MN)
		}
		obs, wind := registry.Observe(u)
		to := &minutes
		if hourly(obs) {
			to = &hours
		}
		if to.size() > 0 && to.size()+len(obs)+len(wind) > feedReadings {
			if err := f.store(ctx, to, now); err != nil {
				return err
			}
		}
		to.Uploads = append(to.Uploads, id)
		to.Observations = append(to.Observations, obs...)
		to.Wind = append(to.Wind, wind...)
	}
	for _, p := range []*parcel{&minutes, &hours} {
		if err := f.store(ctx, p, now); err != nil {
			return err
		}
	}
	return nil
}

func hourly(obs []upwind.Observation) bool {
	for _, o := range obs {
		if o.DurationS < 3600 {
			return false
		}
	}
	return len(obs) > 0
}

// store sends a parcel off and empties it.
func (f *Feed) store(ctx context.Context, p *parcel, now time.Time) error {
	if p.size() == 0 {
		return nil
	}
	if f.boot == "" {
		f.boot = rand.Text()
	}
	f.n++
	p.Source, p.Processed = f.Name, now
	if _, err := f.Bus.ObserveLive(ctx, f.Name, f.boot+"-"+strconv.Itoa(f.n), p.ObservationBatch); err != nil {
		return fmt.Errorf("workers: storing what devices sent: %w", err)
	}
	for _, id := range p.Uploads {
		f.stored[id] = now
	}
	*p = parcel{}
	return nil
}

func (f *Feed) known(id string) bool {
	if _, ok := f.stored[id]; ok {
		return true
	}
	return f.View.HasUpload(id)
}

func (f *Feed) forget(now time.Time) {
	if f.stored == nil {
		f.stored = map[string]time.Time{}
	}
	if now.Sub(f.swept) < feedMemory {
		return
	}
	f.swept = now
	for id, at := range f.stored {
		if now.Sub(at) > feedMemory {
			delete(f.stored, id)
		}
	}
}

// uploadID tells packets apart by device, kind and content. The number of the exchange (QN) is left out: devices give a
// packet a new one when they send it again, and others give every packet the same.
func uploadID(p *hj212.Packet) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %d %d/%d", p.MN, p.ST, p.CN, p.Part, p.Parts)
	for i := range p.CP {
		c := &p.CP[i]
		fmt.Fprintf(h, "\x00%d %s-%s=%s", c.Item, c.Name, c.Sub, c.Value)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}
