package nodeodm

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func flightOf(t *testing.T, n int) (dir string, pictures []string) {
	t.Helper()
	dir = t.TempDir()
	for i := range n {
		p := filepath.Join(dir, fmt.Sprintf("DJI_%04d.JPG", i))
		require.NoError(t, os.WriteFile(p, bytes.Repeat([]byte{byte(i)}, 5000), 0o644))
		pictures = append(pictures, p)
	}
	return dir, pictures
}

func client(s *httptest.Server) Client {
	return Client{URL: s.URL, HTTP: s.Client(), Pause: time.Millisecond}
}

func TestAFlightGoesThereAndItsResultsComeBack(t *testing.T) {
	big := string(bytes.Repeat([]byte("pixels"), 400_000))
	fake := &FakeServer{Token: "s3cret", Archive: zipped(t, map[string]string{"odm_orthophoto/odm_orthophoto.tif": big, "odm_dem/dsm.tif": "heights", "../../evil": "x", "log.json": "{}"})}
	broken := map[string]int{}
	fake.Break = func(w http.ResponseWriter, r *http.Request) bool { // each kind of request fails once
		key := r.URL.Path
		if broken[key]++; broken[key] > 1 {
			return false
		}
		if key == "/task/7/download/all.zip" { // in the middle of it
			w.Header().Set("Content-Length", fmt.Sprint(len(fake.Archive)))
			_, _ = w.Write(fake.Archive[:len(fake.Archive)/2])
			return true
		}
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	s := httptest.NewServer(fake)
	defer s.Close()
	dir, pictures := flightOf(t, 23)
	c := client(s)
	c.Token = "s3cret"
	stages := map[Stage]int64{}
	archive := filepath.Join(dir, "all.zip")
	require.NoError(t, c.Run(context.Background(), "flight", pictures, filepath.Join(dir, "task.json"), archive, func(st Stage, done, total int64) {
		require.LessOrEqual(t, done, total)
		stages[st] = done
	}))
	require.Equal(t, int64(23), stages[Upload])
	require.Equal(t, int64(100), stages[Process])
	require.Equal(t, int64(len(fake.Archive)), stages[Download])
	for name, n := range fake.Pictures() {
		require.Equal(t, 1, n, name)
	}
	require.Len(t, fake.Pictures(), 23)
	require.NoFileExists(t, filepath.Join(dir, "task.json"), "it is done")
	got, err := Unpack(archive, filepath.Join(dir, "out"))
	require.NoError(t, err)
	require.Len(t, got, 2)
	text, err := os.ReadFile(got[0])
	require.NoError(t, err)
	require.Equal(t, big, string(text))
	require.NoFileExists(t, filepath.Join(dir, "evil"))
}

func TestAnInterruptedUploadGoesOn(t *testing.T) {
	fake := &FakeServer{Archive: zipped(t, map[string]string{"odm_orthophoto/odm_orthophoto.tif": "pixels"})}
	uploads, down := 0, true
	fake.Break = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/task/new/upload/7" {
			uploads++
			if down && uploads > 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
		}
		return false
	}
	s := httptest.NewServer(fake)
	defer s.Close()
	dir, pictures := flightOf(t, 25)
	run := func() error {
		return client(s).Run(context.Background(), "flight", pictures, filepath.Join(dir, "task.json"), filepath.Join(dir, "all.zip"), func(Stage, int64, int64) {})
	}
	err := run()
	require.True(t, upwind.IsPassing(err), "%v", err)
	require.ErrorContains(t, err, "does not answer: it answers 503")
	require.Len(t, fake.Pictures(), 10, "the first ten are there")
	down = false
	require.NoError(t, run())
	require.Len(t, fake.Pictures(), 25)
	for name, n := range fake.Pictures() {
		require.Equal(t, 1, n, "%s went there once", name)
	}
}

func TestWhatServersSay(t *testing.T) {
	dir, pictures := flightOf(t, 3)
	run := func(h http.Handler) error {
		s := httptest.NewServer(h)
		defer s.Close()
		return client(s).Run(context.Background(), "flight", pictures, filepath.Join(dir, "task.json"), filepath.Join(dir, "all.zip"), func(Stage, int64, int64) {})
	}
	require.ErrorContains(t, run(&FakeServer{Fail: "Not enough overlap"}), "it could not make an orthophoto of the pictures: Not enough overlap")
	require.ErrorContains(t, run(&FakeServer{Token: "x"}), "it asks for a token")
	require.ErrorContains(t, run(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })), "it does not answer as a NodeODM server does")
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c := client(s)
	c.Token = "s3cret"
	err := c.Run(context.Background(), "flight", pictures, filepath.Join(dir, "task.json"), filepath.Join(dir, "all.zip"), func(Stage, int64, int64) {})
	require.True(t, upwind.IsPassing(err))
	require.NotContains(t, err.Error(), "s3cret")
	require.ErrorContains(t, client(s).Run(context.Background(), "flight", append(pictures, "other/DJI_0001.JPG"), "", "", nil), "another picture of the flight has the same name")
	_, err = Unpack(pictures[0], dir)
	require.ErrorContains(t, err, "archive of results is damaged")
	empty := filepath.Join(dir, "empty.zip")
	require.NoError(t, os.WriteFile(empty, zipped(t, map[string]string{"log.json": "{}"}), 0o644))
	_, err = Unpack(empty, dir)
	require.ErrorContains(t, err, "it holds no odm_orthophoto/odm_orthophoto.tif")
}
