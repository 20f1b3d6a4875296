package workers

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"upwind"
	"upwind/bus"
	"upwind/ingest/hj212"
)

const (
	// publishDevicesEvery is how often what is known of the devices is published.
	publishDevicesEvery = time.Minute
	// neverAfter is how long a registered device may stay away before that is said: it may send hours only.
	neverAfter = 90 * time.Minute
	// carryFor is how long a finding from before a restart stands although the doctor does not see it: a frozen sensor is
	// told after three hours.
	carryFor = 3*time.Hour + 30*time.Minute
)

// DeviceWatch publishes what a listener's doctor knows of its devices, and an event each time something goes wrong with
// one or is well again.
type DeviceWatch struct {
	Listener string // its name, always the same
	Doctor   *hj212.Doctor
	Feed     *Feed
	Log      *slog.Logger

	began  time.Time
	before map[string]upwind.DeviceState // of the program's last run
	open   map[findingKey]upwind.DeviceFinding
}

type findingKey struct{ mn, ailment, factor string }

// Run publishes until ctx ends.
func (w *DeviceWatch) Run(ctx context.Context) error {
	w.begin(time.Now())
	for ctx.Err() == nil {
		rest(ctx, publishDevicesEvery)
		if err := w.publish(ctx, time.Now()); err != nil && ctx.Err() == nil {
			w.Log.Warn("publishing what is known of the devices", "err", err)
		}
	}
	return ctx.Err()
}

// begin takes up what was known before.
func (w *DeviceWatch) begin(now time.Time) {
	w.began, w.before, w.open = now, map[string]upwind.DeviceState{}, map[findingKey]upwind.DeviceFinding{}
	known, _ := w.Feed.View.Devices()
	for _, s := range known {
		w.before[s.MN] = s
		for _, f := range s.Findings {
			w.open[findingKey{s.MN, f.Ailment, f.Factor}] = f
		}
	}
}

func (w *DeviceWatch) publish(ctx context.Context, now time.Time) error {
	states := w.states(now)
	for _, ev := range w.changes(states, now) {
		if err := w.Feed.Bus.PutDeviceEvent(ctx, ev); err != nil {
			return err
		}
		w.settle(ev)
	}
	return w.Feed.Bus.SetDevices(ctx, w.Listener, now, states)
}

// states is every device that is registered or was heard, by number.
func (w *DeviceWatch) states(now time.Time) []upwind.DeviceState {
	byMN := map[string]*upwind.DeviceState{}
	heard := map[string]bool{}
	for _, c := range w.Doctor.Charts() {
		byMN[c.MN] = &upwind.DeviceState{MN: c.MN, System: c.System, Address: c.Address, First: c.First, Last: c.Last, Frames: c.Frames, Readings: c.Readings, SkewS: c.SkewS}
		if b, ok := w.before[c.MN]; ok && !b.First.IsZero() {
			byMN[c.MN].First = b.First
		}
		heard[c.MN] = true
	}
	for _, s := range w.Feed.Registry().All() {
		if s.Device == nil || byMN[s.Device.MN] != nil {
			continue
		}
		b := w.before[s.Device.MN]
		b.MN, b.Findings = s.Device.MN, nil
		byMN[b.MN] = &b
		if away := now.Sub(b.Last); b.Last.IsZero() && now.Sub(w.began) > neverAfter {
			b.Findings = []upwind.DeviceFinding{{Ailment: string(hj212.AilSilent), Since: w.began.UTC(), Value: now.Sub(w.began).Seconds(),
				Text: "it is registered, and nothing ever came from it"}}
		} else if !b.Last.IsZero() && away > neverAfter {
			b.Findings = []upwind.DeviceFinding{{Ailment: string(hj212.AilSilent), Since: b.Last, Value: away.Seconds(), Text: fmt.Sprintf("nothing came for %s", away.Round(time.Minute))}}
		}
	}
	for _, f := range w.Doctor.Findings(now) {
		s := byMN[f.MN]
		if s == nil { // a stranger
			s = &upwind.DeviceState{MN: f.MN}
			byMN[f.MN] = s
		}
		s.Findings = addFinding(s.Findings, upwind.DeviceFinding{Ailment: string(f.Ailment), Factor: f.Factor, Since: f.Since.UTC(), Value: f.Value, Text: f.Text})
	}
	w.carry(byMN, heard, now)
	out := make([]upwind.DeviceState, 0, len(byMN))
	for _, s := range byMN {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b upwind.DeviceState) int { return cmp.Compare(a.MN, b.MN) })
	return out
}

// addFinding joins findings of one kind about one factor: a device departs from the standard in several ways at once.
func addFinding(list []upwind.DeviceFinding, f upwind.DeviceFinding) []upwind.DeviceFinding {
	for i := range list {
		if list[i].Ailment == f.Ailment && list[i].Factor == f.Factor {
			list[i].Text += "; " + f.Text
			list[i].Value += f.Value
			if f.Since.Before(list[i].Since) {
				list[i].Since = f.Since
			}
			return list
		}
	}
	return append(list, f)
}

// carry keeps findings from before the program started until the doctor has had time to see them again, and gives those
// that go on the time when they began.
func (w *DeviceWatch) carry(byMN map[string]*upwind.DeviceState, heard map[string]bool, now time.Time) {
	for mn, b := range w.before {
		s := byMN[mn]
		if s == nil || now.Sub(w.began) > carryFor {
			continue
		}
		for _, f := range b.Findings {
			silent := f.Ailment == string(hj212.AilSilent)
			has := slices.ContainsFunc(s.Findings, func(o upwind.DeviceFinding) bool { return o.Ailment == f.Ailment && o.Factor == f.Factor })
			if !has && !(silent && heard[mn]) && f.Ailment != string(hj212.AilStranger) {
				s.Findings = append(s.Findings, f)
			}
		}
	}
	for mn, s := range byMN {
		for i := range s.Findings {
			if o, ok := w.open[findingKey{mn, s.Findings[i].Ailment, s.Findings[i].Factor}]; ok && o.Since.Before(s.Findings[i].Since) {
				s.Findings[i].Since = o.Since
			}
		}
	}
}

// changes are the events that lead from what stood open to the states, the ends first.
func (w *DeviceWatch) changes(states []upwind.DeviceState, now time.Time) []bus.DeviceEvent {
	is := map[findingKey]upwind.DeviceFinding{}
	for _, s := range states {
		for _, f := range s.Findings {
			is[findingKey{s.MN, f.Ailment, f.Factor}] = f
		}
	}
	var out []bus.DeviceEvent
	for k, f := range w.open {
		if _, ok := is[k]; !ok {
			out = append(out, bus.DeviceEvent{MN: k.mn, At: now.UTC(), Ends: true, Finding: f})
		}
	}
	for k, f := range is {
		if _, ok := w.open[k]; !ok {
			out = append(out, bus.DeviceEvent{MN: k.mn, At: now.UTC(), Finding: f})
		}
	}
	slices.SortFunc(out, func(a, b bus.DeviceEvent) int {
		ends := func(e bus.DeviceEvent) int {
			if e.Ends {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(ends(a), ends(b)), cmp.Compare(a.MN, b.MN), cmp.Compare(a.Finding.Ailment, b.Finding.Ailment), cmp.Compare(a.Finding.Factor, b.Finding.Factor))
	})
	return out
}

// settle notes a stored event.
func (w *DeviceWatch) settle(ev bus.DeviceEvent) {
	k := findingKey{ev.MN, ev.Finding.Ailment, ev.Finding.Factor}
	if ev.Ends {
		delete(w.open, k)
		w.Log.Info("a device is well again", "device", ev.MN, "ailment", ev.Finding.Ailment)
		return
	}
	w.open[k] = ev.Finding
	w.Log.Info("something is wrong with a device", "device", ev.MN, "ailment", ev.Finding.Ailment, "text", ev.Finding.Text)
}
