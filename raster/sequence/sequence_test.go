package sequence_test

import (
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures"
	"upwind/raster/sequence"
)

func picture(t *testing.T, path string) image.Image {
	t.Helper()
	dir, ok := fixtures.SharedData()
	if !ok {
		t.Skip("../shared/data is not here: skipped what needs " + path)
	}
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(path)))
	require.NoError(t, err)
	defer f.Close()
	img, _, err := image.Decode(f)
	require.NoError(t, err)
	return img
}

// TestSmokeOfOneCamera follows a real camera from dawn to a fire.
func TestSmokeOfOneCamera(t *testing.T) {
	var w sequence.Watcher
	alarms, found, placed := 0, 0, 0
	for _, n := range []int{1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116} {
		name := fmt.Sprintf("img%d.jpeg", n)
		got, err := w.Add(name, picture(t, "raster/camera_sequence/"+name))
		require.NoError(t, err)
		if len(got.Plumes) == 0 {
			continue
		}
		if n < 100 {
			alarms++
			continue
		}
		found++
		for _, p := range got.Plumes { // billows may part it; the flames stand at column 370, row 316
			if math.Hypot(p.Origin[0]-370, p.Origin[1]-316) < 2.5*p.OriginSigmaPx && p.Class == "heavy" {
				placed++
				break
			}
		}
	}
	t.Logf("alarms before the smoke: %d of 13 frames; frames with smoke found: %d of 17, %d of them with the flames within 2.5 sigma of the origin", alarms, found, placed)
	require.Zero(t, alarms)
	require.GreaterOrEqual(t, found, 16)
	require.GreaterOrEqual(t, placed, 14)
}

// still is a real landscape without smoke, reduced, as light 0..1.
type still struct {
	w, h int
	v    []float64
}

func landscape(t *testing.T) still {
	img := picture(t, "raster/camera_sequence/img20.jpeg")
	b := img.Bounds()
	s := still{w: b.Dx(), h: b.Dy()}
	for y := range s.h {
		for x := range s.w {
			r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			s.v = append(s.v, float64(r+g+bl)/(3*65535))
		}
	}
	return s
}

// hills is a landscape of our own under a clear sky: fields, trees and roofs as blocks of light, finer towards the skyline.
func hills(rng *rand.Rand) still {
	s := still{w: 640, h: 480}
	s.v = make([]float64, s.w*s.h)
	light := map[[2]int]float64{}
	for y := range s.h {
		for x := range s.w {
			sky := 150 + 20*math.Sin(float64(x)/90)
			if float64(y) < sky {
				s.v[y*s.w+x] = 0.65 - 0.1*float64(y)/sky
				continue
			}
			size := 4 + y/40
			at := [2]int{x / size * 10000, y / size}
			if _, ok := light[at]; !ok {
				light[at] = 0.15 + 0.35*rng.Float64()
			}
			s.v[y*s.w+x] = light[at]
		}
	}
	return s
}

// lit renders a landscape in the light of a moment: gain, gamma, a drifting shadow of a cloud, the sway of the mast, noise.
func (s still) lit(rng *rand.Rand, k int, smoke func(x, y int) (opacity, light float64)) image.Image {
	gain, gamma := 0.8+0.4*rng.Float64(), 0.9+0.2*rng.Float64()
	dx, dy := rng.IntN(3)-1, rng.IntN(3)-1
	cx, cy := float64(s.w)*(0.1+0.1*float64(k%10)), 0.7*float64(s.h)
	out := image.NewRGBA(image.Rect(0, 0, s.w, s.h))
	for y := range s.h {
		for x := range s.w {
			sx, sy := max(0, min(s.w-1, x+dx)), max(0, min(s.h-1, y+dy))
			v := s.v[sy*s.w+sx]
			shade := 1 - 0.5*math.Exp(-(math.Pow(float64(sx)-cx, 2)+math.Pow(2*(float64(sy)-cy), 2))/(2*80*80))
			v = gain * math.Pow(v*shade, gamma)
			if smoke != nil {
				a, l := smoke(sx, sy)
				v = (1-a)*v + a*l*gain
			}
			n := uint8(math.Max(0, math.Min(255, 255*v+2*rng.NormFloat64())))
			out.SetRGBA(x, y, color.RGBA{n, n, n, 255})
		}
	}
	return out
}

// TestChangingLightIsNoSmoke shows real and drawn landscapes in changing light, with the shadows of clouds moving over them.
func TestChangingLightIsNoSmoke(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, s := range []still{landscape(t), hills(rng)} {
		var w sequence.Watcher
		alarms, judged := 0, 0
		for k := range 30 {
			got, err := w.Add(fmt.Sprint(k), s.lit(rng, k, nil))
			require.NoError(t, err)
			if got.Judged {
				judged++
			}
			alarms += len(got.Plumes)
		}
		t.Logf("%d x %d: %d of 30 frames judged, %d alarms", s.w, s.h, judged, alarms)
		require.Greater(t, judged, 24)
		require.Zero(t, alarms)
	}
}

// TestSmokeByOpacity lays a plume that billows, of known opacity, over a drawn landscape in changing light: how often it is found once it is there, and
// where.
func TestSmokeByOpacity(t *testing.T) {
	for _, c := range []struct {
		opacity float64
		least   float64 // share of the frames in which it is found
	}{{0.15, 0}, {0.3, 0}, {0.5, 0.8}, {0.7, 0.95}, {0.9, 0.95}} {
		found, frames, near, opacity := 0, 0, 0, 0.0
		for seed := range uint64(2) {
			rng := rand.New(rand.NewPCG(seed, 7))
			s := hills(rng)
			var w sequence.Watcher
			for k := range 16 {
				const start = 6
				var smoke func(x, y int) (float64, float64)
				if k >= start {
					smoke = billows(rng, 320, 330, c.opacity)
				}
				got, err := w.Add(fmt.Sprint(k), s.lit(rng, k, smoke))
				require.NoError(t, err)
				if k < start {
					require.Empty(t, got.Plumes)
					continue
				}
				frames++
				if len(got.Plumes) == 0 {
					continue
				}
				found++
				p := got.Plumes[0]
				opacity += p.Opacity.Value
				if math.Hypot(p.Origin[0]-320, p.Origin[1]-330) < 3*p.OriginSigmaPx {
					near++
				}
			}
		}
		t.Logf("opacity %.2f: found in %d of %d frames, origin within three sigma in %d, opacity stated %.2f", c.opacity, found, frames, near, opacity/math.Max(1, float64(found)))
		require.GreaterOrEqual(t, float64(found), c.least*float64(frames))
	}
}

// billows is a plume that rises from a place and widens, with billows that are others in every frame.
func billows(rng *rand.Rand, x0, y0 float64, opacity float64) func(x, y int) (float64, float64) {
	var grid [64][64]float64
	for j := range grid {
		for i := range grid[j] {
			grid[j][i] = rng.Float64()
		}
	}
	noise := func(x, y, size float64) float64 {
		u, v := x/size, y/size
		i, j := int(u)%63, int(v)%63
		fu, fv := u-math.Floor(u), v-math.Floor(v)
		return (1-fv)*((1-fu)*grid[j][i]+fu*grid[j][i+1]) + fv*((1-fu)*grid[j+1][i]+fu*grid[j+1][i+1])
	}
	return func(x, y int) (float64, float64) {
		up := y0 - float64(y)
		if up < 0 {
			return 0, 0
		}
		half := 12 + 0.35*up
		d := math.Abs(float64(x)-x0-0.3*up) / half
		if d > 1 {
			return 0, 0
		}
		n := 0.6*noise(float64(x), float64(y), 24) + 0.4*noise(float64(x)+500, float64(y), 9)
		return opacity * math.Min(1, 3*(1-d)), 0.55 + 0.35*n
	}
}

func TestFramesThatDoNotBelong(t *testing.T) {
	var w sequence.Watcher
	_, err := w.Add("a.jpg", image.NewGray(image.Rect(0, 0, 640, 480)))
	require.NoError(t, err)
	_, err = w.Add("b.jpg", image.NewGray(image.Rect(0, 0, 800, 600)))
	require.True(t, upwind.IsRefusal(err))
	require.ErrorContains(t, err, "b.jpg: it has 800 x 600 pixels, the frames before it 640 x 480")
	_, err = w.Add("c.jpg", image.NewGray(image.Rect(0, 0, 10, 10)))
	require.ErrorContains(t, err, "too few")
	got, err := w.Add("d.jpg", image.NewGray(image.Rect(0, 0, 640, 480)))
	require.NoError(t, err)
	require.False(t, got.Judged, "nothing has structure: %v", got)
}
