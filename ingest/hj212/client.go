package hj212

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Client is a device: it connects, uploads, and sends again what was not answered, as the standard tells devices to.
// It serves tests and `upwind hj212 send`.
type Client struct {
	Addr     string
	OverTime time.Duration // how long it waits for an answer, default 5 s
	ReCount  int           // how often it sends again, default 3

	// Dial, if set, makes the connection: from an address of choice, or over a line that is worse than TCP.
	Dial func(ctx context.Context, addr string) (net.Conn, error)

	// Answer, if set, is given what the centre asks while the client waits, and returns what to send back.
	Answer func(p Packet) []Packet

	conn net.Conn
	r    *Reader
}

const (
	defaultOverTime = 5 * time.Second
	defaultReCount  = 3
)

// ErrNoAnswer is returned when the centre does not answer an upload however often it is sent.
var ErrNoAnswer = errors.New("hj212: the centre does not answer")

// Close hangs up.
func (c *Client) Close() error {
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	c.conn, c.r = nil, nil
	return err
}

// Send uploads a packet. If its flag asks for an answer, it waits for the one with its QN, and connects and sends
// again when there is none.
func (c *Client) Send(ctx context.Context, p Packet) error {
	over, tries := c.OverTime, c.ReCount
	if over <= 0 {
		over = defaultOverTime
	}
	if tries <= 0 {
		tries = defaultReCount
	}
	frame, err := Append(nil, &p)
	if err != nil {
		return err
	}
	last := ErrNoAnswer
	for range tries + 1 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if last = c.try(ctx, frame, &p, over); last == nil {
			return nil
		}
		_ = c.Close()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(over / 10):
		}
	}
	return last
}

func (c *Client) try(ctx context.Context, frame []byte, p *Packet, over time.Duration) error {
	if c.conn == nil {
		conn, err := c.dial(ctx, over)
		if err != nil {
			return err
		}
		c.conn, c.r = conn, NewReader(conn)
	}
	if err := c.conn.SetDeadline(time.Now().Add(over)); err != nil {
		return err
	}
	if _, err := c.conn.Write(frame); err != nil {
		return err
	}
	if !p.Answered() {
		return nil
	}
	for {
		a, err := c.Receive()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoAnswer, err)
		}
		if a.CN == CNDataAnswer && (a.QN == p.QN || a.Get("QN", "") == p.QN) {
			return nil
		}
		if err := c.answer(a); err != nil {
			return err
		}
	}
}

func (c *Client) dial(ctx context.Context, over time.Duration) (net.Conn, error) {
	if c.Dial != nil {
		return c.Dial(ctx, c.Addr)
	}
	d := net.Dialer{Timeout: over}
	return d.DialContext(ctx, "tcp", c.Addr)
}

// Receive reads the next packet of the centre.
func (c *Client) Receive() (Packet, error) {
	for {
		segment, err := c.r.Next()
		var fault *FrameError
		if errors.As(err, &fault) {
			continue
		}
		if err != nil {
			return Packet{}, err
		}
		return Parse(segment)
	}
}

// Serve answers what the centre asks until ctx ends or the connection does.
func (c *Client) Serve(ctx context.Context) error {
	conn := c.conn
	if conn == nil {
		return net.ErrClosed
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	for {
		p, err := c.Receive()
		if err != nil {
			return err
		}
		if err := c.answer(p); err != nil {
			return err
		}
	}
}

func (c *Client) answer(p Packet) error {
	if c.Answer == nil {
		return nil
	}
	for _, a := range c.Answer(p) {
		frame, err := Append(nil, &a)
		if err != nil {
			return err
		}
		if _, err := c.conn.Write(frame); err != nil {
			return err
		}
	}
	return nil
}
