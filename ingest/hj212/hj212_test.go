package hj212_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
)

// sample is the standard's own (HJ 212-2017, appendix A).
const sample = "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80\r\n"

func all(t testing.TB, r io.Reader) (segments []string, faults []hj212.Fault) {
	t.Helper()
	in := hj212.NewReader(r)
	for {
		s, err := in.Next()
		var fault *hj212.FrameError
		switch {
		case errors.As(err, &fault):
			faults = append(faults, fault.Fault)
		case errors.Is(err, io.EOF):
			return segments, faults
		default:
			require.NoError(t, err)
			segments = append(segments, string(s))
		}
	}
}

func TestChecksum(t *testing.T) {
	require.Equal(t, uint16(0x2F80), hj212.Checksum([]byte("123456789")))
	require.Equal(t, uint16(0x1C80), hj212.Checksum([]byte(sample[6:107])))
}

func realFrames(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("UPWIND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "city", "hj212", "sample_packets.txt"))
	if err != nil {
		t.Skip("skipped: city/hj212/sample_packets.txt is not here (set UPWIND_DATA)")
	}
	return strings.Fields(string(raw))
}

func TestSixRealFrames(t *testing.T) {
	frames := realFrames(t)
	require.Len(t, frames, 6)
	want := []struct {
		mn, st   string
		flag     uint8
		readings int
		version  hj212.Version
		factor   string
		value    float64
	}{
		{"ZX00001", "22", 5, 8, hj212.V2017, "a34004", 25},
		{"2019051703100020", "43", 5, 8, hj212.V2017, "a34002", 27},
		{"690000D5800028F889221AC0", "39", 4, 9, hj212.V2017, "a01008", 0},
		{"010000A8900016F000169DC0", "22", 7, 9, hj212.V2017, "LA", 50.1},
		{"LXHB0CS0306310", "22", 5, 9, hj212.V2017, "a34004", 75600},
		{"ZLDSZ20210127", "21", 8, 11, hj212.V2025, "w21003", 0.09055002},
	}
	for i, f := range frames {
		segments, faults := all(t, strings.NewReader(f))
		require.Empty(t, faults, f)
		require.Len(t, segments, 1)
		p, err := hj212.Parse([]byte(segments[0]))
		require.NoError(t, err)
		w := want[i]
		require.Equal(t, []any{w.mn, w.st, w.flag, w.version}, []any{p.MN, p.ST, p.Flag, p.Version()})
		rs, notes, err := p.Readings(&upwind.Device{})
		require.NoError(t, err)
		require.Len(t, rs, w.readings)
		require.Len(t, notes, map[bool]int{true: 1}[i == 3], "LA-td")
		found := false
		for _, r := range rs {
			require.Equal(t, hj212.MarkNormal, r.Mark)
			if r.Factor.Code == w.factor {
				found = true
				require.InDelta(t, w.value, r.Value, 1e-12)
			}
		}
		require.True(t, found)
		// Damage: any one byte changed is noticed.
		for k := range f {
			b := []byte(f)
			b[k] ^= 1
			segments, faults := all(t, bytes.NewReader(b))
			if len(segments) > 0 {
				require.True(t, strings.EqualFold(string(b[len(b)-4:]), f[len(f)-4:]), "byte %d", k)
				continue
			}
			require.NotEmpty(t, faults)
		}
	}
	p, _ := hj212.Parse([]byte(frames[0][6 : len(frames[0])-4]))
	rs, _, _ := p.Readings(&upwind.Device{})
	require.Equal(t, time.Date(2019, 10, 18, 2, 49, 0, 0, time.UTC), rs[0].Time, "Beijing time")
}

func TestStreams(t *testing.T) {
	frame := strings.TrimSuffix(sample, "\r\n")
	segment := frame[6 : len(frame)-4]
	for name, c := range map[string]struct {
		in     string
		n      int
		faults []hj212.Fault
	}{
		"two in one read":             {sample + sample, 2, nil},
		"no line ends":                {frame + frame, 2, nil},
		"LF only":                     {frame + "\n" + frame + "\n", 2, nil},
		"lower-case CRC":              {strings.Replace(sample, "1C80", "1c80", 1), 1, nil},
		"nothing":                     {"", 0, nil},
		"heartbeat text":              {"PING\r\n" + sample, 1, []hj212.Fault{hj212.FaultJunk}},
		"junk at the end":             {sample + "xyz", 1, []hj212.Fault{hj212.FaultJunk}},
		"a third number sign":         {"#" + sample, 1, nil},
		"damaged, then good":          {strings.Replace(sample, "=30", "=31", 1) + sample, 1, []hj212.Fault{hj212.FaultCRC}},
		"length too long swallows":    {strings.Replace(sample, "0101", "0150", 1) + sample + sample, 2, []hj212.Fault{hj212.FaultCRC}},
		"length too short":            {strings.Replace(sample, "0101", "0090", 1) + sample, 1, []hj212.Fault{hj212.FaultCRC, hj212.FaultJunk}},
		"no length":                   {"##01x1" + segment + sample, 1, []hj212.Fault{hj212.FaultLength, hj212.FaultJunk}},
		"Modbus":                      {"##0009" + "123456789" + "4B37" + sample, 1, []hj212.Fault{hj212.FaultModbus}},
		"cut":                         {sample + frame[:50], 1, []hj212.Fault{hj212.FaultCut}},
		"cut, and another inside":     {frame[:50] + sample, 1, []hj212.Fault{hj212.FaultCRC}},
		"cut in the length":           {"##01", 0, []hj212.Fault{hj212.FaultCut}},
		"a segment of no bytes":       {"##0000FFFF" + sample, 2, nil},
		"blanks and zeros to keep up": {"  \x00\r\n" + sample, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			want, faults := all(t, strings.NewReader(c.in))
			require.Len(t, want, c.n)
			require.Equal(t, c.faults, faults)
			one, oneFaults := all(t, iotest.OneByteReader(strings.NewReader(c.in)))
			require.Equal(t, want, one, "a byte a read")
			require.Equal(t, faults, oneFaults)
		})
	}
	long, faults := all(t, strings.NewReader(strings.Repeat(sample, 3000)))
	require.Len(t, long, 3000)
	require.Empty(t, faults)
}

func TestParseForgives(t *testing.T) {
	for name, c := range map[string]struct {
		in, field, sub, value string
	}{
		"no semicolon before CP":    {"QN=20160801085857223;ST=31;CN=2011;PW=1;MN=A1;Flag=5CP=&&x-Rtd=1&&", "x", "Rtd", "1"},
		"comma between times":       {"ST=31;CN=2051;PW=1;MN=A1;Flag=5;CP=&&BeginTime=20160801000000,EndTime=20160801010000&&", "EndTime", "", "20160801010000"},
		"blanks after &&":           {"ST=31;CN=2011;PW=1;MN=A1;Flag=5;CP=&&  a01001-Rtd=3 &&", "a01001", "Rtd", "3"},
		"semicolon before && ":      {"ST=31;CN=2011;PW=1;MN=A1;Flag=5;CP=&&a01001-Rtd=3;&&", "a01001", "Rtd", "3"},
		"no QN, no Flag (2005)":     {"ST=31;CN=2011;PW=123456;MN=88888880000001;CP=&&DataTime=20040516021000;B01-Rtd=100&&", "B01", "Rtd", "100"},
		"text between //":           {"ST=22;CN=3020;PW=1;MN=A1;Flag=5;CP=&&DataTime=20170920100000;PolId=a;i11001-Info=//a,b;c=d//,i2-Info=3&&", "i11001", "Info", "//a,b;c=d//"},
		"RF of 2025":                {"QN=20260101000000000;ST=31;CN=2051;PW=1;MN=A1;Flag=9;RF=1;CP=&&DataTime=20260101000000&&", "DataTime", "", "20260101000000"},
		"an answer without content": {"QN=20160801085857223;ST=91;CN=9014;PW=1;MN=A1;Flag=4;CP=&&&&", "", "", ""},
	} {
		p, err := hj212.Parse([]byte(c.in))
		require.NoError(t, err, name)
		if c.field != "" {
			require.Equal(t, c.value, p.Get(c.field, c.sub), name)
		}
	}
	for in, field := range map[string]string{
		"ST=31;CN=2011;PW=1;Flag=5;CP=&&&&":                        "MN",
		"ST=31;MN=A;PW=1;Flag=5;CP=&&&&":                           "CN",
		"MN=A;CN=2011":                                             "CP",
		"MN=A;CN=2011;CP=x":                                        "CP",
		"MN=A;CN=2011;CP=&&x":                                      "CP",
		"MN=A;CN=20x1;CP=&&&&":                                     "CN",
		"MN=A.>;CN=2011;CP=&&&&":                                   "MN",
		"MN=A;CN=2011;Flag=256;CP=&&&&":                            "Flag",
		"MN=A;MN=B;CN=2011;CP=&&&&":                                "MN",
		"QN=1;MN=A;CN=2011;CP=&&&&":                                "QN",
		"MN=A;CN=2011;CP=&&novalue&&":                              "CP",
		"MN=A;CN=2011;CP=&&=3&&":                                   "CP",
		"MN=A;CN=2011;CP=&&" + strings.Repeat("a=1;", 1001) + "&&": "CP",
	} {
		_, err := hj212.Parse([]byte(in))
		var pe *hj212.ParseError
		require.ErrorAs(t, err, &pe, in)
		require.Equal(t, pe.Field, field, in)
	}
}

func TestReadings(t *testing.T) {
	p, err := hj212.Parse([]byte("QN=20160801084000000;ST=31;CN=2051;PW=1;MN=A1;Flag=5;CP=&&DataTime=20160801084000;" +
		"a21026-Cou=1.1,a21026-Min=1,a21026-Avg=20.5,a21026-Max=40,a21026-ZsAvg=31.5,a21026-Flag=D,a21026-EFlag=A01;01-Avg=5;zz9-Avg=7;a34013-Avg=;a01012-Avg=NaN;SB1-RS=1&&"))
	require.NoError(t, err)
	rs, notes, err := p.Readings(&upwind.Device{MinuteS: 300})
	require.NoError(t, err)
	require.Len(t, rs, 7)
	require.Len(t, notes, 2, "empty, NaN")
	require.Equal(t, time.Date(2016, 8, 1, 0, 40, 0, 0, time.UTC), rs[0].Time)
	require.Equal(t, 5*time.Minute, rs[0].Period)
	require.Equal(t, hj212.MarkFault, rs[0].Mark)
	require.False(t, rs[0].Mark.Valid())
	require.Equal(t, "A01", rs[0].MakerMark)
	require.True(t, rs[4].Converted)
	require.Equal(t, "SO2", rs[4].Factor.Species)
	require.Equal(t, "a34013", rs[5].Factor.Code, "a code of 2005")
	require.Equal(t, "zz9", rs[6].Factor.Code, "a code that no table has")

	rs, _, err = p.Readings(&upwind.Device{StampsEnd: true, UTC: true})
	require.NoError(t, err)
	require.Equal(t, time.Date(2016, 8, 1, 8, 30, 0, 0, time.UTC), rs[0].Time)

	for _, stamp := range []string{"", "20160801", "20161301000000", "20160230000000", "2016080124x000"} {
		p, err := hj212.Parse([]byte("CN=2011;MN=A1;CP=&&DataTime=" + stamp + ";a01001-Rtd=1&&"))
		require.NoError(t, err)
		_, _, err = p.Readings(&upwind.Device{})
		require.Error(t, err, stamp)
	}
	pm, _ := hj212.FactorOf("a34004")
	require.Equal(t, "ng/m3", pm.Unit)
	require.Equal(t, "ug/m3", hj212.UnitOf(&upwind.Device{}, pm))
	require.Equal(t, "ng/m3", hj212.UnitOf(&upwind.Device{Units: map[string]string{"PM2.5": "ng/m3"}}, pm))
}

func TestAppendIsReadBack(t *testing.T) {
	p := hj212.Packet{QN: "20160801085857223", ST: "32", CN: 1062, PW: "100000", MN: "010000A8900016F000169DC0", Flag: 5,
		CP: []hj212.Field{{Name: "RtdInterval", Value: "30"}}}
	frame, err := hj212.Append(nil, &p)
	require.NoError(t, err)
	require.Equal(t, sample, string(frame))

	p.Flag, p.Parts, p.Part = 7, 2, 1
	p.CP = []hj212.Field{{Name: "DataTime", Value: "20160801085857"}, {Name: "a34004", Sub: "Rtd", Value: "25", Item: 1}, {Name: "a34004", Sub: "Flag", Value: "N", Item: 1}}
	frame, err = hj212.Append([]byte("x"), &p)
	require.NoError(t, err)
	segments, faults := all(t, bytes.NewReader(frame[1:]))
	require.Empty(t, faults)
	back, err := hj212.Parse([]byte(segments[0]))
	require.NoError(t, err)
	require.Equal(t, p, back)
	require.True(t, back.Split())

	for name, bad := range map[string]func(*hj212.Packet){
		"a semicolon in a value": func(p *hj212.Packet) { p.CP[1].Value = "2;5" },
		"&& in a value":          func(p *hj212.Packet) { p.CP[1].Value = "2&&5" },
		"too long":               func(p *hj212.Packet) { p.CP[1].Value = strings.Repeat("1", 1000) },
		"a line end in MN":       func(p *hj212.Packet) { p.MN = "A\r\n" },
		"a short QN":             func(p *hj212.Packet) { p.QN = "1" },
		"part 3 of 2":            func(p *hj212.Packet) { p.Part = 3 },
		"no system":              func(p *hj212.Packet) { p.ST = "" },
	} {
		q := p
		q.CP = append([]hj212.Field(nil), p.CP...)
		bad(&q)
		out, err := hj212.Append([]byte("kept"), &q)
		require.Error(t, err, name)
		require.Equal(t, "kept", string(out))
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("##0009123456789" + "2F80##"))
	f.Add([]byte(strings.Replace(sample, "0101", "9999", 1) + sample))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := hj212.NewReader(bytes.NewReader(raw))
		for n := 0; ; n++ {
			require.LessOrEqual(t, n, 2*len(raw)+2, "it makes headway")
			segment, err := r.Next()
			var fault *hj212.FrameError
			if errors.As(err, &fault) {
				require.Positive(t, fault.Len)
				continue
			}
			if err != nil {
				require.ErrorIs(t, err, io.EOF)
				return
			}
			checkSegment(t, segment)
		}
	})
}

func FuzzSegment(f *testing.F) {
	f.Add([]byte(sample[6:107]))
	f.Add([]byte("ST=22;CN=3020;MN=A1;CP=&&DataTime=20170920100000;i11001-Info=//a,b;c=d//,a34004-Rtd=2&&"))
	f.Fuzz(checkSegment)
}

// checkSegment reads a segment, and what was read and may be written is read back as the same.
func checkSegment(t *testing.T, segment []byte) {
	p, err := hj212.Parse(segment)
	if err != nil {
		return
	}
	_, _, _ = p.Readings(&upwind.Device{})
	frame, err := hj212.Append(nil, &p)
	if err != nil {
		return
	}
	back, err := hj212.Parse(frame[6 : len(frame)-6])
	require.NoError(t, err, "%q", frame)
	again, err := hj212.Append(nil, &back)
	require.NoError(t, err)
	require.Equal(t, string(frame), string(again))
}

func BenchmarkFrames(b *testing.B) {
	var stream bytes.Buffer
	frames := realFrames(b)
	for range 1000 {
		for _, f := range frames {
			stream.WriteString(f + "\r\n")
		}
	}
	n := 0
	began := cpuSeconds(b)
	for b.Loop() {
		r := hj212.NewReader(bytes.NewReader(stream.Bytes()))
		for {
			s, err := r.Next()
			if err != nil {
				break
			}
			p, err := hj212.Parse(s)
			if err != nil {
				b.Fatal(err)
			}
			if _, _, err := p.Readings(&upwind.Device{}); err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/(cpuSeconds(b)-began), "frames/s/core")
}

// cpuSeconds is what this process has used, collection included: a busy machine does not change it.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func ExampleReader() {
	r := hj212.NewReader(strings.NewReader(sample))
	segment, err := r.Next()
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := hj212.Parse(segment)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(hj212.SystemKind(p.ST), p.MN, p.CN, p.Get("RtdInterval", ""), p.Version(), p.Answered())
	// Output: sewage 010000A8900016F000169DC0 1062 30 HJ 212-2017 true
}
