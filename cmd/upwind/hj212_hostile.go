package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"upwind"
	"upwind/ingest/hj212"
)

// hostileKind is a way to be a burden. do uses one connection until the centre ends it or ctx does.
type hostileKind struct {
	name string
	do   func(ctx context.Context, c net.Conn, listed upwind.Station)
}

const (
	// hostilePause lies between two connections of one attacker.
	hostilePause = 100 * time.Millisecond
	// floodChunk goes out every floodPause: 100 KB/s of each attacker, 160 Mbit/s of 200. Without that bound the attackers, who
	// stand on the same machine here, are measured, not the centre.
	floodChunk = 4 << 10
	floodPause = 40 * time.Millisecond
	// dripPause lies between two bytes of one that sends as slowly as it can.
	dripPause = 50 * time.Millisecond
)

// hostileKinds are what a port on the internet sees, and what broken devices do.
var hostileKinds = []hostileKind{
	{"a byte at a time", func(ctx context.Context, c net.Conn, s upwind.Station) {
		for frame := goodFrame(s); ctx.Err() == nil; {
			for _, b := range frame {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				pause(ctx, dripPause)
			}
		}
	}},
	{"wrong CRCs", func(ctx context.Context, c net.Conn, s upwind.Station) {
		frame := goodFrame(s)
		frame[len(frame)-3] ^= 1
		flood(ctx, c, bytes.Repeat(frame, 10))
	}},
	{"wrong lengths", func(ctx context.Context, c net.Conn, s upwind.Station) {
		frame := goodFrame(s)
		copy(frame[2:6], fmt.Sprintf("%04d", len(frame)+500))
		flood(ctx, c, bytes.Repeat(frame, 10))
	}},
	{"a device that is not on the list", func(ctx context.Context, c net.Conn, s upwind.Station) {
		stranger := *s.Device
		stranger.MN = "STRANGER"
		s.Device = &stranger
		flood(ctx, c, goodFrame(s))
	}},
	{"never reads its answers", func(ctx context.Context, c net.Conn, s upwind.Station) {
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetReadBuffer(1 << 10)
		}
		flood(ctx, c, bytes.Repeat(goodFrame(s), 4))
	}},
	{"half a frame, then nothing", func(ctx context.Context, c net.Conn, s upwind.Station) {
		frame := goodFrame(s)
		if _, err := c.Write(frame[:len(frame)/2]); err == nil {
			untilEnded(c)
		}
	}},
	{"huge lengths", func(ctx context.Context, c net.Conn, s upwind.Station) {
		flood(ctx, c, append([]byte("##9999"), bytes.Repeat([]byte("A"), 20_000)...))
	}},
	{"noise without end", func(ctx context.Context, c net.Conn, s upwind.Station) {
		flood(ctx, c, bytes.Repeat([]byte("\x00\xffGET / HTTP/1.1\r\n"), 500))
	}},
}

// goodFrame is what a listed device would send.
func goodFrame(s upwind.Station) []byte {
	at := time.Now().Truncate(time.Minute)
	p := packetOf(1, &s, nil, hj212.CNRealTime, at, 0, 0)
	p.QN = hj212.NewQN(at)
	frame, err := hj212.Append(nil, &p)
	if err != nil {
		panic("a frame of our own: " + err.Error())
	}
	return frame
}

// flood writes b over and over until the other side has enough.
func flood(ctx context.Context, c net.Conn, b []byte) {
	for at := 0; ctx.Err() == nil; pause(ctx, floodPause) {
		for sent := 0; sent < floodChunk; {
			n := min(floodChunk-sent, len(b)-at)
			if _, err := c.Write(b[at : at+n]); err != nil {
				return
			}
			sent += n
			at = (at + n) % len(b)
		}
	}
}

// untilEnded reads until the other side hangs up.
func untilEnded(c net.Conn) {
	for buf := make([]byte, 256); ; {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// harass connects as one attacker after the other, until ctx ends, and counts the connections.
func harass(ctx context.Context, addr, from string, k hostileKind, listed upwind.Station, count *atomic.Int64, first func()) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	for n := 0; ctx.Err() == nil; n++ {
		c, err := d.DialContext(ctx, "tcp", addr)
		if n == 0 {
			first()
		}
		if err == nil {
			count.Add(1)
			stop := context.AfterFunc(ctx, func() { _ = c.Close() })
			k.do(ctx, c, listed)
			stop()
			_ = c.Close()
		}
		pause(ctx, hostilePause)
	}
}
