package hj212_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
)

// centre is a server on loopback that keeps what it is sent.
type centre struct {
	*hj212.Server
	addr string

	mu      sync.Mutex
	uploads []hj212.Upload
	refuse  int // publishes that fail
}

func start(t testing.TB, change func(*hj212.Server)) *centre {
	t.Helper()
	c := &centre{}
	c.Server = &hj212.Server{
		Lookup: func(mn string) (upwind.Device, bool) {
			return upwind.Device{MN: mn, PW: "123456"}, strings.HasPrefix(mn, "D")
		},
		Doctor: hj212.NewDoctor(),
		Publish: func(_ context.Context, batch []hj212.Upload) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.refuse > 0 {
				c.refuse--
				return errors.New("the disk is full")
			}
			c.uploads = append(c.uploads, batch...)
			return nil
		},
	}
	if change != nil {
		change(c.Server)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
	return c
}

func (c *centre) got() []hj212.Upload {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]hj212.Upload(nil), c.uploads...)
}

func upload(mn string, at time.Time, pm float64) hj212.Packet {
	return hj212.Packet{QN: hj212.NewQN(at), ST: "22", CN: hj212.CNRealTime, PW: "123456", MN: mn, Flag: 5, CP: []hj212.Field{
		{Name: "DataTime", Value: hj212.Stamp(at)},
		{Name: "a34002", Sub: "Rtd", Value: fmt.Sprint(pm), Item: 1}, {Name: "a34002", Sub: "Flag", Value: "N", Item: 1},
	}}
}

func TestUploadIsStoredThenAnswered(t *testing.T) {
	c := start(t, nil)
	d := &hj212.Client{Addr: c.addr, OverTime: 3 * time.Second}
	defer d.Close()
	now := time.Now()
	for i := range 5 {
		require.NoError(t, d.Send(t.Context(), upload("D1", now.Add(time.Duration(i)*time.Second), float64(100+i))))
	}
	got := c.got()
	require.Len(t, got, 5)
	require.Equal(t, 104.0, got[4].Readings[0].Value)
	require.Equal(t, "PM10", got[4].Readings[0].Factor.Species)
	require.False(t, got[0].Late)
	require.Equal(t, 5, c.Doctor.Charts()[0].Frames)
}

func TestWhatWasNotStoredIsSentAgain(t *testing.T) {
	c := start(t, nil)
	c.refuse = 2
	d := &hj212.Client{Addr: c.addr, OverTime: 2 * time.Second, ReCount: 5}
	defer d.Close()
	require.NoError(t, d.Send(t.Context(), upload("D1", time.Now(), 1)))
	require.Len(t, c.got(), 1)
}

func TestStrangersAreNotHeard(t *testing.T) {
	c := start(t, nil)
	for _, p := range []hj212.Packet{upload("X9", time.Now(), 1), func() hj212.Packet { p := upload("D1", time.Now(), 1); p.PW = "guess"; return p }()} {
		d := &hj212.Client{Addr: c.addr, OverTime: time.Second, ReCount: 1}
		require.ErrorIs(t, d.Send(t.Context(), p), hj212.ErrNoAnswer)
		require.NoError(t, d.Close())
	}
	require.Empty(t, c.got())
	f := c.Doctor.Findings(time.Now())
	require.Len(t, f, 2)
	require.Equal(t, hj212.AilStranger, f[0].Ailment)
	require.Contains(t, f[0].Text, "another password")
	require.Contains(t, f[1].Text, "not on the list")
}

func (c *centre) dial(t *testing.T, send string) net.Conn {
	conn, err := net.Dial("tcp", c.addr)
	require.NoError(t, err)
	_, err = conn.Write([]byte(send))
	require.NoError(t, err)
	return conn
}

// ends waits until the server has closed a connection.
func ends(t *testing.T, name string, conn net.Conn) {
	defer conn.Close()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err := conn.Read(make([]byte, 1))
	var ne net.Error
	require.False(t, errors.As(err, &ne) && ne.Timeout(), "%s: still open", name)
}

func TestSlowAndHostileConnectionsEnd(t *testing.T) {
	c := start(t, func(s *hj212.Server) {
		s.Limits = hj212.DefaultLimits
		s.Limits.FirstFrame, s.Limits.Frame, s.Limits.Faults = 300*time.Millisecond, 300*time.Millisecond, 5
	})
	slow := c.dial(t, "##0")
	stop := make(chan struct{})
	go func() { // a byte at a time keeps it open no longer than a frame may take
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				_, _ = slow.Write([]byte("9"))
			}
		}
	}()
	ends(t, "a byte at a time", slow)
	close(stop)
	ends(t, "silent", c.dial(t, ""))
	ends(t, "noise", c.dial(t, strings.Repeat("##0001x0000\n", 50)))
	ends(t, "half a frame", c.dial(t, sample[:40]))
}

func TestConnectionsFromOneAddressAreLimited(t *testing.T) {
	const most = 8
	c := start(t, func(s *hj212.Server) {
		s.Limits = hj212.DefaultLimits
		s.Limits.PerAddress = most
	})
	for range most {
		defer c.dial(t, "").Close()
	}
	require.Eventually(t, func() bool { return c.Connections() == most }, 5*time.Second, 10*time.Millisecond)
	ends(t, "one too many", c.dial(t, ""))
}

func TestClock(t *testing.T) {
	c := start(t, func(s *hj212.Server) { s.SetClocks = true })
	set := make(chan string, 4)
	d := &hj212.Client{Addr: c.addr, OverTime: 3 * time.Second, Answer: func(p hj212.Packet) []hj212.Packet {
		if p.CN == hj212.CNSetClock {
			set <- p.Get("SystemTime", "")
		}
		return nil
	}}
	defer d.Close()
	off := time.Now().Add(-2 * time.Hour)
	for i := range 6 {
		require.NoError(t, d.Send(t.Context(), upload("D1", off.Add(time.Duration(i)*time.Second), 1)))
	}
	stamp, err := time.ParseInLocation("20060102150405", <-set, hj212.Beijing)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), stamp, time.Minute)
	require.Empty(t, set, "once an hour is enough")
	for _, u := range c.got() {
		require.True(t, u.Late, "kept apart")
	}
	f := c.Doctor.Findings(time.Now())
	require.Len(t, f, 1)
	require.Equal(t, hj212.AilClock, f[0].Ailment)
	require.Contains(t, f[0].Text, "slow: whole hours, a wrong time zone")
}

func TestRequests(t *testing.T) {
	c := start(t, nil)
	d := &hj212.Client{Addr: c.addr, OverTime: 3 * time.Second, Answer: func(p hj212.Packet) []hj212.Packet {
		answer := func(cn int, name, v string) hj212.Packet {
			return hj212.Packet{QN: p.QN, ST: "91", CN: cn, PW: p.PW, MN: p.MN, Flag: 4, CP: []hj212.Field{{Name: name, Value: v}}}
		}
		if p.CN == hj212.CNStopRealTime {
			return []hj212.Packet{answer(hj212.CNRequestAnswer, "QnRtn", "2")}
		}
		history := upload(p.MN, time.Now().Add(-time.Hour), 7)
		history.CN, history.Flag = hj212.CNMinute, 4
		history.CP[1].Sub = "Avg"
		clock := answer(hj212.CNGetClock, "SystemTime", hj212.Stamp(time.Now()))
		clock.ST = "22"
		return []hj212.Packet{answer(hj212.CNRequestAnswer, "QnRtn", "1"), history, clock, answer(hj212.CNResult, "ExeRtn", "1")}
	}}
	defer d.Close()
	_, err := c.Request(t.Context(), "D1", hj212.CNGetClock)
	require.ErrorContains(t, err, "not connected")
	require.NoError(t, d.Send(t.Context(), upload("D1", time.Now(), 1)))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = d.Serve(ctx)
	}()
	replies, err := c.Request(ctx, "D1", hj212.CNMinute, hj212.Field{Name: "BeginTime", Value: "20260101000000"}, hj212.Field{Name: "EndTime", Value: "20260101010000", Item: 1})
	require.NoError(t, err)
	require.Len(t, replies, 1)
	require.Len(t, c.got(), 2, "recalled history goes the way of all data")
	require.False(t, c.got()[1].Late, "history is old, not late")
	_, err = c.Request(ctx, "D1", hj212.CNStopRealTime)
	var refused *hj212.RequestError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, hj212.QnRefused, refused.Qn)
	cancel()
	<-served
}

func TestPartsAndTheOldStandard(t *testing.T) {
	v2005 := 2005
	c := start(t, func(s *hj212.Server) {
		s.Lookup = func(mn string) (upwind.Device, bool) { return upwind.Device{MN: mn, Version: &v2005}, true }
	})
	d := &hj212.Client{Addr: c.addr, OverTime: 3 * time.Second}
	defer d.Close()
	for part := 1; part <= 2; part++ {
		p := upload("D1", time.Now(), float64(part))
		p.Flag, p.Parts, p.Part, p.QN = 7, 2, part, p.QN[:16]+fmt.Sprint(part)
		require.NoError(t, d.Send(t.Context(), p), "each part is answered, in the manner of 2005")
	}
	require.Len(t, c.got(), 2)
	require.Equal(t, 2, c.got()[1].Packet.Part)
}

func TestDoctor(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	c := start(t, func(s *hj212.Server) { s.Now = func() time.Time { return now } })
	d := &hj212.Client{Addr: c.addr, OverTime: 3 * time.Second}
	defer d.Close()
	begin := now
	for i := range 50 {
		now = begin.Add(time.Duration(i) * 5 * time.Minute)
		p := upload("D1", now, 75600+float64(i))
		p.CP = append(p.CP, hj212.Field{Name: "a01001", Sub: "Rtd", Value: "21.5", Item: 2}, hj212.Field{Name: "a01002", Sub: "Rtd", Value: fmt.Sprint(90 + i), Item: 3})
		require.NoError(t, d.Send(t.Context(), p))
	}
	ail := map[hj212.Ailment]string{}
	for _, f := range c.Doctor.Findings(now) {
		ail[f.Ailment] = f.Text
	}
	require.Len(t, ail, 3, "%v", ail)
	require.Contains(t, ail[hj212.AilUnit], "ng/m3")
	require.Contains(t, ail[hj212.AilFrozen], "temperature has been 21.5 degC")
	require.Contains(t, ail[hj212.AilRange], "39 of 50 values of humidity")

	now = now.Add(3 * time.Hour)
	found := false
	for _, f := range c.Doctor.Findings(now) {
		found = found || f.Ailment == hj212.AilSilent
	}
	require.True(t, found, "silent for three hours")
}
