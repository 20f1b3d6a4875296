package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"upwind"
	"upwind/ingest/hj212"
)

// simulation is a number of devices that send for a while.
type simulation struct {
	addr     string
	lines    [][]upwind.Station // each over one connection: a device, or a gateway with several
	from     time.Time          // of the devices' data
	length   time.Duration
	every    time.Duration // between real-time packets
	commands []int
	factors  []string // of every device; empty for those of its kind
	atOnce   bool     // as fast as the answers come, else at the time of the data
	spread   time.Duration
	over     time.Duration
	resends  int
	faults   lineFaults
	seed     uint64
	dial     func(d *device) // changes how a device connects; nil for none
	sent     func(sentPacket)

	mu sync.Mutex
}

// duePacket is a packet and when it is sent.
type duePacket struct {
	due     time.Time
	station *upwind.Station
	cn      int
	at      time.Time // of its data
	period  time.Duration
}

// schedule lists what the devices of one line send, by time. Periods are those that end within the simulation.
func (m *simulation) schedule(stations []upwind.Station) []duePacket {
	var out []duePacket
	until := m.from.Add(m.length)
	for i := range stations {
		s := &stations[i]
		for _, cn := range m.commands {
			period := periodOf(s, cn)
			if period == 0 {
				for at := m.from; at.Before(until); at = at.Add(m.every) {
					out = append(out, duePacket{at, s, cn, at, 0})
				}
				continue
			}
			end := m.from.Truncate(period)
			if end.Before(m.from) {
				end = end.Add(period)
			}
			for ; end.Before(until); end = end.Add(period) {
				out = append(out, duePacket{end, s, cn, end.Add(-period), period})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b duePacket) int { return a.due.Compare(b.due) })
	return out
}

// periodOf is what a command of a device reports on, 0 for an instant.
func periodOf(s *upwind.Station, cn int) time.Duration {
	switch {
	case cn == hj212.CNMinute && s.Device.MinuteS > 0:
		return time.Duration(s.Device.MinuteS) * time.Second
	case cn == hj212.CNMinute:
		return 10 * time.Minute
	case cn == hj212.CNHour:
		return time.Hour
	}
	return 0
}

// packets is how many the devices will send, parts not counted.
func (m *simulation) packets() (n int) {
	for _, l := range m.lines {
		n += len(m.schedule(l))
	}
	return n
}

// run sends everything and returns when all of it is acknowledged or given up, or ctx ends.
func (m *simulation) run(ctx context.Context) error {
	begin := time.Now()
	var wg sync.WaitGroup
	var first error
	for i, line := range m.lines {
		// The devices of a city do not send in the same instant: their clocks differ.
		late := time.Duration(0)
		if len(m.lines) > 1 {
			late = m.spread * time.Duration(i) / time.Duration(len(m.lines)-1)
		}
		wg.Go(func() {
			if err := m.line(ctx, i, line, begin.Add(late)); err != nil {
				m.mu.Lock()
				defer m.mu.Unlock()
				if first == nil {
					first = err
				}
			}
		})
	}
	wg.Wait()
	return first
}

func (m *simulation) line(ctx context.Context, i int, stations []upwind.Station, begin time.Time) error {
	d := newDevice(m.addr, m.over, m.resends, m.faults, m.seed+uint64(i))
	if m.dial != nil {
		m.dial(d)
	}
	defer d.client.Close()
	for _, p := range m.schedule(stations) {
		wait := time.Until(begin)
		if !m.atOnce {
			wait += p.due.Sub(m.from)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		q := packetOf(m.seed, p.station, m.factors, p.cn, p.at, p.period, m.faults.skew)
		if err := d.send(ctx, p.station.ID, q, m.tell); err != nil {
			return fmt.Errorf("device %s: %w", p.station.Device.MN, err)
		}
	}
	return nil
}

func (m *simulation) tell(s sentPacket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent(s)
}
