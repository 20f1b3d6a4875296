package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"syscall"
	"time"

	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

// benchHJ212 measures how fast frames are read, and how soon a city's minute is stored while a fifth of the connections are slow or
// hostile. No other implementation is at hand that stores before it answers.
func benchHJ212(ctx context.Context, dir string) ([]Timing, error) {
	frames, err := benchFrames()
	if err != nil {
		return nil, err
	}
	burst := cityMinute
	burst.spread = time.Second
	for i, p := range []struct {
		loadPlan
		when string
	}{{cityMinute, "over a minute"}, {burst, "within a second"}} {
		r, err := p.run(ctx, filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			return nil, err
		}
		what := fmt.Sprintf("%d stations' minute %s, %d connections, %d of them hostile", p.stations, p.when, p.connections+p.hostile, p.hostile)
		note := fmt.Sprintf("%d packets, %d readings acknowledged, %d packets not, %d readings lost, %d doubled; %d hostile connections; %.1f CPU s in all",
			len(r.latency), len(r.promised), r.missing, len(r.lost()), len(r.doubled()), r.hostile, r.cost.Seconds())
		for _, q := range []struct {
			name  string
			share float64
		}{{"p50", 0.5}, {"p99", 0.99}, {"most", 1}} {
			frames = append(frames, Timing{Name: what + ", first byte to stored: " + q.name, Value: quantileMS(r.latency, q.share), Unit: "ms", Note: note})
			note = ""
		}
	}
	return frames, nil
}

// benchFrames times the way from bytes to observations on one core.
func benchFrames() ([]Timing, error) {
	list := madeStations(100)
	var stream bytes.Buffer
	const n = 20_000
	at := time.Now().Truncate(time.Minute)
	for i := range n {
		p := packetOf(1, &list[i%len(list)], deviceKinds["air-standard"].factors[:8], hj212.CNRealTime, at, 0, 0)
		p.QN = hj212.NewQN(at)
		frame, err := hj212.Append(nil, &p)
		if err != nil {
			return nil, err
		}
		stream.Write(frame)
	}
	registry := station.New(list)
	read := func(observe bool) (float64, error) {
		begin, err := cpuTime()
		if err != nil {
			return 0, err
		}
		for range rounds {
			r := hj212.NewReader(bytes.NewReader(stream.Bytes()))
			for {
				segment, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					return 0, err
				}
				p, err := hj212.Parse(segment)
				if err != nil {
					return 0, err
				}
				d, _ := registry.Device(p.MN)
				readings, _, err := p.Readings(&d)
				if err != nil {
					return 0, err
				}
				if observe {
					registry.Observe(hj212.Upload{Device: d, Packet: p, Readings: readings, Received: at})
				}
			}
		}
		end, err := cpuTime()
		return float64(rounds*n) / (end - begin).Seconds(), err
	}
	parsed, err := read(false)
	if err != nil {
		return nil, err
	}
	observed, err := read(true)
	note := fmt.Sprintf("%d bytes, 8 values a frame; CPU time, collection included", stream.Len()/n)
	return []Timing{{Name: "HJ 212 frames read, checked, parsed to readings", Value: parsed, Unit: "1/s a core", Note: note},
		{Name: "and turned into observations of the registry's units", Value: observed, Unit: "1/s a core"}}, err
}

// cpuTime is what this process has used.
func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}
