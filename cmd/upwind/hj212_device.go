package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"upwind"
	"upwind/ingest/hj212"
)

// lineFaults are what can be wrong with a simulated device and its line.
type lineFaults struct {
	badCRC float64       // share of frames with a wrong CRC
	lost   float64       // share of answers that are lost with the connection
	split  bool          // a frame in several TCP segments
	slow   bool          // and these with pauses
	skew   time.Duration // of the device's clock
	parts  int           // packets in that many parts (PNUM, PNO); 0 in as few as fit
}

// slowPause lies between the pieces of a frame on a slow line: a modem's, not an attacker's.
const slowPause = 100 * time.Millisecond

// faultyLine is a connection with faults. It counts frames written and remembers when the first began.
type faultyLine struct {
	net.Conn
	d *device
}

// Write sends one frame.
func (l *faultyLine) Write(frame []byte) (int, error) {
	d := l.d
	if d.tries++; d.tries == 1 {
		d.begun = time.Now()
	}
	b := frame
	if d.faults.badCRC > 0 && d.chance.Float64() < d.faults.badCRC && len(b) > frameOverhead {
		b = slices.Clone(b)
		b[len(b)/2] ^= 1
	}
	if !d.faults.split && !d.faults.slow {
		return l.Conn.Write(b)
	}
	for len(b) > 0 {
		n := min(len(b), 1+d.chance.IntN(1+len(frame)/3))
		if _, err := l.Conn.Write(b[:n]); err != nil {
			return 0, err
		}
		if b = b[n:]; d.faults.slow && len(b) > 0 {
			time.Sleep(slowPause)
		}
	}
	return len(frame), nil
}

// Read receives, or loses what came.
func (l *faultyLine) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if d := l.d; d.faults.lost > 0 && n > 0 && d.chance.Float64() < d.faults.lost {
		return 0, errLostLine
	}
	return n, err
}

var errLostLine = errors.New("the line was lost, as was asked for")

// device is a simulated device, or a gateway with several.
type device struct {
	client hj212.Client
	faults lineFaults
	chance *rand.Rand
	tries  int
	begun  time.Time
	lastQN time.Time
}

// sentPacket is what became of one packet.
type sentPacket struct {
	StationID string
	Packet    hj212.Packet
	Begun     time.Time // when the first byte was written
	Took      time.Duration
	Tries     int
	Err       error
}

// acknowledged reports whether the centre has answered for it.
func (s *sentPacket) acknowledged() bool { return s.Err == nil && s.Packet.Answered() }

func newDevice(addr string, over time.Duration, resends int, f lineFaults, seed uint64) *device {
	d := &device{faults: f, chance: rand.New(rand.NewPCG(seed, 212))}
	d.client = hj212.Client{Addr: addr, OverTime: over, ReCount: resends, Answer: d.answer}
	d.client.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
		dialer := net.Dialer{Timeout: over}
		c, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		return &faultyLine{c, d}, nil
	}
	return d
}

// qn is the identity of the next exchange: now, and no two alike.
func (d *device) qn() string {
	now := time.Now().Add(d.faults.skew).Truncate(time.Millisecond)
	if !now.After(d.lastQN) {
		now = d.lastQN.Add(time.Millisecond)
	}
	d.lastQN = now
	return hj212.NewQN(now)
}

// send uploads a packet, each of its parts by itself, and tells of each. A whole one keeps the QN it has.
func (d *device) send(ctx context.Context, stationID string, p hj212.Packet, tell func(sentPacket)) error {
	parts, err := partsOf(p, d.faults.parts)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part.QN = p.QN; part.QN == "" || len(parts) > 1 {
			part.QN = d.qn()
		}
		d.tries, d.begun = 0, time.Now()
		err := d.client.Send(ctx, part)
		tell(sentPacket{stationID, part, d.begun, time.Since(d.begun), d.tries, err})
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// partsOf cuts a packet between its items into n parts, or into as few as the standard's length allows. Each repeats the time.
func partsOf(p hj212.Packet, n int) ([]hj212.Packet, error) {
	p.QN = strings.Repeat("0", 17) // for its length
	if n <= 1 {
		if _, err := hj212.Append(nil, &p); err == nil {
			return []hj212.Packet{p}, nil
		} else if n = 2; len(p.CP) < 3 {
			return nil, err
		}
	}
	items := [][]hj212.Field{}
	for i, f := range p.CP[1:] {
		if i == 0 || f.Item != p.CP[i].Item {
			items = append(items, nil)
		}
		items[len(items)-1] = append(items[len(items)-1], f)
	}
	for n = min(n, len(items)); ; n++ {
		out := make([]hj212.Packet, 0, n)
		var err error
		for part := range n {
			q := p
			q.Flag |= 2
			q.Parts, q.Part, q.CP = n, part+1, []hj212.Field{{Name: p.CP[0].Name, Value: p.CP[0].Value}}
			for i, item := range items[part*len(items)/n : (part+1)*len(items)/n] {
				for _, f := range item {
					f.Item = i + 1
					q.CP = append(q.CP, f)
				}
			}
			if _, err = hj212.Append(nil, &q); err != nil {
				break
			}
			out = append(out, q)
		}
		if err == nil {
			return out, nil
		}
		if n >= len(items) {
			return nil, err
		}
	}
}

// answer does what the centre asks: it accepts settings, tells its time, and refuses the rest.
func (d *device) answer(p hj212.Packet) []hj212.Packet {
	reply := func(cn int, st, name string, v any) hj212.Packet {
		return hj212.Packet{QN: p.QN, ST: st, CN: cn, PW: p.PW, MN: p.MN, Flag: p.Flag &^ 3, CP: []hj212.Field{{Name: name, Value: fmt.Sprint(v)}}}
	}
	switch p.CN {
	case hj212.CNSetTimeout, hj212.CNSetClock, hj212.CNRealTime, hj212.CNStopRealTime:
		return []hj212.Packet{reply(hj212.CNRequestAnswer, hj212.STAnswer, "QnRtn", int(hj212.QnReady)), reply(hj212.CNResult, hj212.STAnswer, "ExeRtn", int(hj212.ExeSuccess))}
	case hj212.CNGetClock:
		return []hj212.Packet{reply(hj212.CNRequestAnswer, hj212.STAnswer, "QnRtn", int(hj212.QnReady)),
			reply(hj212.CNGetClock, p.ST, "SystemTime", hj212.Stamp(time.Now().Add(d.faults.skew))),
			reply(hj212.CNResult, hj212.STAnswer, "ExeRtn", int(hj212.ExeSuccess))}
	case hj212.CNNoticeAnswer, hj212.CNDataAnswer: // of a packet that was given up
		return nil
	}
	return []hj212.Packet{reply(hj212.CNRequestAnswer, hj212.STAnswer, "QnRtn", int(hj212.QnRefused))}
}

// packetOf is what a station's device sends of the time from at on: an instant, or a period's minimum, mean and maximum.
func packetOf(seed uint64, s *upwind.Station, factors []string, cn int, at time.Time, period, skew time.Duration) hj212.Packet {
	k := deviceKinds[s.Kind]
	if len(factors) == 0 {
		factors = k.factors
	}
	v := hj212.V2017
	if s.Device.Version != nil {
		v, _ = hj212.VersionOfYear(*s.Device.Version)
	}
	p := hj212.Packet{ST: k.st, CN: cn, PW: s.Device.PW, MN: s.Device.MN, Flag: uint8(v)<<2 | 1}
	if p.PW == "" {
		p.PW = "123456"
	}
	stamp := at.Add(skew)
	if s.Device.StampsEnd {
		stamp = stamp.Add(period)
	}
	if s.Device.UTC {
		stamp = stamp.Add(-8 * time.Hour)
	}
	p.CP = append(p.CP, hj212.Field{Name: "DataTime", Value: hj212.Stamp(stamp)})
	for i, code := range factors {
		var v [3]float64
		decimals := 0
		for k := range v {
			v[k], decimals = valueAt(seed+uint64(k), s, code, at)
		}
		add := func(sub string, v float64) {
			p.CP = append(p.CP, hj212.Field{Name: code, Sub: sub, Value: strconv.FormatFloat(v, 'f', decimals, 64), Item: i + 1})
		}
		if cn == hj212.CNRealTime {
			add("Rtd", v[0])
		} else {
			slices.Sort(v[:])
			add("Min", v[0])
			add("Avg", v[1])
			add("Max", v[2])
			if s.Kind == upwind.StationStack && grams[levels[code].unit] > 0 {
				add("ZsAvg", v[1])
			}
		}
		p.CP = append(p.CP, hj212.Field{Name: code, Sub: "Flag", Value: "N", Item: i + 1})
	}
	return p
}
