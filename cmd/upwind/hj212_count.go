package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"upwind"
	"upwind/bus"
	"upwind/ingest/hj212"
)

// readingKey is one value that a device sent.
type readingKey struct {
	station, code, stat, raw string
	start                    int64
	durationS                float64
}

// account compares what devices know to be taken with what was stored: each acknowledged reading has to be there, once.
type account struct {
	devices  map[string]*upwind.Device // by station
	promised map[readingKey]bool
	stored   map[readingKey]int
	winds    map[readingKey]int
}

func newAccount(lines [][]upwind.Station) *account {
	a := &account{devices: map[string]*upwind.Device{}, promised: map[readingKey]bool{}, stored: map[readingKey]int{}, winds: map[readingKey]int{}}
	for _, l := range lines {
		for _, s := range l {
			a.devices[s.ID] = s.Device
		}
	}
	return a
}

// statNames are the statistics of the vocabulary by those of the protocol.
var statNames = map[hj212.Stat]upwind.Stat{hj212.StatMin: upwind.StatMin, hj212.StatMax: upwind.StatMax, hj212.StatCou: upwind.StatTotal}

// promise notes the readings of an acknowledged packet.
func (a *account) promise(s sentPacket) error {
	if !s.acknowledged() {
		return nil
	}
	readings, _, err := s.Packet.Readings(a.devices[s.StationID])
	for _, r := range readings {
		stat := statNames[r.Stat]
		if r.Converted {
			stat = upwind.StatConverted
		}
		a.promised[readingKey{s.StationID, r.Factor.Code, string(stat), r.Raw, r.Time.UnixNano(), r.Period.Seconds()}] = true
	}
	return err
}

// observe notes what was stored.
func (a *account) observe(o *upwind.Observation) {
	a.stored[readingKey{o.StationID, o.Raw.Code, string(o.Stat), o.Raw.Value, o.Start.UnixNano(), o.DurationS}]++
}

func (a *account) wind(w *upwind.Wind) {
	a.winds[readingKey{station: w.StationID, start: w.Start.UnixNano(), durationS: w.DurationS}]++
}

// logs notes what the observation logs hold of a feed.
func (a *account) logs(ctx context.Context, b *bus.Bus) error {
	for _, l := range []*bus.Log{b.Observations(), b.HourlyObservations()} {
		err := l.Each(ctx, func(e bus.Entry) error {
			var batch bus.ObservationBatch
			err := json.Unmarshal(e.Body, &batch)
			for i := range batch.Observations {
				if batch.Observations[i].Raw != nil { // not an hour made of minutes
					a.observe(&batch.Observations[i])
				}
			}
			for i := range batch.Wind {
				a.wind(&batch.Wind[i])
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lost are acknowledged readings that are not stored, doubled what is stored more than once.
func (a *account) lost() (out []readingKey) {
	for k := range a.promised {
		if a.stored[k] == 0 {
			out = append(out, k)
		}
	}
	return sortedKeys(out)
}

func (a *account) doubled() (out []readingKey) {
	for _, m := range []map[readingKey]int{a.stored, a.winds} {
		for k, n := range m {
			if n > 1 {
				out = append(out, k)
			}
		}
	}
	return sortedKeys(out)
}

func sortedKeys(all []readingKey) []readingKey {
	slices.SortFunc(all, func(a, b readingKey) int {
		return cmp.Or(cmp.Compare(a.station, b.station), cmp.Compare(a.start, b.start), cmp.Compare(a.code, b.code))
	})
	return all
}

func (k readingKey) String() string {
	return fmt.Sprintf("%s %s %s=%s at %s for %.0f s", k.station, k.code, k.stat, k.raw, time.Unix(0, k.start).UTC().Format(time.RFC3339), k.durationS)
}
