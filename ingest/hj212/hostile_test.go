package hj212_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/ingest/hj212"
)

// dialled is a connection that has sent something.
func dialled(t testing.TB, c *centre, send string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", c.addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Write([]byte(send))
	require.NoError(t, err)
	return conn
}

// ended reports whether the centre hangs up within a while.
func ended(t testing.TB, conn net.Conn, within time.Duration) bool {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(within)))
	for buf := make([]byte, 256); ; {
		_, err := conn.Read(buf)
		var ne net.Error
		switch {
		case errors.As(err, &ne) && ne.Timeout():
			return false
		case err != nil:
			return true
		}
	}
}

func frameOf(t testing.TB, p hj212.Packet) string {
	t.Helper()
	f, err := hj212.Append(nil, &p)
	require.NoError(t, err)
	return string(f)
}

// Between two frames a device may be silent for as long as Idle says, whatever it ended the first one with: only
// the beginning of a frame has to be followed by the rest.
func TestSilenceBetweenFrames(t *testing.T) {
	const frame = 200 * time.Millisecond
	c := start(t, func(s *hj212.Server) {
		s.Limits = hj212.DefaultLimits
		s.Limits.Frame = frame
	})
	f := strings.TrimSuffix(frameOf(t, upload("D1", time.Now(), 1)), "\r\n")
	for name, tail := range map[string]string{"CR LF": "\r\n", "LF": "\n", "nothing": "", "blanks": "  \x00"} {
		require.False(t, ended(t, dialled(t, c, f+tail), 3*frame), "ended with %s", name)
	}
	require.True(t, ended(t, dialled(t, c, f+"\r\n##"), 10*time.Second), "a frame was begun")
}

// Whoever says nothing that is a frame goes, however long it keeps saying it.
func TestEndlessNothing(t *testing.T) {
	const first = 300 * time.Millisecond
	c := start(t, func(s *hj212.Server) {
		s.Limits = hj212.DefaultLimits
		s.Limits.FirstFrame = first
	})
	trickle := func(piece string) bool {
		conn := dialled(t, c, piece)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() {
			for ctx.Err() == nil {
				_, _ = conn.Write([]byte(piece))
				time.Sleep(first / 10)
			}
		}()
		return ended(t, conn, 10*time.Second)
	}
	require.True(t, trickle("\r\n"), "line ends")
	require.True(t, trickle("x"), "letters")

	// Of a device that was heard, too: noise without a number sign ends a connection as faulty frames do.
	conn := dialled(t, c, frameOf(t, upload("D1", time.Now(), 1)))
	go func() {
		for noise := []byte(strings.Repeat("noise ", 1000)); ; {
			if _, err := conn.Write(noise); err != nil {
				return
			}
		}
	}()
	require.True(t, ended(t, conn, 10*time.Second), "noise at full speed")
}

// Noise between frames is told in pieces, and the frame behind it is found.
func TestNoiseIsBounded(t *testing.T) {
	for _, noise := range []string{strings.Repeat("x", 100_000), strings.Repeat("\n", 100_000), strings.Repeat("# ", 50_000)} {
		in := hj212.NewReader(bytes.NewReader([]byte(noise + sample)))
		found, faulty := 0, 0
		for {
			_, err := in.Next()
			var fault *hj212.FrameError
			if errors.As(err, &fault) {
				require.Equal(t, hj212.FaultJunk, fault.Fault)
				require.Equal(t, int64(faulty), fault.Offset)
				faulty += fault.Len
				require.Less(t, fault.Len, 30_000)
				continue
			}
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			found++
		}
		require.Equal(t, 1, found)
		require.Greater(t, faulty, 80_000)
	}
}
