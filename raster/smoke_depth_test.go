package raster_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/fixtures/plumes"
	"upwind/raster"
)

// smokeOn runs the detector of smoke by its spectrum on a composited picture.
func smokeOn(t *testing.T, p plumes.Picture) (raster.Result, *raster.Mask) {
	t.Helper()
	src := &raster.MemorySource{SourceInfo: raster.SourceInfo{Name: "composite", Width: p.W, Height: p.H}, Pix: p.Bands}
	for _, r := range plumes.Roles {
		src.SourceInfo.Bands = append(src.SourceInfo.Bands, raster.Band{Type: "float32", Description: string(r), Scale: 1})
	}
	s, err := raster.NewScene(src, raster.SceneOptions{Locator: ground})
	require.NoError(t, err)
	veil, _ := raster.Find("smoke-veil")
	require.Error(t, veil.Suits(s.Info()), "its spectrum says more")
	d, _ := raster.Find("smoke-depth")
	mask := newMask(s)
	res, err := d.Detect(context.Background(), s, raster.Options{Mask: mask}, nil)
	require.NoError(t, err)
	return res, mask
}

// TestSmokeOverRealGround looks at plumes of tuning seeds over real Sentinel-2 crops, and at clouds and clear ground.
func TestSmokeOverRealGround(t *testing.T) {
	series := sharedFile(t, "raster/sentinel2_series/REFERENCE_SCENES.npy")
	grounds, err := plumes.Grounds(filepath.Join(filepath.Dir(series), "../.."))
	require.NoError(t, err)
	for _, g := range grounds {
		res, mask := smokeOn(t, g)
		require.Zero(t, res.Objects)
		require.Zero(t, mask.Count(raster.MaskYes))
	}
	sum, near := 0.0, 0
	const n = 20
	for seed := uint64(plumes.TuningSeed); seed < plumes.TuningSeed+n; seed++ {
		p, truth := plumes.Smoke(grounds, seed)
		res, mask := smokeOn(t, p)
		both, all := 0.0, 0.0
		for i, is := range truth.Smoke {
			said := mask.Pix[i] == raster.MaskYes
			if is && said {
				both++
			}
			if is || said {
				all++
			}
		}
		sum += both / all / n
		for _, d := range res.Detections {
			x, y, ok := ground.Pixel(d.Axis.Lon, d.Axis.Lat)
			if ok && math.Hypot(x-truth.Origin[0], y-truth.Origin[1]) < 3 && math.Abs(math.Mod(d.Axis.TowardDeg-truth.TowardDeg+540, 360)-180) < 3*d.Axis.SigmaDeg {
				near++
				break
			}
		}
		res, _ = smokeOn(t, plumes.Clouds(grounds, seed))
		require.Zero(t, res.Objects, "clouds of seed %d", seed)
	}
	t.Logf("IoU %.3f, origin within 3 px and axis within 3 sigma in %d of %d", sum, near, n)
	require.Greater(t, sum, 0.65)
	require.GreaterOrEqual(t, near, n-3)
}
