package gdal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"upwind"
	"upwind/raster/gdal"
)

const (
	childEnv     = "UPWIND_TEST_HOSTILE_CHILD"
	childData    = 512 << 20 // bytes, as a job's child gets
	childPatient = 60 * time.Second
)

// TestMain lets the test binary be its own child process: opened files are listed on stdin.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	lim := unix.Rlimit{Cur: childData, Max: childData}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &lim); err != nil {
		fmt.Println("rlimit:", err)
		os.Exit(1)
	}
	for _, p := range strings.Split(os.Getenv(childEnv), "\n") {
		err := readWhole(p)
		kind := "read"
		switch {
		case upwind.IsRefusal(err):
			kind = "refused"
		case err != nil:
			kind = "error"
		}
		fmt.Printf("%s\t%s\t%v\n", kind, filepath.Base(p), strings.ReplaceAll(fmt.Sprint(err), "\n", " "))
	}
	fmt.Println("done")
	os.Exit(0)
}

// readWhole opens a file and reads all its pixels in strips.
func readWhole(path string) (err error) {
	d, err := gdal.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	i := d.Info()
	bands := make([]int, len(i.Bands))
	for b := range bands {
		bands[b] = b + 1
	}
	rows := max(1, (1<<20)/i.Width)
	for y := 0; y < i.Height; y += rows {
		win := image.Rect(0, y, i.Width, min(y+rows, i.Height))
		if err := d.Read(context.Background(), win, bands, make([][]float32, len(bands))); err != nil {
			return err
		}
	}
	return nil
}

func child(files []string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), childPatient)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join(files, "\n"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func TestHostileFilesEndInAResultOrAnError(t *testing.T) {
	var files []string
	for _, pattern := range []string{"raster*/*", "raster*/.*", "synthetic/*.tif", "synthetic/*.jpg", "synthetic/*.png", "synthetic/*.vrt", "synthetic/*.xml"} {
		dir := shared(t, "hostile")
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, f := range found {
			if st, err := os.Stat(f); err == nil && st.Mode().IsRegular() {
				files = append(files, f)
			}
		}
	}
	require.Greater(t, len(files), 100)
	out, err := child(files)
	require.NoError(t, err, out)
	require.True(t, strings.HasSuffix(out, "done\n"), out)
	counts := map[string]int{}
	for _, l := range strings.Split(strings.TrimSpace(out), "\n") {
		f := strings.SplitN(l, "\t", 3)
		counts[f[0]]++
		if len(f) == 3 && f[0] == "read" && strings.HasSuffix(f[1], ".vrt") {
			t.Errorf("a VRT was read: %s", l)
		}
	}
	t.Logf("%d files: %v", len(files), counts)
	require.Equal(t, len(files), counts["read"]+counts["refused"]+counts["error"])
	if testing.Verbose() && os.Getenv("UPWIND_MASKS") != "" {
		t.Log(out)
	}
	for _, name := range []string{"vrt_disguised_as.tif", "vrt_raw_passwd.vrt", "wms_ssrf.xml", "huge_baseline_65500.jpg", "huge_progressive_65500.jpg", "bomb_interlaced_30000sq_hdr.png", "bomb_strip_20000sq_deflate.tif", "bomb_tiles_100000sq_shared_deflate.tif", "huge_tile_32768_3band_deflate_trunc.tif"} {
		require.Contains(t, out, "refused\t"+name, "%s must be refused on its header", name)
	}
}
