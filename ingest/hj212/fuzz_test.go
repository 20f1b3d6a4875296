package hj212_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
)

// FuzzPieces reads a stream in pieces of any size: the same frames and faults come out as of the whole.
func FuzzPieces(f *testing.F) {
	f.Add([]byte(sample+sample), uint8(7))
	f.Add([]byte("###"+sample[:40]+sample+"\x00PING##0009123456789"+"4B37#"), uint8(1))
	f.Fuzz(func(t *testing.T, raw []byte, size uint8) {
		want, wantFaults := all(t, bytes.NewReader(raw))
		got, gotFaults := all(t, &pieces{raw, int(size)%64 + 1})
		require.Equal(t, want, got)
		require.Equal(t, wantFaults, gotFaults)
	})
}

// pieces reads at most n bytes at a time.
type pieces struct {
	b []byte
	n int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.b[:min(p.n, len(p.b))])
	p.b = p.b[n:]
	return n, nil
}

// FuzzReadings reads the values of data as devices of any setting send them.
func FuzzReadings(f *testing.F) {
	f.Add("DataTime=20260101080000;a34002-Rtd=30,a34002-Flag=N;LA-td=50", uint16(2011), 2017, true, false, 60)
	f.Add("DataTime=20261231235959;a21026-ZsAvg=1e300,a21026-Cou=-0,a21026-Flag=T;w01018-Max=NaN", uint16(2051), 2005, false, true, -5)
	f.Add("QN=20260101080000000;DataTime=00000101000000;01-Avg=9999;x-DayData=0x1p9", uint16(2031), 1, true, true, 1<<40)
	f.Fuzz(func(t *testing.T, cp string, cn uint16, year int, end, utc bool, minute int) {
		p, err := hj212.Parse([]byte("QN=20260101080000123;ST=22;MN=A1;Flag=5;CN=2011;CP=&&" + cp + "&&"))
		if err != nil {
			return
		}
		p.CN = int(cn)
		d := upwind.Device{MN: "A1", Version: &year, StampsEnd: end, UTC: utc, MinuteS: minute, Units: map[string]string{"PM10": "ng/m3"}}
		readings, _, err := p.Readings(&d)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(readings), len(p.CP))
		for _, r := range readings {
			require.NotNil(t, r.Factor)
			require.Equal(t, readings[0].Time, r.Time)
			require.False(t, r.Value != r.Value, "NaN is no value")
			_ = r.Doubt(hj212.UnitOf(&d, r.Factor))
		}
	})
}

// FuzzAppend writes any packet: what is not refused is read back as it was, but for blanks at the ends of a value.
func FuzzAppend(f *testing.F) {
	f.Add("20260101080000123", "22", 2011, "123456", "A1", uint8(5), 0, 0, "a34002", "Rtd", "30")
	f.Add("", "39", 1, "", "010000A8900016F000169DC0", uint8(7), 9, 9, "i11001", "Info", "//x//")
	f.Fuzz(func(t *testing.T, qn, st string, cn int, pw, mn string, flag uint8, parts, part int, name, sub, value string) {
		p := hj212.Packet{QN: qn, ST: st, CN: cn, PW: pw, MN: mn, Flag: flag, Parts: parts, Part: part,
			CP: []hj212.Field{{Name: "DataTime", Value: "20260101080000"}, {Name: name, Sub: sub, Value: value, Item: 1}}}
		frame, err := hj212.Append(nil, &p)
		if err != nil {
			require.Empty(t, frame)
			return
		}
		segments, faults := all(t, bytes.NewReader(frame))
		require.Empty(t, faults)
		require.Len(t, segments, 1)
		back, err := hj212.Parse([]byte(segments[0]))
		require.NoError(t, err, "%q", frame)
		require.Equal(t, []any{p.QN, p.ST, p.CN, p.PW, p.MN, p.Flag}, []any{back.QN, back.ST, back.CN, back.PW, back.MN, back.Flag})
		require.Len(t, back.CP, 2)
		again, err := hj212.Append(nil, &back)
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(string(frame[6:len(frame)-6]), " ", ""), strings.ReplaceAll(string(again[6:len(again)-6]), " ", ""), "but for blanks")
	})
}

// wire is a listener whose connections are pipes in memory.
type wire struct {
	conns chan net.Conn
	once  sync.Once
}

func (w *wire) Accept() (net.Conn, error) {
	if c, ok := <-w.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (w *wire) Close() error   { w.once.Do(func() { close(w.conns) }); return nil }
func (w *wire) Addr() net.Addr { return &net.TCPAddr{} }

// FuzzServer sends anything to a server, which answers or hangs up, and goes on for the next.
func FuzzServer(f *testing.F) {
	good := upload("D1", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 1)
	frame, err := hj212.Append(nil, &good)
	require.NoError(f, err)
	f.Add(frame)
	f.Add(append(bytes.Clone(frame), frame...))
	f.Add([]byte(strings.Replace(string(frame), "DataTime", "DateTime", 1)))
	for _, segment := range []string{"ST=22;CN=1013;MN=D1;Flag=1;CP=&&&&", "QN=20260101080000123;ST=91;CN=9011;MN=D1;PW=1;CP=&&QnRtn=1&&", "ST=22;CN=2051;MN=D2;Flag=3;PNUM=2;PNO=1;CP=&&DataTime=20260101080000&&",
		"ST=31;CN=2061;MN=D3;Flag=9;CP=&&QN=1;DataTime=19700101000000;a00000-Cou=1&&"} {
		f.Add([]byte("##" + string([]byte{'0', '0', byte('0' + len(segment)/10), byte('0' + len(segment)%10)}) + segment + "\r\n"))
	}
	w := &wire{conns: make(chan net.Conn)}
	s := &hj212.Server{
		Lookup:  func(mn string) (upwind.Device, bool) { return upwind.Device{MN: mn}, strings.HasPrefix(mn, "D") },
		Publish: func(context.Context, []hj212.Upload) error { return nil },
		Doctor:  hj212.NewDoctor(), SetClocks: true, Limits: hj212.DefaultLimits,
	}
	s.Limits.Flush = time.Microsecond
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(ctx, w)
	}()
	f.Cleanup(func() {
		stop()
		<-ended
	})
	f.Fuzz(func(t *testing.T, raw []byte) {
		// A frame of a device as the fuzzer wrote it has no right CRC: half of the runs get one.
		if len(raw) > 0 && raw[0]&1 == 0 && len(raw) < 2000 {
			if p, err := hj212.Parse(raw[1:]); err == nil {
				if f, err := hj212.Append(nil, &p); err == nil {
					raw = f
				}
			}
		}
		device, centre := net.Pipe()
		w.conns <- centre
		read := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, device)
			read <- err
		}()
		_ = device.SetDeadline(time.Now().Add(10 * time.Second))
		_, werr := device.Write(raw)
		if werr == nil {
			_ = device.Close()
		}
		err := <-read
		require.False(t, errors.Is(err, context.DeadlineExceeded) || errors.Is(werr, context.DeadlineExceeded), "the server hangs")
		_ = device.Close()
		_ = s.Doctor.Findings(time.Now())
	})
}
