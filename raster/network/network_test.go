package network_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster"
	"upwind/raster/network"
)

// threshold is a network of two classes that calls bright pixels bare; near the edge of its tiles it errs, as networks do that see no surroundings.
type threshold struct {
	meta map[string]string
	side int
	runs int
	fail error
}

func newThreshold() *threshold {
	return &threshold{side: 64, meta: map[string]string{"model_type": "Segmentor", "class_names": `{"0": "other", "1": "bare"}`, "resolution": "20", "tiles_overlap": "25",
		"standardization_mean": "[0.5, 0.5, 0.5]", "standardization_std": "[0.25, 0.25, 0.25]"}}
}

func (n *threshold) Shape() (int, int, int, int) { return 3, n.side, n.side, 2 }
func (n *threshold) Metadata(key string) string  { return n.meta[key] }
func (n *threshold) Run(in []float32) ([]float32, error) {
	n.runs++
	size := n.side * n.side
	out := make([]float32, 2*size)
	for i := range size {
		x, y := i%n.side, i/n.side
		light := (in[i] + in[size+i] + in[2*size+i]) / 3 // standardised: 0 is middle grey
		score := 4 * light
		if min(x, y, n.side-1-x, n.side-1-y) < 2 {
			score = -score
		}
		out[i], out[size+i] = -score, score
	}
	return out, n.fail
}

// scene is a grey picture of 0.1 m with a bright square of 30 m.
func scene(t *testing.T) raster.Scene {
	t.Helper()
	const w, h = 900, 700
	src := &raster.MemorySource{SourceInfo: raster.SourceInfo{Name: "ortho.tif", Width: w, Height: h}}
	for _, c := range []string{"Red", "Green", "Blue"} {
		src.SourceInfo.Bands = append(src.SourceInfo.Bands, raster.Band{Type: "uint8", Colour: c, Scale: 1})
		px := make([]float32, w*h)
		for i := range px {
			px[i] = 60
			if x, y := i%w, i/w; x >= 200 && x < 500 && y >= 150 && y < 450 {
				px[i] = 220
			}
			if i%w >= 850 {
				px[i] = float32(math.NaN())
			}
		}
		src.Pix = append(src.Pix, px)
	}
	s, err := raster.NewScene(src, raster.SceneOptions{Locator: raster.FlatGrid{Lon: 116, Lat: 36.5, GSDM: 0.1, Sigma: 1}})
	require.NoError(t, err)
	return s
}

func TestTilesBlendWithoutSeams(t *testing.T) {
	s, n := scene(t), newThreshold()
	mask := raster.NewMask(900, 700)
	res, err := network.Soil(context.Background(), s, "bright.onnx", n, "bare", raster.Options{Mask: mask}, nil)
	require.NoError(t, err)
	require.Len(t, res.Detections, 1)
	require.InEpsilon(t, 900, res.Detections[0].Measures[upwind.AreaM2].Value, 0.01)
	wrong := 0
	for i, c := range mask.Pix {
		x, y := i%900, i/900
		want := raster.MaskNo
		switch {
		case x >= 850:
			want = raster.MaskAbstain
		case x >= 200 && x < 500 && y >= 150 && y < 450:
			want = raster.MaskYes
		}
		if c != want && x > 8 && y > 8 && y < 692 && x < 840 { // the picture's own edge has no second opinion
			wrong++
		}
	}
	require.Zero(t, wrong, "seams of tiles")
	require.Greater(t, n.runs, 50)
}

func TestWhatNetworksMustSay(t *testing.T) {
	s := scene(t)
	for _, c := range []struct{ key, value, says string }{
		{"model_type", "Detector", "only networks for segmentation"},
		{"class_names", "[1]", "it should be a JSON object"},
		{"class_names", `{"0": "a", "2": "b"}`, "class 1 has no name"},
		{"class_names", `{"0": "a", "1": "b", "2": "c"}`, "it names 3 classes, the network answers 2"},
		{"class_names", `{"0": "a", "1": "b"}`, `it has no class "bare"`},
		{"resolution", "", "it does not say at what resolution"},
		{"resolution", "fine", `"fine" is no number`},
		{"resolution", "2", "too coarse for a network of 0.02 m"},
		{"standardization_std", "[0, 1, 1]", "a standard deviation of 0"},
		{"standardization_mean", "[1]", "a list of 3 numbers"},
		{"tiles_overlap", "80", "tiles overlap by half at most"},
	} {
		n := newThreshold()
		n.meta[c.key] = c.value
		_, err := network.Soil(context.Background(), s, "bright.onnx", n, "bare", raster.Options{}, nil)
		require.True(t, upwind.IsRefusal(err), "%s: %v", c.says, err)
		require.ErrorContains(t, err, c.says)
	}
	n := newThreshold()
	n.fail = errors.New("out of memory")
	_, err := network.Soil(context.Background(), s, "bright.onnx", n, "bare", raster.Options{}, nil)
	require.ErrorContains(t, err, "tile at column 0, row 0 of ortho.tif: out of memory")
}
