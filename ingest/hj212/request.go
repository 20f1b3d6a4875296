package hj212

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// RequestError is a device's refusal.
type RequestError struct {
	MN  string
	CN  int
	Qn  QnRtn  // not QnReady: it did not accept the request
	Exe ExeRtn // not ExeSuccess: it accepted and failed
}

func (e *RequestError) Error() string {
	if e.Qn != 0 && e.Qn != QnReady {
		return fmt.Sprintf("hj212: device %s refused command %d (QnRtn %d)", e.MN, e.CN, int(e.Qn))
	}
	return fmt.Sprintf("hj212: device %s: command %d: %s", e.MN, e.CN, e.Exe)
}

const maxReplies = 64

// Request sends a command to a connected device and waits until it says how that ended: 9011 accepts it, 9012 is the
// result, and what it asked for comes in between (data by the way of all data, to [Server.Publish]; the rest is returned). It returns a *[RequestError]
// when the device refuses or fails, and the context's error when it says nothing.
func (s *Server) Request(ctx context.Context, mn string, cn int, fields ...Field) ([]Packet, error) {
	s.mu.Lock()
	c := s.byMN[mn]
	s.mu.Unlock()
	d, ok := s.Lookup(mn)
	if c == nil || !ok {
		return nil, fmt.Errorf("hj212: device %s is not connected", mn)
	}
	v, set := settingOf(&d)
	if !set {
		v = V2017
	}
	c.mu.Lock()
	st := c.systems[mn]
	c.mu.Unlock()
	qn, replies := c.expect(s.Now())
	defer c.done(qn)
	req := Packet{QN: qn, ST: st, CN: cn, PW: d.PW, MN: mn, Flag: uint8(v)<<flagShift | flagAnswer, CP: fields}
	if req.PW == "" {
		req.PW = "123456"
	}
	if err := c.send(&req); err != nil {
		return nil, err
	}
	var out []Packet
	for {
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case p, open := <-replies:
			if !open {
				return out, fmt.Errorf("hj212: device %s hung up", mn)
			}
			switch p.CN {
			case CNRequestAnswer:
				if n, _ := strconv.Atoi(p.Get("QnRtn", "")); QnRtn(n) != QnReady {
					return out, &RequestError{MN: mn, CN: cn, Qn: QnRtn(n)}
				}
			case CNResult:
				if n, _ := strconv.Atoi(p.Get("ExeRtn", "")); ExeRtn(n) != ExeSuccess {
					return out, &RequestError{MN: mn, CN: cn, Exe: ExeRtn(n)}
				}
				return out, nil
			default:
				out = append(out, p)
			}
		}
	}
}

// expect opens a mailbox under a QN of its own.
func (c *session) expect(now time.Time) (qn string, replies chan Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		qn = NewQN(now)
		if c.waiting[qn] == nil {
			break
		}
		now = now.Add(time.Millisecond)
	}
	replies = make(chan Packet, maxReplies)
	c.waiting[qn] = replies
	return qn, replies
}

func (c *session) done(qn string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, qn)
}
