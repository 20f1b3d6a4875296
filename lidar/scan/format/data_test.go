package format_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/scan"
	"upwind/lidar/scan/format"
)

// data is the folder of real files, or a skip.
func data(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	path := filepath.Join(append([]string{root, "aerosol"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: no real data at %s", path)
	}
	return path
}

func read(path string) (*scan.Scan, error) {
	return format.Open(context.Background(), format.Options{}, path)
}

// Every instrument file that is at hand is read, or refused with its name and the reason. netCDF needs GDAL
// and is tested there (raster/gdal).
func TestEveryFileReadsOrIsNamed(t *testing.T) {
	for _, c := range []struct {
		file          string
		format        string
		kind          scan.Kind
		rays, ch, bin int
		refused       string // part of the sentence
	}{
		{"licel/L13A1420.591130", "licel", scan.Stare, 1, 6, 4095, ""},
		{"licel/RM10C1315.162", "licel", scan.Stare, 1, 5, 4000, ""},
		{"licel/RM10C1315.172", "licel", scan.Stare, 1, 5, 4000, ""},
		{"licel/RM1120200.012", "licel", scan.Stare, 1, 5, 4000, ""},
		{"licel/RM1120200.012.csv", "", "", 0, 0, 0, "exported by the lidar vendor's software"},
		{"licel/RM1120200.012.txt", "", "", 0, 0, 0, "exported by the lidar vendor's software"},
		{"licel/argentina_lidar_b1230700.005373", "licel", scan.Stare, 1, 3, 4096, ""},
		{"licel/ipen_RM1291010.162", "licel", scan.Stare, 1, 2, 16380, ""},
		{"halo/Background_141222-000013.txt", "", "", 0, 0, 0, "background (noise) record of a HALO lidar"},
		{"halo/Background_141222-010013.txt", "", "", 0, 0, 0, "background (noise) record of a HALO lidar"},
		{"halo/Background_150823-122811.txt", "", "", 0, 0, 0, "background (noise) record of a HALO lidar"},
		{"halo/empty.hpl", "", "", 0, 0, 0, "the file is empty"},
		{"halo/eriswil-2022-12-14-Stare_91_20221214_11.hpl", "halo-hpl", scan.Stare, 2, 3, 250, ""},
		{"halo/eriswil-2022-12-14-Stare_91_20221214_12.hpl", "halo-hpl", scan.Stare, 1, 3, 250, ""},
		{"halo/hyytiala-2023-09-13-Stare_46_20230913_23.hpl", "halo-hpl", scan.Stare, 1, 3, 320, ""},
		{"halo/soverato-2021-10-01-VAD_194_20210624_170110.hpl", "halo-hpl", scan.Cone, 2, 3, 400, ""},
		{"halo/warsaw-2021-10-01-Stare_213_20211001_18.hpl", "", "", 0, 0, 0, "line 3019, field 1: \"0\" is no decimal hour"},
		{"halo/warsaw-2022-12-13-Stare_213_20221213_04.hpl", "halo-hpl", scan.Stare, 2, 3, 333, ""},
		{"ceilometer/celio_chennai_2025-03-11.dat", "vaisala-cl", scan.Stare, 2, 1, 1540, ""},
		{"ceilometer/kauniainen_cl31.dat", "vaisala-cl", scan.Stare, 2, 1, 770, ""},
		{"ceilometer/kenttarova_cl31_msg.dat", "vaisala-cl", scan.Stare, 1, 1, 770, ""},
		{"ceilometer/palaiseau_cl31_msg.dat", "vaisala-cl", scan.Stare, 1, 1, 1500, ""},
		{"ceilometer/uto_cl31_msg.dat", "vaisala-cl", scan.Stare, 1, 1, 770, ""},
		{"savant/global_info_scann.ini", "", "", 0, 0, 0, "settings file"},
		{"eprofile/L2_0-20000-006735_A20210908.nc", "", "", 0, 0, 0, "netCDF"},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			s, err := read(data(t, filepath.FromSlash(c.file)))
			if c.refused != "" {
				require.Error(t, err)
				require.True(t, upwind.IsRefusal(err), "%v", err)
				require.ErrorContains(t, err, c.refused)
				require.ErrorContains(t, err, filepath.Base(c.file))
				t.Logf("refused: %v", err)
				return
			}
			require.NoError(t, err)
			t.Logf("%-11s %-5s %d rays, %d channels, %d bins, %s", s.Format, s.Kind, len(s.Rays), len(s.Channels), s.Channels[0].Bins, s.Rays[0].Start.Format("2006-01-02T15:04:05.00Z07:00"))
			for _, n := range s.Notes {
				t.Logf("    note: %s", n)
			}
			require.Equal(t, c.format, s.Format)
			require.Equal(t, c.kind, s.Kind)
			require.Len(t, s.Rays, c.rays)
			require.Len(t, s.Channels, c.ch)
			require.Equal(t, c.bin, s.Channels[0].Bins)
			wellFormed(t, s)
		})
	}
}

// wellFormed checks what every reader promises.
func wellFormed(t testing.TB, s *scan.Scan) {
	t.Helper()
	for i, r := range s.Rays {
		require.Len(t, r.Values, len(s.Channels))
		require.Len(t, r.Shots, len(s.Channels))
		for k, c := range s.Channels {
			require.Len(t, r.Values[k], c.Bins)
			require.NotEmpty(t, c.ID)
			require.Positive(t, c.BinM)
		}
		require.False(t, r.Stop.Before(r.Start), "ray %d", i)
		require.NotEmpty(t, r.File)
		require.False(t, math.IsNaN(r.AzimuthDeg) || math.IsNaN(r.ElevationDeg))
	}
}

// The vendor's software exported one of the files; both exports hold the values with four decimals. In bin
// 67 of the first channel the two exports differ from each other, and the CSV is cut instead of rounded.
func TestLicelEqualsTheVendorsExport(t *testing.T) {
	s, err := read(data(t, "licel", "RM1120200.012"))
	require.NoError(t, err)
	const printed, odd = 0.50001e-4, 67
	for _, c := range []struct {
		file   string
		header int
		comma  rune
		bins   int // columns before the values
	}{
		{"RM1120200.012.csv", 8, ';', 1},
		{"RM1120200.012.txt", 9, '\t', 0},
	} {
		f, err := os.Open(data(t, "licel", c.file))
		require.NoError(t, err)
		r := csv.NewReader(f)
		r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace, r.LazyQuotes = c.comma, -1, true, true
		rows, err := r.ReadAll()
		require.NoError(t, err)
		require.NoError(t, f.Close())
		rows = rows[c.header:]
		require.Len(t, rows, 4000)
		worst, worstOdd := 0.0, 0.0
		for i, row := range rows {
			for k := range s.Channels {
				want, err := strconv.ParseFloat(strings.TrimSpace(row[c.bins+k]), 64)
				require.NoError(t, err)
				d := math.Abs(s.Rays[0].Values[k][i] - want)
				if i == odd {
					worstOdd = math.Max(worstOdd, d)
				} else {
					worst = math.Max(worst, d)
				}
			}
		}
		t.Logf("%s: 20000 values, largest difference %.2g, in bin %d %.2g", c.file, worst, odd, worstOdd)
		require.LessOrEqual(t, worst, printed)
		require.LessOrEqual(t, worstOdd, 1e-4)
	}
}

func TestLicelHeaders(t *testing.T) {
	for _, c := range []struct {
		file      string
		site      string
		lon, lat  float64
		el        float64
		bits      int
		rangeMV   float64
		shots     int
		placeNote string
	}{
		{"L13A1420.591130", "Golmud", 94.5, 36.2, 90, 14, 500, 1801, "too coarse"},
		{"RM1120200.012", "Embrapa_", -60, -2.9, 90, 12, 500, 600, "too coarse"},
		{"ipen_RM1291010.162", "Sao Paul", -46.4, -23.3, 90, 12, 500, 2000, "too coarse"},
	} {
		s, err := read(data(t, "licel", c.file))
		require.NoError(t, err)
		require.Equal(t, c.site, s.Site.ID)
		require.Equal(t, []float64{c.lon, c.lat, c.el}, []float64{s.Site.Lon, s.Site.Lat, s.Rays[0].ElevationDeg})
		require.Equal(t, c.bits, s.Channels[0].ADCBits)
		require.Equal(t, c.rangeMV, s.Channels[0].ADCRangeMV)
		require.Equal(t, c.shots, s.Rays[0].Shots[0])
		require.Contains(t, strings.Join(s.Notes, "\n"), c.placeNote)
		require.False(t, s.Site.Placed)
	}
}

// savant unpacks the scan of the SAVANT campaign, or skips.
func savant(t *testing.T) string {
	t.Helper()
	archive := data(t, "savant", "2018-10-18-0045.tar.xz")
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("skipped: xz is not installed, the scan cannot be unpacked")
	}
	if _, err := exec.LookPath("tar"); err != nil {
		t.Skip("skipped: tar is not installed, the scan cannot be unpacked")
	}
	dir := t.TempDir()
	out, err := exec.Command("tar", "xf", archive, "-C", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return filepath.Join(dir, "2018-10-18-0045")
}

func TestSavantScan(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	dir := savant(t)
	summary(t, dir)
	last, err := os.ReadFile(filepath.Join(dir, "R18A1801.054595"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "temp.dat"), last, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "R18A1801.060000"), last[:3000], 0o600))

	s, err := read(dir)
	require.NoError(t, err)
	notes := strings.Join(s.Notes, "\n")
	t.Log(notes)
	wellFormed(t, s)
	require.Equal(t, scan.RHI, s.Kind)
	require.Len(t, s.Rays, 255)
	require.True(t, s.Rays[0].Parked, "the first ray is parked")
	require.Equal(t, "R18A1800.481748", s.Rays[0].File)
	at := map[float64]int{}
	for _, r := range s.Rays[1:] {
		require.False(t, r.Parked)
		require.InDelta(t, 5, r.ElevationDeg, 5.001)
		at[r.AzimuthDeg]++
	}
	require.Equal(t, map[float64]int{22: 50, 52: 51, 82: 51, 112: 51, 142: 51}, at)
	require.Len(t, s.Channels, 5, "each second copy is zero")
	require.Equal(t, []string{"355.p analog BT0", "355.p photon BC0", "355.s analog BT1", "355.s photon BC1", "387.o photon BC2"}, ids(s))
	require.Equal(t, []int{15, 15, 15, 15, 15}, s.Rays[1].Shots, "the datasets' own shots")
	for _, want := range []string{"dataset 3 repeats 355.p analog BT0", "temp.dat: a copy", "R18A1801.060000", "manufacturer's works in Athens", "azimuth 22.0 deg has 50 of 51 elevations; missing 0.0", "parked", "and 48 more: stops before it starts", "bin shift of 9"} {
		require.Contains(t, notes, want)
	}
	require.False(t, s.Site.Placed)

	site := scan.Site{Lon: -88.41, Lat: 40.21, Placed: true, ElevationSign: -1}
	opt := format.Options{Site: site, UTCOffset: -5 * 3600e9, TriggerDelay: true}
	s, err = format.Open(context.Background(), opt, filepath.Join(dir, "R18A1800.482613"), data(t, "savant", "global_info_scann.ini"))
	require.NoError(t, err)
	require.Equal(t, "U-C_VOL_S3", s.Site.ID)
	require.Equal(t, -88.41, s.Site.Lon)
	require.True(t, s.Site.Placed)
	require.Equal(t, 0.2, s.Rays[0].ElevationDeg)
	require.Equal(t, "2018-10-18T05:48:26Z", s.Rays[0].Start.Format("2006-01-02T15:04:05Z07:00"))
	require.InDelta(t, 3.75*(0.5-9), s.Channels[0].FirstM, 1e-12)
	require.InDelta(t, 3.75*0.5, s.Channels[1].FirstM, 1e-12)
}

// summary compares directions and shots with a table that others made of the same files.
func summary(t *testing.T, dir string) {
	f, err := os.Open(data(t, "reference", "savant_ray_summary.csv"))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:20] { // scan, file, time, azimuth, zenith, elevation, shots
		s, err := read(filepath.Join(dir, row[1]))
		require.NoError(t, err)
		require.Equal(t, row[3:7], []string{fmt.Sprintf("%.1f", s.Rays[0].AzimuthDeg), row[4], fmt.Sprintf("%.1f", s.Rays[0].ElevationDeg), strconv.Itoa(s.Rays[0].Shots[0])})
	}
}

func ids(s *scan.Scan) (out []string) {
	for _, c := range s.Channels {
		out = append(out, c.ID)
	}
	return out
}

func TestHaloValues(t *testing.T) {
	s, err := read(data(t, "halo", "soverato-2021-10-01-VAD_194_20210624_170110.hpl"))
	require.NoError(t, err)
	require.Equal(t, []string{"beta", "intensity", "doppler"}, ids(s))
	r := s.Rays[0]
	require.Equal(t, []float64{1.344642e-5, 1.238768, -0.5351}, []float64{r.Values[0][0], r.Values[1][0], r.Values[2][0]})
	require.Equal(t, []float64{-9.631837e-7, 0.999776, -0.8408}, []float64{s.Rays[1].Values[0][399], s.Rays[1].Values[1][399], s.Rays[1].Values[2][399]})
	require.Equal(t, "2021-06-24T17:01:14.589984Z", r.Start.Format("2006-01-02T15:04:05.000000Z07:00"))
	require.Equal(t, 15.0, s.Channels[0].FirstM)
	require.Equal(t, 10000, r.Shots[0])

	// Overlapping gates of 90 m, one every 3 m; the second ray is cut off without a line of its own.
	s, err = format.Open(context.Background(), format.Options{Salvage: true}, data(t, "halo", "warsaw-2021-10-01-Stare_213_20211001_18.hpl"))
	require.NoError(t, err)
	require.Equal(t, []float64{45, 3, 3000}, []float64{s.Channels[0].FirstM, s.Channels[0].BinM, float64(s.Channels[0].Bins)})
	require.Len(t, s.Rays, 1)
	require.Contains(t, strings.Join(s.Notes, "\n"), "1 whole ray of it used")
}

func TestCeilometerValues(t *testing.T) {
	s, err := read(data(t, "ceilometer", "kauniainen_cl31.dat"))
	require.NoError(t, err)
	r := s.Rays[0]
	require.Equal(t, "2025-02-02T00:00:03Z", r.Start.Format("2006-01-02T15:04:05Z07:00"))
	require.InDelta(t, 0x35b*1e-8, r.Values[0][0], 1e-20)
	require.InDelta(t, -0x5*1e-8, r.Values[0][69], 1e-20, "two's complement")
	require.Equal(t, 89.0, r.ElevationDeg)
	require.Equal(t, 16*1024, r.Shots[0])

	s, err = read(data(t, "ceilometer", "celio_chennai_2025-03-11.dat"))
	require.NoError(t, err)
	notes := strings.Join(s.Notes, "\n")
	t.Log(notes)
	require.Contains(t, notes, "line 14: the profile has 1592 characters")
	require.Contains(t, notes, "no time before the message on line 16")
}
