package hj212

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"upwind"
)

var errTooManyFiles = syscall.EMFILE

// session is one connection: usually one device, sometimes a gateway with many.
type session struct {
	s     *Server
	conn  net.Conn
	addr  string
	r     *Reader
	since time.Time // when it connected
	begun time.Time // when the frame that is being read began
	heard bool      // a frame has come

	write   sync.Mutex
	mu      sync.Mutex
	waiting map[string]chan Packet // requests by QN
	systems map[string]string      // ST by device
}

func newSession(s *Server, c net.Conn, addr string) *session {
	ses := &session{s: s, conn: c, addr: addr, since: time.Now(), waiting: map[string]chan Packet{}, systems: map[string]string{}}
	ses.r = NewReader(ses)
	return ses
}

// Read reads from the connection under the deadline of the moment: until a device has spoken, between frames, or within one.
func (c *session) Read(b []byte) (int, error) {
	now := time.Now()
	until := now.Add(c.s.Limits.Idle)
	if !c.heard { // counted from the beginning: blanks are no frame
		until = c.since.Add(c.s.Limits.FirstFrame)
	}
	if c.r.Buffered() > 0 {
		if c.begun.IsZero() {
			c.begun = now
		}
		until = c.begun.Add(c.s.Limits.Frame)
	} else {
		c.begun = time.Time{}
	}
	if err := c.conn.SetReadDeadline(until); err != nil {
		return 0, err
	}
	return c.conn.Read(b)
}

// run serves the connection until it ends or costs too much.
func (c *session) run(ctx context.Context) {
	faults := 0
	for ctx.Err() == nil && faults < c.s.Limits.Faults {
		segment, err := c.r.Next()
		var fault *FrameError
		switch {
		case errors.As(err, &fault):
			faults++
			c.s.Doctor.fault(c.addr, fault)
			continue
		case err != nil:
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				c.s.Log.Debug("a device's connection ended", "address", c.addr, "error", err)
			}
			return
		}
		c.begun, c.heard = time.Time{}, true
		p, err := Parse(segment)
		if err != nil {
			faults++
			c.s.Doctor.unreadable(c.addr, p.MN, err)
			continue
		}
		if err := c.handle(ctx, p); err != nil {
			c.s.Log.Debug("a device's connection is closed", "address", c.addr, "device", p.MN, "error", err)
			return
		}
		faults = 0
	}
}

// errUnknown is why a connection of a device that is not on the list ends.
var errUnknown = errors.New("the device is not on the list")

func (c *session) handle(ctx context.Context, p Packet) error {
	d, ok := c.s.Lookup(p.MN)
	if !ok || d.PW != "" && d.PW != p.PW {
		c.s.Doctor.stranger(c.addr, p.MN, ok)
		return errUnknown
	}
	c.s.Doctor.frame(&p, c.addr, c.s.Now())
	c.enter(&p)
	switch {
	case isData(p.CN):
		return c.data(ctx, p, d)
	case p.CN == CNRequestAnswer || p.CN == CNResult || p.CN == CNNoticeAnswer:
		c.deliver(p)
		return nil
	case p.CN == CNAskClock:
		if err := c.reply(p, d, CNNoticeAnswer); err != nil {
			return err
		}
		return c.setClock(p, d)
	}
	c.deliver(p) // what a request asked for: clock, intervals, site information
	if p.Answered() {
		return c.reply(p, d, CNDataAnswer)
	}
	return nil
}

// isData reports whether a command brings measurements.
func isData(cn int) bool {
	switch cn {
	case CNRealTime, CNMinute, CNHour, CNDay:
		return true
	}
	return false
}

// data hands readings on and answers when they are stored. A part of a split packet repeats DataTime and holds whole
// items, so each is handed on as it comes: devices wait for the answer to one before they send the next.
func (c *session) data(ctx context.Context, p Packet, d upwind.Device) error {
	readings, notes, err := p.Readings(&d)
	if err != nil {
		c.s.Doctor.unreadable(c.addr, p.MN, err)
		return nil
	}
	for _, n := range append(notes, p.Notes...) {
		c.s.Doctor.note(p.MN, n)
	}
	now := c.s.Now()
	u := Upload{Device: d, Packet: p, Readings: readings, Received: now, Remote: c.addr}
	if len(readings) > 0 {
		u.Skew = readings[0].Time.Add(readings[0].Period).Sub(now)
		u.Late = u.Skew > c.s.Limits.MaxSkew || p.CN == CNRealTime && u.Skew < -c.s.Limits.MaxSkew
	}
	c.s.Doctor.readings(&u)
	done := make(chan error, 1)
	select {
	case c.s.queue <- pending{u, done}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := <-done; err != nil {
		return fmt.Errorf("its data were not stored: %w", err)
	}
	if p.Answered() {
		if err := c.reply(p, d, CNDataAnswer); err != nil {
			return err
		}
	}
	if u.Late && c.s.SetClocks && c.s.maySetClock(p.MN, now) {
		return c.setClock(p, d)
	}
	return nil
}

// maySetClock allows one setting of a device's clock an hour.
func (s *Server) maySetClock(mn string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.clockSet[mn]) < time.Hour {
		return false
	}
	s.clockSet[mn] = now
	return true
}

// enter notes that a device is reached by this connection.
func (c *session) enter(p *Packet) {
	c.mu.Lock()
	known := c.systems[p.MN] == p.ST
	if p.ST != STAnswer {
		c.systems[p.MN] = p.ST
	}
	c.mu.Unlock()
	if known {
		return
	}
	c.s.mu.Lock()
	c.s.byMN[p.MN] = c
	c.s.mu.Unlock()
}

// reply answers a packet. In 2005 the QN of what is answered stands in CP.
func (c *session) reply(p Packet, d upwind.Device, cn int) error {
	a := Packet{QN: p.QN, ST: STAnswer, CN: cn, PW: p.PW, MN: p.MN, Flag: uint8(versionOf(&p, &d)) << flagShift}
	if versionOf(&p, &d) == V2005 {
		qn := p.QN
		if qn == "" {
			qn = p.Get("QN", "")
		}
		a.QN = ""
		a.CP = []Field{{Name: "QN", Value: qn}, {Name: "CN", Value: fmt.Sprint(p.CN), Item: 1}}
	}
	return c.send(&a)
}

func (c *session) setClock(p Packet, d upwind.Device) error {
	now := c.s.Now()
	return c.send(&Packet{QN: NewQN(now), ST: p.ST, CN: CNSetClock, PW: p.PW, MN: p.MN, Flag: uint8(versionOf(&p, &d))<<flagShift | flagAnswer,
		CP: []Field{{Name: "SystemTime", Value: Stamp(now)}}})
}

func (c *session) send(p *Packet) error {
	frame, err := Append(nil, p)
	if err != nil {
		return err
	}
	c.write.Lock()
	defer c.write.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.s.Limits.Write)); err != nil {
		return err
	}
	_, err = c.conn.Write(frame)
	return err
}

// deliver gives a packet to the request that waits for it.
func (c *session) deliver(p Packet) {
	qn := p.QN
	if qn == "" {
		qn = p.Get("QN", "")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.waiting[qn]; ch != nil {
		select {
		case ch <- p:
		default: // more answers than a request has: the rest is noise
		}
	}
}

func (c *session) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for qn, ch := range c.waiting {
		close(ch)
		delete(c.waiting, qn)
	}
}
