package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures"
)

// The real files of the data folder, each handed in as its maker left it, to targets on the map.
func TestRealFilesBecomeTargets(t *testing.T) {
	dir := shared(t)
	data := t.TempDir()
	in := func(want int, args ...string) outcome {
		o := upwindDo(t, append([]string{"ingest", "--data", data}, args...)...)
		require.Equal(t, want, o.code, "%s%s", o.stdout, o.stderr)
		return o
	}
	in(0, "--bands", "blue=1,green=2,red=3,nir=4,swir1=5,swir2=7", filepath.Join(dir, "raster/landsat5_clearing/lt5_dn_7band.tif"))
	in(0, filepath.Join(dir, "raster/aerial_rgbnir"))
	in(0, filepath.Join(dir, "raster/drone_oblique/images/100_0005_0018.tif"))
	in(0, filepath.Join(dir, "raster/drone_nadir/DJI_0024.JPG"))
	in(0, "--crs", "EPSG:32632", filepath.Join(dir, "pointcloud/isprs/samp11.las"))
	in(0, filepath.Join(dir, "pointcloud/scenes/Topography.laz"), filepath.Join(dir, "pointcloud/scenes/las_with_several_extra_byte_bloc.laz"))
	metec := t.TempDir()
	require.NoError(t, fixtures.METEC(dir, metec))
	in(0, metec)

	once := must(t, "run", "--once", "--data", data)
	t.Log(once.stdout)
	require.Contains(t, once.stdout, "; 0 jobs given up", "no file of these is at fault")

	found := candidatesOf(t, data)
	require.NotEmpty(t, found)
	by := map[string]int{}
	for _, c := range found {
		require.True(t, strings.HasPrefix(c.GridCode, "unassigned/"), c.GridCode)
		require.NotEmpty(t, c.Evidence, c.ID)
		for _, e := range c.Evidence {
			require.NotEmpty(t, e.Reason)
		}
		by[nearestPlace(c)]++
	}
	t.Log(by)
	require.Positive(t, by["landsat clearing"])
	require.Positive(t, by["METEC"], "a trace of the releases must give a target")
	require.Zero(t, by["drone nadir"], "asphalt, grass and trees are no target")
	require.Positive(t, by["farmland cloud"], "the bare field must be a target")
	for _, c := range found {
		require.False(t, nearestPlace(c) == "farmland cloud" && c.Kind != upwind.TargetBareSoil, "nothing is heaped up there")
	}
	var yard bool
	for _, c := range found {
		yard = yard || c.Kind == upwind.TargetBareSoil && nearestPlace(c) == "drone oblique"
	}
	require.True(t, yard, "the bare earth yard must be a target")
}

// places of the real files, and how far what belongs to them may lie.
var places = map[string]struct {
	at orb.Point
	m  float64
}{
	"landsat clearing": {orb.Point{-49.886, -3.752}, 20e3},
	"drone oblique":    {orb.Point{120.9517, 24.6803}, 1000},
	"drone nadir":      {orb.Point{-91.994, 46.842}, 2000},
	"METEC":            {orb.Point{-105.1398, 40.5957}, 2000},
	"farmland cloud":   {orb.Point{0.1815, 46.7603}, 2000},
	"aerial":           {orb.Point{-99.15, 47.02}, 20e3},
}

func nearestPlace(c upwind.Candidate) string {
	for name, p := range places {
		if geo.Distance(p.at, orb.Point{c.Lon, c.Lat}) < p.m {
			return name
		}
	}
	return fmt.Sprintf("elsewhere %.3f %.3f", c.Lon, c.Lat)
}
