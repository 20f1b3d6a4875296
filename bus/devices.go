package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"upwind"
)

// DeviceEvent says that something went wrong with a device, or that it no longer is.
type DeviceEvent struct {
	Version int                  `json:"version"`
	MN      string               `json:"mn"`
	At      time.Time            `json:"at_utc"`
	Ends    bool                 `json:"ends"`
	Finding upwind.DeviceFinding `json:"finding"`
}

// PutDeviceEvent stores an event, once.
func (b *Bus) PutDeviceEvent(ctx context.Context, ev DeviceEvent) error {
	ev.Version = upwind.SchemaVersion
	raw, err := json.Marshal(ev)
	if err != nil {
		return fmt.Errorf("bus: event of device %s: %w", ev.MN, err)
	}
	phase := "begins"
	if ev.Ends {
		phase = "ends"
	}
	flat := strings.NewReplacer(".", "=")
	key := strings.Join([]string{flat.Replace(ev.MN), ev.Finding.Ailment, flat.Replace(ev.Finding.Factor), ev.Finding.Since.UTC().Format("20060102T150405"), phase}, ".")
	_, err = b.DeviceEvents().Create(ctx, key, raw)
	return err
}

type deviceDocument struct {
	Version int                  `json:"version"`
	At      time.Time            `json:"at_utc"`
	Devices []upwind.DeviceState `json:"devices"`
}

// SetDevices says what a listener knows of its devices now.
func (b *Bus) SetDevices(ctx context.Context, listener string, at time.Time, devices []upwind.DeviceState) error {
	raw, err := json.Marshal(deviceDocument{upwind.SchemaVersion, at.UTC(), devices})
	if err != nil {
		return fmt.Errorf("bus: devices: %w", err)
	}
	_, err = b.KV(BucketDevices).Put(ctx, listener, raw)
	return err
}

// deviceTable is the devices of each listener.
type deviceTable struct {
	mu sync.RWMutex
	by map[string]deviceDocument
}

func (v *View) foldDevices(m message, body []byte) error {
	var d deviceDocument
	if m.header.Get(headerOp) == "" {
		if err := json.Unmarshal(body, &d); err != nil {
			return err
		}
	}
	t := &v.devices
	t.mu.Lock()
	if t.by == nil {
		t.by = map[string]deviceDocument{}
	}
	t.by[m.subject] = d
	t.mu.Unlock()
	v.hub.send(ChangeDevices, "")
	return nil
}

// Devices is what is known of the devices, by number; of one that spoke to several listeners, what the last one knows.
// at is when the newest listener spoke.
func (v *View) Devices() (devices []upwind.DeviceState, at time.Time) {
	t := &v.devices
	t.mu.RLock()
	defer t.mu.RUnlock()
	byMN := map[string]upwind.DeviceState{}
	for _, d := range t.by {
		if d.At.After(at) {
			at = d.At
		}
		for _, s := range d.Devices {
			if o, ok := byMN[s.MN]; !ok || s.Last.After(o.Last) {
				byMN[s.MN] = s
			}
		}
	}
	for _, s := range byMN {
		devices = append(devices, s)
	}
	slices.SortFunc(devices, func(a, b upwind.DeviceState) int { return strings.Compare(a.MN, b.MN) })
	return devices, at
}
