package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"upwind/bus"
	"upwind/raster/gdal"
	"upwind/workers/sandbox"
)

// Below these the doctor warns.
const (
	leastFreeBytes = 5 << 30
	leastFiles     = 4096
)

func doctorCommand() *cobra.Command {
	var (
		dir    string
		verify bool
	)
	c := &cobra.Command{
		Use:   "doctor",
		Short: "look at this machine and the data folder, and say what to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &doctor{w: cmd.OutOrStdout()}
			d.gdal()
			d.walls()
			d.disk(dir)
			d.limits()
			d.browser()
			d.data(cmd.Context(), dir, verify)
			if d.bad > 0 {
				return fmt.Errorf("%d things need your hand, marked with ! above", d.bad)
			}
			return nil
		},
	}
	dataFlag(c, &dir)
	c.Flags().BoolVar(&verify, "verify", false, "also check every stored blob and every event of the ledger")
	return c
}

type doctor struct {
	w   io.Writer
	bad int
}

func (d *doctor) good(format string, a ...any) { fmt.Fprintf(d.w, "  ok  "+format+"\n", a...) }

func (d *doctor) sick(format string, a ...any) {
	d.bad++
	fmt.Fprintf(d.w, "  !   "+format+"\n", a...)
}

func (d *doctor) gdal() {
	v, err := gdal.Version()
	if err != nil {
		d.sick("GDAL does not start: %v; install libgdal-dev and build again", err)
		return
	}
	d.good("GDAL %s", v)
}

func (d *doctor) walls() {
	for _, line := range sandbox.Report() {
		d.good("%s", line)
	}
}

func (d *doctor) disk(dir string) {
	at := dir
	for {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		at = filepath.Dir(at)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(at, &fs); err != nil {
		d.sick("disk of %s: %v", dir, err)
		return
	}
	free := uint64(fs.Bsize) * fs.Bavail
	if free < leastFreeBytes {
		d.sick("only %.1f GB are free for %s: make room or choose another folder with --data", float64(free)/1e9, dir)
		return
	}
	d.good("%.0f GB free for %s", float64(free)/1e9, dir)
}

func (d *doctor) limits() {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil || files.Cur < leastFiles {
		d.sick("this process may open only %d files: raise the limit (ulimit -n %d, or LimitNOFILE= in the unit)", files.Cur, leastFiles)
	} else {
		d.good("%d files may be open, %d processors", files.Cur, runtime.NumCPU())
	}
}

// browser looks for what the page's tests need; the program itself needs none of it.
func (d *doctor) browser() {
	if _, err := exec.LookPath("chromium"); err != nil {
		d.good("no chromium here: only the page's tests need it (apt-get install chromium fonts-noto-cjk)")
		return
	}
	fonts, _ := exec.Command("fc-list", ":lang=zh").Output()
	if strings.TrimSpace(string(fonts)) == "" {
		d.sick("no Chinese font for the browser's tests: apt-get install fonts-noto-cjk")
		return
	}
	d.good("chromium and a Chinese font")
}

func (d *doctor) data(ctx context.Context, dir string, verify bool) {
	if _, err := os.Stat(dir); err != nil {
		d.good("no data folder %s yet: 'upwind run' or 'upwind ingest' makes it", dir)
		return
	}
	h, err := openData(ctx, dir)
	if err != nil {
		d.sick("%v", err)
		return
	}
	defer h.Close()
	if err := h.bus.Healthy(ctx); err != nil {
		d.sick("NATS: %v", err)
		return
	}
	stats, err := h.bus.Stats(ctx)
	if err != nil {
		d.sick("NATS: %v", err)
		return
	}
	d.good("NATS answers; %d streams, %d jobs given up%s", len(stats.Streams), stats.Dead, servedBy(h.bus, dir))
	if verify {
		d.verify(ctx, h)
	}
}

func servedBy(b *bus.Bus, dir string) string {
	if b.ClientURL() != "" {
		return "" // by this command itself
	}
	i, err := bus.ReadServerInfo(context.Background(), dir)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("; served by process %d at %s", i.PID, i.HTTP)
}

func (d *doctor) verify(ctx context.Context, h *home) {
	start := time.Now()
	n := 0
	if err := h.store.Scrub(ctx, func(sum string, err error) {
		n++
		d.sick("blob %s: %v; restore it from a backup", sum, err)
	}); err != nil {
		d.sick("blobs: %v", err)
	} else if n == 0 {
		d.good("every blob hashes to its name")
	}
	breaks, err := h.bus.Ledger().Verify(ctx)
	if err != nil {
		d.sick("ledger: %v", err)
		return
	}
	for _, b := range breaks {
		d.sick("ledger: %s; restore it from a backup", b)
	}
	if len(breaks) == 0 {
		d.good("the ledger's chains are whole (%.1f s)", time.Since(start).Seconds())
	}
}
