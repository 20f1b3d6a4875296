package ingest

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/flight"
)

var now = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)

func accept(t testing.TB, sink Sink, opt Options, paths ...string) Report {
	t.Helper()
	if opt.Now.IsZero() {
		opt.Now = now
	}
	opt.TempDir = t.TempDir()
	r, err := Accept(context.Background(), paths, opt, sink, nil)
	require.NoError(t, err)
	left, err := os.ReadDir(opt.TempDir)
	require.NoError(t, err)
	require.Empty(t, left, "unpacked files were left behind")
	return r
}

func entry(t testing.TB, r Report, ending string) Entry {
	t.Helper()
	for _, e := range r.Entries {
		if strings.HasSuffix(e.Path, ending) {
			return e
		}
	}
	t.Fatalf("no entry for %s in %+v", ending, r.Entries)
	return Entry{}
}

// TestPicturesOfAFolderAreAFlight: what no picture says alone is said of all of them, also of those in an archive.
func TestPicturesOfAFolderAreAFlight(t *testing.T) {
	dir := t.TempDir()
	files, names := map[string][]byte{}, []string{}
	for i := range leastFlight {
		name := fmt.Sprintf("DJI_%d.jpg", i+8)
		files[name] = append(tinyJPEG(t), byte(i))
		names = append(names, name)
		write(t, dir, "DCIM/"+name, files[name])
		if i > 0 {
			write(t, dir, "few/"+name, append(files[name], 1))
		}
	}
	zip := write(t, dir, "flight.zip", zipOf(t, files, names...))
	r := accept(t, newMemorySink(t), Options{}, filepath.Join(dir, "DCIM"), filepath.Join(dir, "few"), zip)
	require.Len(t, r.Flights, 2)
	for _, f := range r.Flights {
		require.Equal(t, leastFlight, f.Pictures)
		require.Contains(t, f.Path, "DJI_")
		require.Len(t, f.Findings, 2)
		require.Equal(t, flight.NoPosition, f.Findings[0].Code)
		require.Equal(t, names, f.Findings[0].Pictures)
		require.Equal(t, flight.NoTime, f.Findings[1].Code)
	}
}

// TestAcceptFolder: one of everything, and a bad file never stops the others.
func TestAcceptFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/ortho.tif", tinyTIFF(true))
	write(t, dir, "a/plain.tif", tinyTIFF(false))
	write(t, dir, "a/ground.png", tinyPNG())
	write(t, dir, "a/photo.jpg", tinyJPEG(t))
	write(t, dir, "b/wind.csv", []byte(windHead+"\n"+windRow+"\n"))
	write(t, dir, "b/readings.csv", []byte(readHead+"\n"+readRow+"\n"))
	write(t, dir, "b/future.csv", []byte(readHead+"\n"+strings.Replace(readRow, "2026", "2027", 1)+"\n"))
	write(t, dir, "b/short.csv", []byte("start_utc,duration_s,id,lon,lat,height_m,speed_ms\n"))
	write(t, dir, "c/grid.geojson", []byte(oneGrid))
	write(t, dir, "c/sites.geojson", []byte(oneSite))
	write(t, dir, "d/empty.tif", nil)
	write(t, dir, "d/cut.tif", tinyTIFF(true)[:40])
	write(t, dir, "d/notes.docx", []byte("PK\x03\x04broken"))
	write(t, dir, "d/readme.txt", []byte("hello\n"))
	write(t, dir, ".DS_Store", []byte("x"))
	outside := write(t, t.TempDir(), "secret.tif", tinyTIFF(true))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "link.tif")))
	require.NoError(t, os.Symlink(filepath.Dir(outside), filepath.Join(dir, "linkdir")))

	sink := newMemorySink(t)
	r := accept(t, sink, Options{}, dir)
	for ending, want := range map[string]Status{
		"a/ortho.tif": StatusAccepted, "a/plain.tif": StatusHeld, "a/ground.png": StatusHeld, "a/photo.jpg": StatusHeld,
		"b/wind.csv": StatusAccepted, "b/readings.csv": StatusAccepted, "b/future.csv": StatusRefused, "b/short.csv": StatusRefused,
		"c/grid.geojson": StatusAccepted, "c/sites.geojson": StatusAccepted,
		"d/empty.tif": StatusRefused, "d/cut.tif": StatusRefused, "d/notes.docx": StatusRefused, "d/readme.txt": StatusRefused,
		"link.tif": StatusRefused, "linkdir": StatusRefused,
	} {
		e := entry(t, r, ending)
		require.Equal(t, want, e.Status, "%s: %s", ending, e.Reason)
		require.Equal(t, want == StatusRefused, e.Refusal != nil, ending)
		require.Equal(t, want == StatusAccepted, e.Reason == "", "%s: %s", ending, e.Reason)
	}
	require.Len(t, r.Entries, 16)
	require.Equal(t, 1, r.Ignored)
	require.Contains(t, entry(t, r, "b/short.csv").Reason, "missing columns: from_deg")
	require.Contains(t, entry(t, r, "b/future.csv").Reason, "line 2, column start_utc")
	require.NotEmpty(t, entry(t, r, "c/grid.geojson").Findings, "a grid of one county has gaps to speak of")
	require.Len(t, sink.assets, 8)
	require.Equal(t, entry(t, r, "c/grid.geojson").AssetID, sink.grid)
	require.Equal(t, entry(t, r, "c/sites.geojson").AssetID, sink.sites)
	require.InDelta(t, 2.5, sink.wind[entry(t, r, "b/wind.csv").AssetID][0].U, 1e-12)
	require.Len(t, sink.readings[entry(t, r, "b/readings.csv").AssetID], 1)

	again := accept(t, sink, Options{}, dir)
	require.Len(t, sink.assets, 8)
	require.Equal(t, 8, again.Count(StatusDuplicate))
	require.Equal(t, 8, again.Count(StatusRefused))
}

func TestAcceptOptions(t *testing.T) {
	dir := t.TempDir()
	bare := tinyTIFF(true)
	bare = bytes.Replace(bare, []byte{0x00, 0x0c, 0, 0, 1, 0}, []byte{0x01, 0x0c, 0, 0, 1, 0}, 1) // no ProjectedCRSGeoKey
	write(t, dir, "x.tif", bare)
	write(t, dir, "w.csv", []byte(windHead+"\n"+windRow+"\n"))
	sink := newMemorySink(t)
	r := accept(t, sink, Options{}, dir)
	require.Equal(t, StatusHeld, entry(t, r, "x.tif").Status)
	require.Contains(t, entry(t, r, "x.tif").Reason, "--crs")

	opt := Options{AssetOptions: upwind.AssetOptions{CRS: "EPSG:32650", Bands: map[string]int{"red": 1}}}
	r = accept(t, sink, opt, dir)
	require.Equal(t, StatusAccepted, entry(t, r, "x.tif").Status)
	require.Equal(t, StatusDuplicate, entry(t, r, "w.csv").Status, "options of pictures make no new tables")
	require.Equal(t, "EPSG:32650", sink.assets[entry(t, r, "x.tif").AssetID].Options.CRS)

	late := now.Add(48 * time.Hour)
	low := -1e4
	for _, bad := range []upwind.AssetOptions{
		{CRS: "WGS84"}, {Bands: map[string]int{"red": 0}}, {Bands: map[string]int{"infrared": 1}}, {Acquired: &late}, {GroundHeightM: &low},
	} {
		_, err := Accept(context.Background(), []string{dir}, Options{AssetOptions: bad, Now: now}, sink, nil)
		require.True(t, upwind.IsRefusal(err), "%+v: %v", bad, err)
	}
}

func TestAcceptDoubles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "1.tif", tinyTIFF(true))
	write(t, dir, "2.tif", tinyTIFF(true))
	r := accept(t, newMemorySink(t), Options{}, dir)
	require.Equal(t, StatusAccepted, r.Entries[0].Status)
	require.Equal(t, StatusDuplicate, r.Entries[1].Status)
	require.Contains(t, r.Entries[1].Reason, "1.tif")
}

func TestAcceptPairs(t *testing.T) {
	for _, c := range []struct{ name, ortho, dsm string }{
		{"ODM tree", "odm_orthophoto/odm_orthophoto.tif", "odm_dem/dsm.tif"},
		{"ODM flat", "odm_orthophoto.tif", "dsm.tif"},
		{"Terra", "map/result.tif", "map/dsm.tif"},
		{"Pix4D flat", "site_transparent_mosaic_group1.tif", "site_dsm.tif"},
		{"Pix4D tree", "3_dsm_ortho/2_mosaic/site_transparent_mosaic_group1.tif", "3_dsm_ortho/1_dsm/site_dsm.tif"},
		{"own name", "North.TIF", "North_dsm.tiff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, c.ortho, tinyTIFF(true, 1, 2, 3, 4))
			write(t, dir, c.dsm, tinyTIFF(true, 9, 9, 9, 9))
			write(t, dir, "other.tif", tinyTIFF(true, 7, 7, 7, 7))
			sink := newMemorySink(t)
			r := accept(t, sink, Options{}, dir)
			require.Len(t, r.Entries, 2)
			e := entry(t, r, c.ortho)
			require.Equal(t, StatusAccepted, e.Status)
			require.True(t, strings.HasSuffix(e.With, c.dsm))
			a := sink.assets[e.AssetID]
			require.Equal(t, filepath.Base(c.ortho), a.Main().Name)
			m, ok := a.Member(upwind.RoleDSM)
			require.True(t, ok)
			require.Equal(t, filepath.Base(c.dsm), m.Name)
		})
	}
	t.Run("the model is no GeoTIFF", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "a.tif", tinyTIFF(true))
		write(t, dir, "a_dsm.tif", tinyPNG())
		r := accept(t, newMemorySink(t), Options{}, dir)
		require.Len(t, r.Entries, 2)
		require.Empty(t, entry(t, r, "a.tif").With)
	})
}

func TestAcceptZip(t *testing.T) {
	files := map[string][]byte{
		"map/result.tif": tinyTIFF(true), "map/dsm.tif": tinyTIFF(true, 5, 6, 7, 8), "wind.csv": []byte(windHead + "\n" + windRow + "\n"),
		"bad.txt": []byte("hello"), "in.zip": zipOf(t, map[string][]byte{"a.tif": tinyTIFF(true)}, "a.tif"),
	}
	path := write(t, t.TempDir(), "day.bin", zipOf(t, files, "map/result.tif", "map/dsm.tif", "wind.csv", "bad.txt", "in.zip"))
	r := accept(t, newMemorySink(t), Options{}, path)
	require.Len(t, r.Entries, 4)
	require.Equal(t, StatusAccepted, entry(t, r, "day.bin/map/result.tif").Status)
	require.True(t, strings.HasSuffix(entry(t, r, "day.bin/map/result.tif").With, "map/dsm.tif"))
	require.Equal(t, StatusAccepted, entry(t, r, "wind.csv").Status)
	require.Equal(t, StatusRefused, entry(t, r, "bad.txt").Status)
	require.Contains(t, entry(t, r, "in.zip").Reason, "zip inside a zip")
}

func TestAcceptZipRefused(t *testing.T) {
	build := func(fill func(z *zip.Writer)) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		fill(z)
		require.NoError(t, z.Close())
		return b.Bytes()
	}
	put := func(h *zip.FileHeader, content []byte) []byte {
		return build(func(z *zip.Writer) {
			w, err := z.CreateHeader(h)
			require.NoError(t, err)
			_, err = w.Write(content)
			require.NoError(t, err)
		})
	}
	link := &zip.FileHeader{Name: "link"}
	link.SetMode(os.ModeSymlink | 0o777)
	for name, c := range map[string]struct {
		zip  []byte
		want string
	}{
		"parent":   {put(&zip.FileHeader{Name: "../up.tif"}, tinyTIFF(true)), "leads outside"},
		"absolute": {put(&zip.FileHeader{Name: "/etc/up.tif"}, tinyTIFF(true)), "leads outside"},
		"drive":    {put(&zip.FileHeader{Name: `C:\up.tif`}, tinyTIFF(true)), "leads outside"},
		"link":     {put(link, []byte("/etc/passwd")), "link or a device"},
		"password": {put(&zip.FileHeader{Name: "a.tif", Flags: 1}, tinyTIFF(true)), "encrypted"},
		"bomb":     {put(&zip.FileHeader{Name: "zero.tif", Method: zip.Deflate}, make([]byte, 40<<20)), "more than 200 to 1"},
		"empty":    {build(func(*zip.Writer) {}), "empty"},
		"many": {build(func(z *zip.Writer) {
			for i := range 30 {
				_, err := z.Create(fmt.Sprint(i))
				require.NoError(t, err)
			}
		}), "more than 20 entries"},
		"cut": {zipOf(t, map[string][]byte{"a.tif": tinyTIFF(true)}, "a.tif")[:60], "broken zip"},
	} {
		path := write(t, t.TempDir(), "x.zip", c.zip)
		r := accept(t, newMemorySink(t), Options{Limits: Limits{Files: 20}}, path)
		require.Len(t, r.Entries, 1, name)
		require.Equal(t, StatusRefused, r.Entries[0].Status, name)
		require.Contains(t, r.Entries[0].Reason, c.want, name)
	}
}

// TestAcceptHostile hands in every hostile file: each ends in an entry.
func TestAcceptHostile(t *testing.T) {
	for _, sub := range []string{"archive", "json", "synthetic", "raster_ssrf", "lidar", "raster"} {
		sink := newMemorySink(t)
		r := accept(t, sink, Options{}, sharedData(t, "hostile", sub))
		require.NotEmpty(t, r.Entries)
		for _, e := range r.Entries {
			require.True(t, e.Status == StatusRefused == (e.Refusal != nil), "%+v", e)
		}
		t.Logf("%s: %d accepted, %d held, %d duplicate, %d refused", sub,
			r.Count(StatusAccepted), r.Count(StatusHeld), r.Count(StatusDuplicate), r.Count(StatusRefused))
	}
}

func TestAcceptTooManyFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		write(t, dir, fmt.Sprintf("%d.tif", i), tinyTIFF(true, byte(i), 0, 0, 0))
	}
	r := accept(t, newMemorySink(t), Options{Limits: Limits{Files: 4}}, dir, filepath.Join(dir, "0.tif"), filepath.Join(dir, "none.tif"))
	require.Len(t, r.Entries, 3)
	require.Contains(t, r.Entries[0].Reason, "more than 4 files")
	require.Equal(t, StatusAccepted, r.Entries[1].Status)
	require.Contains(t, r.Entries[2].Reason, "no such file")
}

// TestAcceptFault: a fault of the sink ends the call, and doing it again completes it.
func TestAcceptFault(t *testing.T) {
	path := write(t, t.TempDir(), "w.csv", []byte(windHead+"\n"+windRow+"\n"))
	sink := newMemorySink(t)
	sink.fail = upwind.Passing(errors.New("connection lost"))
	_, err := Accept(context.Background(), []string{path}, Options{Now: now}, sink, nil)
	require.True(t, upwind.IsPassing(err))
	sink.fail = nil
	require.Equal(t, 1, accept(t, sink, Options{}, path).Count(StatusAccepted))

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Accept(ctx, []string{filepath.Dir(path)}, Options{}, sink, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestAcceptProgress(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tif", tinyTIFF(true))
	write(t, dir, "b.zip", zipOf(t, map[string][]byte{"x.png": tinyPNG()}, "x.png"))
	var steps []Step
	_, err := Accept(context.Background(), []string{dir}, Options{TempDir: t.TempDir()}, newMemorySink(t), func(s Step) { steps = append(steps, s) })
	require.NoError(t, err)
	last := steps[len(steps)-1]
	require.Equal(t, 3, last.Total)
	require.Equal(t, last.Total, last.Done)
}

// TestAcceptReal hands in the real pictures.
func TestAcceptReal(t *testing.T) {
	sink := newMemorySink(t)
	r := accept(t, sink, Options{}, sharedData(t, "raster", "drone_oblique", "images"), sharedData(t, "raster", "drone_nadir", "DJI_0024.JPG"),
		sharedData(t, "raster", "drone_thermal", "DJI_H20T.jpg"), sharedData(t, "raster", "drone_earthworks"))
	for _, e := range r.Entries {
		t.Logf("%s %s %s %v", e.Path, e.Status, e.Reason, e.Findings)
	}
	require.Equal(t, 4, r.Count(StatusAccepted))
	require.Equal(t, 1, r.Count(StatusHeld))
}

func TestStationsAndTheirTables(t *testing.T) {
	dir, sink := t.TempDir(), newMemorySink(t)
	national := filepath.Join(dir, "b.csv")
	require.NoError(t, os.WriteFile(national, []byte("date,hour,type,1001A\n20260301,8,PM10,75\n20260301,8,AQI,88\n"), 0o600))
	report, err := Accept(t.Context(), []string{national}, Options{}, sink, nil)
	require.NoError(t, err)
	require.Equal(t, StatusRefused, report.Entries[0].Status, "the registry is not there yet")
	registry := filepath.Join(dir, "a.csv")
	require.NoError(t, os.WriteFile(registry, []byte("id,name,kind,lon,lat,height_m,mn\n1001A,Square,air-standard,115.98,36.45,10,\n"), 0o600))
	report, err = Accept(t.Context(), []string{registry, national}, Options{}, sink, nil)
	require.NoError(t, err)
	require.Equal(t, []Status{StatusAccepted, StatusAccepted}, []Status{report.Entries[0].Status, report.Entries[1].Status}, "%+v", report.Entries)
	require.Len(t, sink.stations, 1)
	got := sink.readings[report.Entries[1].AssetID]
	require.Len(t, got, 1)
	require.Equal(t, "PM10", got[0].Species)
	require.InDelta(t, 115.98, got[0].Lon, 0)
}
