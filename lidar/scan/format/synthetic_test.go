package format_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/scan"
	"upwind/lidar/scan/format"
)

// licelSpec describes a small Licel file: two datasets of 6 bins.
type licelSpec struct {
	name, place, plan, thirdLaser string
	second                        int // of the start
	analog                        []int32
}

func licelFile(s licelSpec) []byte {
	if s.name == "" {
		s.name = "RM1.1"
	}
	if s.place == "" {
		s.place = "0170 116.2534 36.0631 -2.0 22.0 15.0 1013.0"
	}
	if s.analog == nil {
		s.analog = []int32{30, 60, 90, 120, 150, 180}
	}
	var b bytes.Buffer
	line := func(f string, a ...any) { fmt.Fprintf(&b, " %-76s\r\n", fmt.Sprintf(f, a...)) }
	line("%s", s.name)
	line("Two words 01/03/2026 04:00:%02d 01/03/2026 04:00:%02d %s", s.second, s.second+1, s.place)
	if s.plan != "" {
		line("%s", s.plan)
	}
	line("0000015 0020 0000015 0000 02%s", s.thirdLaser)
	line("1 0 1 00006 1 0780 3.75 00355.p 0 0 00 000 12 000015 0.500 BT0")
	line("1 1 1 00006 1 0780 3.75 00355.s 0 0 00 000 00 000014 4.3651 BC0")
	b.WriteString("\r\n")
	_ = binary.Write(&b, binary.LittleEndian, s.analog)
	b.WriteString("\r\n")
	_ = binary.Write(&b, binary.LittleEndian, []int32{14, 28, 42, 56, 70, 84})
	b.WriteString("\r\n")
	return b.Bytes()
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func readAll(t testing.TB, opt format.Options, files ...format.File) *scan.Scan {
	t.Helper()
	s, err := format.Read(context.Background(), files, opt)
	require.NoError(t, err)
	wellFormed(t, s)
	return s
}

func TestLicelUnits(t *testing.T) {
	s := readAll(t, format.Options{}, format.Bytes("RM1.1", licelFile(licelSpec{})))
	require.Equal(t, "Two words", s.Site.ID)
	require.True(t, s.Site.Placed)
	require.InDeltaSlice(t, []float64{2 * 500.0 / 4096, 4 * 500.0 / 4096}, s.Rays[0].Values[0][:2], 1e-12, "30 counts of 15 shots, 12 bits of 500 mV")
	require.InDeltaSlice(t, []float64{40, 80}, s.Rays[0].Values[1][:2], 1e-12, "one count a shot in 3.75 m is 40 MHz")
	require.Equal(t, []int{15, 14}, s.Rays[0].Shots)
	require.Equal(t, 2.0, s.Rays[0].ElevationDeg, "below zero: from the horizon, upward negative")
	require.Equal(t, 22.0, s.Rays[0].AzimuthDeg)
	require.Equal(t, []scan.Polarization{scan.Parallel, scan.Perpendicular}, []scan.Polarization{s.Channels[0].Polarization, s.Channels[1].Polarization})
}

func TestLicelAngles(t *testing.T) {
	const plan = "22.0 162.0 30.0  00.0 -10.0 00.2  05.0"
	for _, c := range []struct {
		place, plan, third string
		sign, az, el       float64
		parked             bool
	}{
		{"0 1.123 2.123", "", "", 0, 0, 90, false},
		{"0 1.123 2.123 00", "", "", 0, 0, 90, false},
		{"0 1.123 2.123 30 10", "", "", 0, 10, 60, false},
		{"0 1.123 2.123 -90 00 30.0 1013.0", "", "", 0, 0, 90, false},
		{"0 1.123 2.123 30 10", "", "", 1, 10, 30, false},
		{"0 1.123 2.123 -2.0 22.0 15.0 1013.0", plan, "", 0, 27, 2, false},
		{"0 1.123 2.123 -2.0 22.0 15.0 1013.0", plan, "", 1, 27, -2, false},
		{"0 1.123 2.123 -2.0 22.0", "", " 0000000 0000", 0, 22, 2, false},
	} {
		s := readAll(t, format.Options{Site: scan.Site{ElevationSign: c.sign}}, format.Bytes("RM1.1", licelFile(licelSpec{place: c.place, plan: c.plan, thirdLaser: c.third})))
		require.Equal(t, []any{c.az, c.el, c.parked}, []any{s.Rays[0].AzimuthDeg, s.Rays[0].ElevationDeg, s.Rays[0].Parked}, "%+v", c)
	}
}

func TestLicelFolderFaultsAreNamedAndTheRestUsed(t *testing.T) {
	plan := "22.0 162.0 30.0  00.0 -10.0 00.2  00.0"
	at := func(second int, az string, change func([]byte) []byte) format.File {
		name := fmt.Sprintf("R%d", second)
		b := licelFile(licelSpec{name: name, plan: plan, second: second, place: "170 116.2534 36.0631 -2.0 " + az + " 15.0 1013.0"})
		if change != nil {
			b = change(b)
		}
		return format.Bytes(name, b)
	}
	same := func(b []byte) []byte { return b }
	s := readAll(t, format.Options{},
		at(1, "22.0", same), at(2, "52.0", func(b []byte) []byte { return b[:len(b)-9] }), at(3, "82.0", func(b []byte) []byte { return b[:len(b)-26] }),
		at(4, "0.0", same), at(5, "112.0", func(b []byte) []byte { return bytes.Replace(b, []byte(" 00006 "), []byte(" 6x "), 1) }),
		at(6, "142.0", func(b []byte) []byte { return bytes.Replace(b, []byte("00355.s"), []byte("00387.s"), 1) }),
		format.Bytes("temp.dat", licelFile(licelSpec{name: "R1", plan: plan, second: 1, place: "170 116.2534 36.0631 -2.0 22.0 15.0 1013.0"})),
		format.Bytes("readme.txt", []byte("hello")))
	notes := strings.Join(s.Notes, "\n")
	t.Log(notes)
	require.Len(t, s.Rays, 4)
	require.Equal(t, []bool{false, false, false, true}, []bool{s.Rays[0].Parked, s.Rays[1].Parked, s.Rays[2].Parked, s.Rays[3].Parked})
	require.True(t, math.IsNaN(s.Rays[1].Values[1][5]), "the bin that was cut off")
	require.Equal(t, 160.0, s.Rays[1].Values[1][3])
	require.True(t, math.IsNaN(s.Rays[2].Values[1][0]))
	for _, want := range []string{"R2, byte", "dataset 2 of 2, after 4 of its 6 bins", "R3, byte", `R5, line 5, field 4: "6x" is no number of bins`, "R6: other datasets", "R4: points beside the scan line", "readme.txt: in no lidar format", "temp.dat: a copy"} {
		require.Contains(t, notes, want)
	}
}

func TestLicelLoneFaultsAreRefused(t *testing.T) {
	whole := string(licelFile(licelSpec{}))
	for what, c := range map[string]struct{ body, want string }{
		"cut":         {whole[:len(whole)-9], "the file ends in dataset 2 of 2, after 4 of its 6 bins; 1 of its 2 datasets are whole"},
		"shifted":     {strings.Replace(whole, "\r\n\x0e\x00", "\r\nXX\x0e\x00", 1), "dataset 2 of 2 does not end where its 6 bins do"},
		"zero":        {whole[:len(whole)-52] + strings.Repeat(strings.Repeat("\x00", 24)+"\r\n", 2), "every signal of the scan is zero"},
		"off":         {strings.NewReplacer("\n 1 0 1", "\n 0 0 1", "\n 1 1 1", "\n 0 1 1").Replace(whole[:len(whole)-52]), "every dataset is switched off"},
		"bins":        {strings.Replace(whole, " 00006 ", " 99999999 ", 1), "line 4, field 4"},
		"bits":        {strings.Replace(whole, " 12 000015", " 00 000015", 1), "line 4, field 13: an analog dataset without bits"},
		"datasets":    {strings.Replace(whole, " 0000 02 ", " 0000 03 ", 1), "line 6"},
		"date":        {strings.Replace(whole, "01/03/2026 04", "31/02/2026 04", 1), "line 2: the start"},
		"no latitude": {string(licelFile(licelSpec{place: "1 2"})), "altitude, longitude and latitude were to follow"},
	} {
		_, err := format.Read(context.Background(), []format.File{format.Bytes("x", []byte(c.body))}, format.Options{})
		require.True(t, upwind.IsRefusal(err), "%s: %v", what, err)
		require.ErrorContains(t, err, c.want, what)
		require.Regexp(t, "^x[,:] ", err.Error(), what)
	}
}

// haloFile writes an .hpl file as the instrument does.
func haloFile(rays, gates int, kind, point string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "Filename:\tx.hpl\r\nSystem ID:\t91\r\nNumber of gates:\t%d\r\nRange gate length (m):\t30.0\r\nGate length (pts):\t10\r\nPulses/ray:\t20000\r\nNo. of rays in file:\t1\r\nScan type:\t%s\r\nFocus range:\t65535\r\nStart time:\t20221214 23:59:18.99\r\nResolution (m/s):\t0.0382\r\nAltitude of measurement (center of gate) = (range gate + 0.5) * Gate length\r\nData line 1: Decimal time (hours)  Azimuth (degrees)  Elevation (degrees) Pitch (degrees) Roll (degrees)\r\nf9.6,1x,f6.2,1x,f6.2\r\nData line 2: Range Gate  Doppler (m/s)  Intensity (SNR + 1)  Beta (m-1 sr-1)\r\ni3,1x,f6.4,1x,f8.6,1x,e12.6 - repeat for no. gates\r\n****\r\n", gates, kind)
	head := b.Len()
	for i := range rays {
		fmt.Fprintf(&b, "%f %.2f  2.00 -0.01 -0.20\r\n", math.Mod(23.99+float64(i)*0.02, 24), float64(i)*10)
		for g := range gates {
			fmt.Fprintf(&b, "%3d %.4f %.6f  %E\r\n", g, float64(g)-1.5, 1.01, 1e-6*float64(g+1))
		}
	}
	text := b.String()
	if point != "." {
		text = text[:head] + strings.ReplaceAll(text[head:], ".", point)
		text = strings.NewReplacer("30.0", "30"+point+"0", "18.99", "18"+point+"99").Replace(text)
	}
	return []byte(text)
}

func TestHaloDecimalCommasAndMidnight(t *testing.T) {
	for _, point := range []string{".", ","} {
		s := readAll(t, format.Options{}, format.Bytes("x.hpl", haloFile(5, 4, "PPI", point)))
		require.Equal(t, scan.PPI, s.Kind)
		require.Equal(t, "2022-12-14T23:59:24Z", s.Rays[0].Start.Format(time.RFC3339Nano))
		require.Equal(t, "2022-12-15T00:00:36Z", s.Rays[1].Start.Format(time.RFC3339Nano), "past midnight")
		require.Equal(t, []float64{3e-6, 1.01, 0.5}, []float64{s.Rays[2].Values[0][2], s.Rays[2].Values[1][2], s.Rays[2].Values[2][2]})
		require.Equal(t, 20.0, s.Rays[2].AzimuthDeg)
	}
	s := readAll(t, format.Options{}, format.Bytes("x.hpl", haloFile(2, 4, "Stare - overlapping", ".")))
	require.Equal(t, []float64{15, 3}, []float64{s.Channels[0].FirstM, s.Channels[0].BinM})
}

func TestHaloRefusals(t *testing.T) {
	text := string(haloFile(2, 4, "PPI", "."))
	for what, c := range map[string]struct{ body, want string }{
		"gate":      {strings.Replace(text, "\r\n  2 0.5", "\r\n  3 0.5", 1), "line 21, field 1: gate 2 of 4 was to follow"},
		"number":    {strings.Replace(text, " 1.010000", " ********", 1), "line 19, field 3"},
		"cut":       {text[:len(text)-60], "1 whole ray before it can be used"},
		"no header": {"Filename:\tx.hpl\r\nNumber of gates:\t4\r\n", "does not end in a line of asterisks"},
		"no rays":   {text[:strings.Index(text, "****")+6], "followed by no rays"},
		"text":      {strings.Replace(text, "Number of gates:\t4", "Number of gates:\tfour", 1), "line 3: \"Number of gates:\\tfour\" cannot be understood"},
	} {
		_, err := format.Read(context.Background(), []format.File{format.Bytes("x.hpl", []byte(c.body))}, format.Options{})
		require.True(t, upwind.IsRefusal(err), "%s: %v", what, err)
		require.ErrorContains(t, err, c.want, what)
	}
}

// mplSpec describes an .mpl file of the published layout (data file version 5): no real one is at hand.
type mplSpec struct{ channels, bins, first, data, rays, scan int }

func mplFile(s mplSpec) []byte {
	var b bytes.Buffer
	put := func(v ...any) {
		for _, x := range v {
			_ = binary.Write(&b, binary.LittleEndian, x)
		}
	}
	for i := range max(1, s.rays) {
		put(uint16(5012), uint16(405), uint16(2026), uint16(3), uint16(1), uint16(4), uint16(0), uint16(i))
		put(uint32(2500), int32(2500), uint32(5000), uint32(2100), uint32(0), uint32(2200), uint32(2300), uint32(0))
		put(float32(0.25), float32(0.01), uint16(s.channels), uint32(s.bins), float32(1e-7), float32(0))
		put(uint16(s.data), uint16(s.scan), uint16(2), float32(10*i), float32(3), float32(0), [6]byte{}, uint16(532))
		put(float32(36.59), float32(116.25), float32(33), uint8(0), uint8(5), float32(0.5), float32(0.02), uint8(0))
		put(uint16(s.first), uint8(1), uint16(2500), uint16(0), uint16(163), uint8(0))
		put([6]float32{}, int16(0), [2]float32{})
		for c := range s.channels {
			for bin := range s.bins {
				put(float32(100*c + bin + i))
			}
		}
	}
	return b.Bytes()
}

func TestMPL(t *testing.T) {
	b := mplFile(mplSpec{channels: 2, bins: 8, first: 2, data: 6, rays: 4, scan: 1})
	require.Len(t, b, 4*(163+2*8*4))
	s := readAll(t, format.Options{}, format.Bytes("x.mpl", b))
	require.Equal(t, "sigma-mpl", s.Format)
	require.Equal(t, scan.PPI, s.Kind)
	require.Equal(t, []string{"cross", "co"}, ids(s))
	c := s.Channels[1]
	require.InDelta(t, 14.9896229, c.BinM, 1e-6)
	require.InDelta(t, c.BinM/2, c.FirstM, 1e-9)
	require.Equal(t, []any{6, 532.0, scan.UnitMHz}, []any{c.Bins, c.WavelengthNM, c.Unit})
	require.Equal(t, []float64{103, 104, 105, 106, 107, 108}, s.Rays[1].Values[1], "from the first data bin on")
	require.Equal(t, []float64{0.25, 0.5}, s.Rays[1].Background)
	require.Equal(t, []any{10.0, 3.0, 2500}, []any{s.Rays[1].AzimuthDeg, s.Rays[1].ElevationDeg, s.Rays[1].Shots[0]})
	require.Equal(t, time.Second, s.Rays[1].Stop.Sub(s.Rays[1].Start))
	require.True(t, s.Site.Placed)
	require.InDelta(t, 36.59, s.Site.Lat, 1e-5)

	_, err := format.Read(context.Background(), []format.File{format.Bytes("x.mpl", b[:len(b)-10])}, format.Options{})
	require.ErrorContains(t, err, "x.mpl, record 4 at byte 681: the file ends 10 bytes before the end of the record; 3 whole rays before it can be used")

	// Versions that write both channels though only one was measured.
	one := mplFile(mplSpec{channels: 1, bins: 4, data: 4})
	both := append(append(append([]byte{}, one...), make([]byte, 16)...), append(append([]byte{}, one...), make([]byte, 16)...)...)
	s = readAll(t, format.Options{}, format.Bytes("x.mpl", both), format.Bytes("y.mpl", mplFile(mplSpec{channels: 1, bins: 4, data: 4, rays: 2})))
	require.Len(t, s.Rays, 2, "equal rays are one")
	require.Equal(t, []string{"channel 1"}, ids(s))
}

// clMessage is a message of a CL31 or CL51 with a profile of ones.
func clMessage(shape string, bins int) []byte {
	return []byte("-2026-03-01 04:00:05\r\n\x01CL018121\x02\r\n00 ///// ///// ///// 000000000080\r\n  0 ///  0 ///  0 ///  0 ///  0 ///\r\n00100 " + shape + " 103 +24 100 14 0003 L0016HN15 003\r\n" + strings.Repeat("fffff", bins) + "\r\n\x03\r\n")
}

func TestCLUnitsAndFeet(t *testing.T) {
	m := clMessage("10 0004", 4)
	s := readAll(t, format.Options{}, format.Bytes("x.dat", m))
	require.Equal(t, []float64{10, 5, 76}, []float64{s.Channels[0].BinM, s.Channels[0].FirstM, s.Rays[0].ElevationDeg})
	require.InDelta(t, -1e-8, s.Rays[0].Values[0][3], 1e-22)
	require.Equal(t, "2026-03-01T04:00:05Z", s.Rays[0].Start.Format(time.RFC3339))
	feet := bytes.Replace(m, []byte("000000000080"), []byte("000000000000"), 1)
	s = readAll(t, format.Options{}, format.Bytes("x.dat", feet))
	require.InDelta(t, 3.048, s.Channels[0].BinM, 1e-12)
	s = readAll(t, format.Options{}, format.Bytes("x.dat", bytes.Replace(m, []byte("00100 10"), []byte("00120 10"), 1)))
	require.Contains(t, strings.Join(s.Notes, "\n"), "scale its profile by 120 %")
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s = readAll(t, format.Options{Start: at}, format.Bytes("x.dat", m[22:]))
	require.Equal(t, at, s.Rays[0].Start)
}

func TestCLChecksum(t *testing.T) {
	whole := data(t, "ceilometer", "palaiseau_cl31_msg.dat")
	s, err := read(whole)
	require.NoError(t, err)
	require.Len(t, s.Rays, 1)
	b := must(os.ReadFile(whole))
	b[300]++ // one digit of the profile
	_, err = format.Read(context.Background(), []format.File{format.Bytes("x.dat", b)}, format.Options{})
	require.True(t, upwind.IsRefusal(err))
	require.ErrorContains(t, err, `x.dat, line 6: the checksum "1bd6" is not that of the message`)
}

func TestMixedFormatsAndNothing(t *testing.T) {
	_, err := format.Read(context.Background(), []format.File{format.Bytes("a.hpl", haloFile(1, 3, "Stare", ".")), format.Bytes("b.dat", clMessage("10 0004", 4))}, format.Options{})
	require.ErrorContains(t, err, "1 halo-hpl, 1 vaisala-cl")
	_, err = format.Read(context.Background(), nil, format.Options{})
	require.True(t, upwind.IsRefusal(err))
	_, err = format.Read(context.Background(), []format.File{format.Bytes("photo.jpg", []byte("\xff\xd8\xff"))}, format.Options{})
	require.ErrorContains(t, err, "photo.jpg: it is in no lidar format that is known here")
	_, err = format.Open(context.Background(), format.Options{}, t.TempDir())
	require.ErrorContains(t, err, "the folder holds no files")
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = format.Read(stopped, []format.File{format.Bytes("RM1.1", licelFile(licelSpec{}))}, format.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestAzimuthGapIsSaid(t *testing.T) {
	s := turn()
	r := s.Rays[1]
	s.Rays = nil
	for az := 0.0; az < 360; az += 2 {
		if az > 84 && az < 96 {
			continue
		}
		r.AzimuthDeg, r.Start, r.Stop = az, r.Start.Add(time.Second), r.Stop.Add(time.Second)
		s.Rays = append(s.Rays, r)
	}
	s.Kind, s.Notes = "", nil
	got := readAll(t, format.Options{}, format.Bytes("t", polarBytes(t, s, format.PolarCSV)))
	require.Equal(t, scan.PPI, got.Kind)
	require.Equal(t, []string{"no rays between azimuths 84.0 and 96.0 deg, where the step is 2.0"}, got.Notes)
}
