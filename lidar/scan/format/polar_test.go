package format_test

import (
	"bytes"
	"context"
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

// turn is a small scan with everything a polar table can hold.
func turn() *scan.Scan {
	start := time.Date(2026, 3, 1, 4, 0, 0, 123456789, time.UTC)
	s := &scan.Scan{
		Format: "polar-csv", Instrument: `Acme "PL-532", ü`, Kind: scan.PPI,
		Site: scan.Site{ID: "chiping", Lon: 116.2512345678901, Lat: 36.59, AltitudeM: 33, Placed: true, HeadingDeg: 12.5, DeadTimeNS: 4,
			Overlap: []scan.OverlapPoint{{RangeM: 0, Share: 0}, {RangeM: 300, Share: 1}}, DepolGain: map[string]float64{"532": 0.97}, Blocked: []scan.Sector{{FromDeg: 350, ToDeg: 10, MaxRangeM: 800}}},
		Channels: []scan.Channel{
			{ID: "532 p", WavelengthNM: 532, Polarization: scan.Parallel, Mode: scan.Analog, Unit: scan.UnitMV, BinM: 7.5, FirstM: 3.75, Bins: 4, ADCBits: 12, ADCRangeMV: 500},
			{ID: "532 s", WavelengthNM: 532, Polarization: scan.Perpendicular, Mode: scan.Photon, Unit: scan.UnitCounts, BinM: 15, FirstM: 7.5, Bins: 2},
		},
		Notes: []string{"made by hand"},
	}
	for i := range 3 {
		at := start.Add(time.Duration(i) * time.Second)
		r := scan.Ray{Start: at, Stop: at.Add(900 * time.Millisecond), AzimuthDeg: float64(i) * 1.1, ElevationDeg: 2, Shots: []int{1500, 1500 + i}, Parked: i == 0,
			Values: [][]float64{{math.Pi, math.Copysign(0, -1), math.NaN(), -1e-300}, {5e-324, math.MaxFloat64}}}
		if i == 1 {
			r.Background = []float64{0.25, math.NaN()}
		}
		s.Rays = append(s.Rays, r)
	}
	return s
}

func polarBytes(t testing.TB, s *scan.Scan, as format.Polar) []byte {
	var b bytes.Buffer
	require.NoError(t, format.WritePolar(&b, s, as))
	return b.Bytes()
}

// bits makes NaN comparable.
func bits(s *scan.Scan) (out []string) {
	for _, r := range s.Rays {
		var text strings.Builder
		fmt.Fprint(&text, r.Start.UnixNano(), r.Stop.UnixNano(), math.Float64bits(r.AzimuthDeg), math.Float64bits(r.ElevationDeg), r.Shots, r.Parked)
		for _, v := range append(append([][]float64{}, r.Values...), r.Background) {
			for _, x := range v {
				fmt.Fprintf(&text, " %x", math.Float64bits(x))
			}
			text.WriteByte(';')
		}
		out = append(out, text.String())
	}
	return out
}

func TestPolarRoundTripKeepsEveryBit(t *testing.T) {
	for as, name := range map[format.Polar]string{format.PolarCSV: "polar-csv", format.PolarJSONLines: "polar-jsonl"} {
		want := turn()
		b := polarBytes(t, want, as)
		got, err := format.Read(context.Background(), []format.File{format.Bytes("t", b)}, format.Options{})
		require.NoError(t, err)
		require.Equal(t, name, got.Format)
		require.Equal(t, bits(want), bits(got))
		require.Equal(t, []any{want.Site, want.Channels, want.Instrument, want.Kind, want.Notes}, []any{got.Site, got.Channels, got.Instrument, got.Kind, got.Notes})
		require.Equal(t, "t, line ", got.Rays[0].File[:8])
		require.Equal(t, b, polarBytes(t, got, as), "and the same bytes again")
	}
}

// A Licel ray survives the detour through a polar table.
func TestPolarHoldsALicelFile(t *testing.T) {
	want, err := read(data(t, "licel", "RM1120200.012"))
	require.NoError(t, err)
	got, err := format.Read(context.Background(), []format.File{format.Bytes("t", polarBytes(t, want, format.PolarCSV))}, format.Options{})
	require.NoError(t, err)
	require.Equal(t, bits(want), bits(got))
}

func TestPolarRefusesWithLineAndColumn(t *testing.T) {
	csv, jsonl := string(polarBytes(t, turn(), format.PolarCSV)), string(polarBytes(t, turn(), format.PolarJSONLines))
	for what, c := range map[string]struct{ table, want string }{
		"csv value":       {strings.Replace(csv, "3.141592653589793", "three", 1), `line 3, column 532 p.0: "three" is not a number`},
		"csv hexadecimal": {strings.Replace(csv, "3.141592653589793", "0x3p1", 1), `is not a number`},
		"csv count":       {strings.Replace(csv, "3.141592653589793,", "", 1), "line 3: 14 values; the header asks for 15"},
		"csv columns":     {strings.Replace(csv, "532 p.1,", "", 1), "line 2: 14 columns; the header's channels need 15"},
		"csv column name": {strings.Replace(csv, "532 p.1,", "532 p.7,", 1), `line 2, column 9: "532 p.7" was to be 532 p.1`},
		"csv time":        {strings.Replace(csv, "2026-03-01T04:00:01.123456789Z", "2026-03-01 04:00:01", 1), "line 4, column start_utc"},
		"csv azimuth":     {strings.Replace(csv, ",1.1,2,", ",400,2,", 1), "line 4, column azimuth_deg: 400 is outside"},
		"csv parked":      {strings.Replace(csv, ",0,2,1,", ",0,2,yes,", 1), "line 3, column parked"},
		"csv shots":       {strings.Replace(csv, ",1500,", ",-1500,", 1), "line 3, column 532 p.shots"},
		"csv empty line":  {strings.Replace(csv, "\n2026", "\n\n2026", 1), "line 3: an empty line among the rays"},
		"no rays":         {csv[:strings.Index(csv, "\n2026")+1], "no rays follow"},
		"unit":            {strings.Replace(csv, `"unit":"mV"`, `"unit":"V"`, 1), `line 1: channel 1: unit "V" is none of mV, MHz`},
		"no unit":         {strings.Replace(csv, `"unit":"mV",`, ``, 1), "line 1: channel 1 does not state unit"},
		"unknown key":     {strings.Replace(csv, `"unit":"mV"`, `"unit":"mV","gain":1`, 1), `unknown field "gain"`},
		"version":         {strings.Replace(csv, `"upwind_polar":1`, `"upwind_polar":2`, 1), "version 1 is read"},
		"same id":         {strings.Replace(csv, `"id":"532 s"`, `"id":"532 p"`, 1), `channel id "532 p" comes twice`},
		"lon for lat":     {strings.Replace(strings.Replace(csv, "36.59", "116.3", 1), "116.2512345678901", "36.5", 1), "are they exchanged"},
		"json count":      {strings.Replace(jsonl, "3.141592653589793,", "", 1), "line 2, values of 532 p: 3 bins; the header states 4"},
		"json value":      {strings.Replace(jsonl, "3.141592653589793,", `"3",`, 1), `value 0, "\"3\"", is neither a number nor null`},
		"json key":        {strings.Replace(jsonl, `"azimuth_deg"`, `"azimuth"`, 1), `unknown field "azimuth"`},
		"json missing":    {strings.Replace(jsonl, `"azimuth_deg":0,`, ``, 1), "line 2, azimuth_deg: is missing"},
		"json syntax":     {jsonl[:len(jsonl)-20], "line 4, column"},
		"json stop":       {strings.Replace(jsonl, "04:00:01.023456789Z", "03:00:01.023456789Z", 1), "line 2, stop_utc: stops before it starts"},
	} {
		require.True(t, c.table != csv && c.table != jsonl, "%s changes nothing", what)
		_, err := format.Read(context.Background(), []format.File{format.Bytes("t.csv", []byte(c.table))}, format.Options{})
		require.True(t, upwind.IsRefusal(err), "%s: %v", what, err)
		require.ErrorContains(t, err, c.want, what)
		require.ErrorContains(t, err, "t.csv, line", what)
	}
}

func TestPolarSaysWhatIsWholeAndSalvagesIt(t *testing.T) {
	b := polarBytes(t, turn(), format.PolarJSONLines)
	cut := []format.File{format.Bytes("t", b[:len(b)-20])}
	_, err := format.Read(context.Background(), cut, format.Options{})
	require.ErrorContains(t, err, "2 whole rays before it can be used")
	s, err := format.Read(context.Background(), cut, format.Options{Salvage: true})
	require.NoError(t, err)
	require.Len(t, s.Rays, 2)
	require.Contains(t, strings.Join(s.Notes, "\n"), "2 whole rays of it used")
}

func TestWritePolarRefusesWhatCouldNotBeReadAgain(t *testing.T) {
	for _, spoil := range []func(*scan.Scan){
		func(s *scan.Scan) { s.Channels[0].ID = "a,b" },
		func(s *scan.Scan) { s.Rays[1].Values[0][0] = math.Inf(1) },
		func(s *scan.Scan) { s.Rays[1].Values[0] = nil },
		func(s *scan.Scan) { s.Rays[1].ElevationDeg = math.NaN() },
	} {
		s := turn()
		spoil(s)
		require.Error(t, format.WritePolar(&bytes.Buffer{}, s, format.PolarCSV))
	}
}

func ExampleRead() {
	table := `#upwind-polar {"upwind_polar":1,"instrument":"Acme","site":{"lon":116.25,"lat":36.59,"placed":true},"channels":[{"id":"532","wavelength_nm":532,"mode":"photon","unit":"MHz","bin_m":7.5,"first_m":3.75,"bins":2}]}
start_utc,stop_utc,azimuth_deg,elevation_deg,parked,532.shots,532.background,532.0,532.1
2026-03-01T04:00:00Z,2026-03-01T04:00:01Z,90,2,0,1500,,0.5,0.25
2026-03-01T04:00:01Z,2026-03-01T04:00:02Z,92,2,0,1500,,0.5,1/4
`
	files := []format.File{format.Bytes("turn.csv", []byte(table))}
	_, err := format.Read(context.Background(), files, format.Options{})
	fmt.Println(err)
	s, err := format.Read(context.Background(), files, format.Options{Salvage: true})
	fmt.Println(s.Kind, len(s.Rays), s.Channels[0].RangeM(1), err)
	// Output:
	// turn.csv, line 4, column 532.1: "1/4" is not a number; leave it empty where there is none; 1 whole ray before it can be used; copy it again from the instrument, or ask for what is whole of it
	// stare 1 11.25 <nil>
}

func ExampleWritePolar() {
	at := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	s := &scan.Scan{
		Instrument: "Acme PL-532", Kind: scan.PPI, Site: scan.Site{Lon: 116.25, Lat: 36.59, Placed: true},
		Channels: []scan.Channel{{ID: "532", WavelengthNM: 532, Mode: scan.Analog, Unit: scan.UnitMV, BinM: 7.5, FirstM: 3.75, Bins: 3}},
		Rays:     []scan.Ray{{Start: at, Stop: at.Add(time.Second), AzimuthDeg: 90, ElevationDeg: 2, Shots: []int{1500}, Values: [][]float64{{0.5, math.NaN(), 0.25}}}},
	}
	var b bytes.Buffer
	if err := format.WritePolar(&b, s, format.PolarCSV); err != nil {
		fmt.Println(err)
		return
	}
	_, rows, _ := strings.Cut(b.String(), "\n")
	fmt.Fprint(os.Stdout, rows)
	// Output:
	// start_utc,stop_utc,azimuth_deg,elevation_deg,parked,532.shots,532.background,532.0,532.1,532.2
	// 2026-03-01T04:00:00Z,2026-03-01T04:00:01Z,90,2,0,1500,,0.5,,0.25
}

// The examples of the format's page are read.
func TestPolarPageExamplesAreRead(t *testing.T) {
	page, err := os.ReadFile("../../../docs/formats/polar.md")
	require.NoError(t, err)
	blocks := strings.Split(string(page), "```\n")
	require.Len(t, blocks, 5)
	for i, want := range map[int]int{1: 2, 3: 1} {
		s, err := format.Read(context.Background(), []format.File{format.Bytes("page", []byte(blocks[i]))}, format.Options{})
		require.NoError(t, err)
		require.Len(t, s.Rays, want)
		require.True(t, math.IsNaN(s.Rays[0].Values[0][1]))
	}
}
