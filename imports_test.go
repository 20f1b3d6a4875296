package upwind_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// layers is the floor plan: a room may import rooms of lower layers, and of its own layer only itself and
// what exceptions names.
var layers = map[string]int{
	"upwind": 0, "raster/region": 0,
	"raster": 1, "lidar": 1, "tracing": 1, "grid": 1, "store": 1, "quality": 1, "access": 1,
	"ingest": 2, "raster/gdal": 2, "bus": 2,
	"fixtures": 3, "workers": 3, "web": 3,
	"cmd": 4,
}

// exceptions are imports inside one layer that the plan allows, with the reason.
var exceptions = map[[2]string]string{
	{"raster", "lidar"}: "piles from a surface model and from points are one algorithm (lidar/pile)",
}

// doors are the only rooms that may import what lies behind them.
var doors = map[string]string{
	"github.com/nats-io/":          "bus",
	"github.com/airbusgeo/godal":   "raster/gdal",
	"github.com/chromedp/chromedp": "none: tests only",
}

func room(pkg string) string {
	if pkg == "upwind" {
		return pkg
	}
	pkg = strings.TrimPrefix(pkg, "upwind/")
	if pkg == "raster/gdal" || pkg == "raster/region" { // the one behind a door, the other of pixels and cells alike
		return pkg
	}
	return strings.SplitN(pkg, "/", 2)[0]
}

func TestImportsFollowTheFloorPlan(t *testing.T) {
	// What `go list` reads is unknown to the test cache: folders that are opened here are not.
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (path != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || path == "out" || path == "bin") {
			return fs.SkipDir
		}
		return err
	}))
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	require.NoError(t, err)
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := map[string]bool{}
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		from := room(p.ImportPath)
		seen[from] = true
		layer, known := layers[from]
		require.True(t, known, "%s is in no room of the floor plan", p.ImportPath)
		for _, imp := range p.Imports {
			for prefix, door := range doors {
				if strings.HasPrefix(imp, prefix) && from != door {
					t.Errorf("%s imports %s; only %s may", p.ImportPath, imp, door)
				}
			}
			if imp != "upwind" && !strings.HasPrefix(imp, "upwind/") {
				continue
			}
			to := room(imp)
			if from == to || layers[to] < layer || exceptions[[2]string{from, to}] != "" {
				continue
			}
			t.Errorf("%s imports %s: %s (layer %d) may not import %s (layer %d)", p.ImportPath, imp, from, layer, to, layers[to])
		}
		for _, imp := range p.Imports {
			if from == "ingest" && strings.HasPrefix(imp, "upwind/bus") || from == "fixtures" && strings.HasPrefix(imp, "upwind/tracing") {
				t.Errorf("%s imports %s, which the floor plan forbids", p.ImportPath, imp)
			}
		}
	}
	for r := range layers {
		require.True(t, seen[r], "the floor plan's room %s has no package", r)
	}
}
