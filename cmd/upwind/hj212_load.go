package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"upwind"
	"upwind/bus"
	"upwind/ingest/hj212"
	"upwind/store"
	"upwind/workers"
)

// loadPlan is a city's minute under attack.
type loadPlan struct {
	stations    int           // that send a minute's data: an instant and a minute's means
	connections int           // over which they send; some are gateways
	hostile     int           // connections beside them that are slow or hostile
	spread      time.Duration // between the first station and the last
}

// cityMinute is the city of the plan: 827 air stations, 1,000 connections, a fifth of them a burden.
var cityMinute = loadPlan{stations: 827, connections: 800, hostile: 200, spread: time.Minute}

// loadResult is what came of it.
type loadResult struct {
	account
	tally   sendTally
	latency []time.Duration // from the first byte written to the stream's acknowledgement, a packet each
	storing []time.Duration // of a batch
	missing int             // packets that were not acknowledged
	cost    time.Duration   // CPU time of centre, devices and attackers together
	hostile int64           // connections that attackers made
}

// Addresses on loopback: the limits of connections an address are as they are in the field.
const (
	stationsAddress = "127.0.0.1"
	hostileAddress  = "127.0.0.2"
)

// run starts a centre on the real log in dir, and everybody who talks to it.
func (p loadPlan) run(ctx context.Context, dir string) (*loadResult, error) {
	blobs, err := store.Open(filepath.Join(dir, "blobs"))
	if err != nil {
		return nil, err
	}
	b, err := bus.Connect(ctx, bus.Config{Dir: filepath.Join(dir, "data"), Store: blobs, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer b.Close()
	lines, deaf := p.devices()
	registered := []upwind.Station{deaf}
	for _, l := range lines {
		registered = append(registered, l...)
	}
	if err := b.SetStations(ctx, registered); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	view, err := bus.NewView(ctx, b)
	if err != nil {
		return nil, err
	}
	if err := view.CatchUp(ctx); err != nil {
		return nil, err
	}
	r := &loadResult{account: *newAccount(append(lines, []upwind.Station{deaf}))}
	if err := p.attend(ctx, r, &workers.Feed{Name: hj212Feed, Bus: b, View: view}, lines, deaf); err != nil {
		return nil, err
	}
	return r, r.logs(ctx, b)
}

// devices are the stations by connection, and one whose device listens to nobody.
func (p loadPlan) devices() (lines [][]upwind.Station, deaf upwind.Station) {
	all := madeStations(p.stations + 1)
	lines = make([][]upwind.Station, p.connections)
	for i, s := range all[:p.stations] {
		lines[i%p.connections] = append(lines[i%p.connections], s)
	}
	return lines, all[p.stations]
}

// attend serves devices and attackers, and ends when the devices have sent everything.
func (p loadPlan) attend(ctx context.Context, r *loadResult, feed *workers.Feed, lines [][]upwind.Station, deaf upwind.Station) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var mu sync.Mutex
	stored := map[string]time.Time{}
	server := &hj212.Server{Lookup: feed.Device, Doctor: hj212.NewDoctor(), Publish: func(ctx context.Context, batch []hj212.Upload) error {
		begin := time.Now()
		if err := feed.Publish(ctx, batch); err != nil {
			return err
		}
		now := time.Now()
		mu.Lock()
		defer mu.Unlock()
		r.storing = append(r.storing, now.Sub(begin))
		for i := range batch {
			stored[batch[i].Packet.MN+batch[i].Packet.QN] = now
		}
		return nil
	}}
	ctx, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer stop()
	parts.Go(func() { _ = server.Serve(ctx, l) })

	var count atomic.Int64
	var begun sync.WaitGroup
	begun.Add(p.hostile)
	for i := range p.hostile {
		parts.Go(func() {
			harass(ctx, l.Addr().String(), hostileAddress, hostileKinds[i%len(hostileKinds)], deaf, &count, begun.Done)
		})
	}
	begun.Wait()
	began, err := cpuTime()
	if err != nil {
		return err
	}
	m := &simulation{addr: l.Addr().String(), lines: lines, from: time.Now().Truncate(time.Minute), length: time.Minute, every: time.Minute,
		commands: []int{hj212.CNRealTime, hj212.CNMinute}, atOnce: true, spread: p.spread, over: 5 * time.Second, resends: 3, seed: 1, dial: dialFrom(stationsAddress)}
	var promised error
	m.sent = func(s sentPacket) {
		r.tally.add(s)
		if !s.acknowledged() {
			r.missing++
		}
		if err := r.promise(s); err != nil {
			promised = err
		}
		mu.Lock()
		at, ok := stored[s.Packet.MN+s.Packet.QN]
		mu.Unlock()
		if ok {
			r.latency = append(r.latency, at.Sub(s.Begun))
		}
	}
	if err := m.run(ctx); err != nil {
		return err
	}
	ended, err := cpuTime()
	r.cost, r.hostile = ended-began, count.Load()
	if err == nil {
		err = promised
	}
	if n := m.packets(); err == nil && len(r.latency)+r.missing < n {
		err = fmt.Errorf("%d packets were sent, %d came through", n, len(r.latency))
	}
	return err
}

// dialFrom lets devices connect from an address.
func dialFrom(ip string) func(*device) {
	return func(d *device) {
		d.client.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			dialer := net.Dialer{Timeout: d.client.OverTime, LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
			c, err := dialer.DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			return &faultyLine{c, d}, nil
		}
	}
}
