package photo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/ingest/tiff"
)

// sharedData is the folder of real files, beside the repository.
func sharedData(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: %s is not at hand", filepath.Join(parts...))
	}
	return path
}

func parseFile(t testing.TB, path string) Picture {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	st, err := f.Stat()
	require.NoError(t, err)
	p, err := Parse(f, st.Size(), filepath.Base(path))
	require.NoError(t, err)
	return p
}

// The frame of the reconstruction: UTM zone 51 north, shifted.
const (
	gridE0 = 292632.0
	gridN0 = 2731169.0
	utmCM  = 123.0
)

// utm is the transverse Mercator projection by Krueger's series to n^4, millimetres inside a zone.
func utm(lon, lat, cm float64) (e, n float64) {
	const k0 = 0.9996
	nn := wgsF / (2 - wgsF)
	a := wgsA / (1 + nn) * (1 + nn*nn/4 + nn*nn*nn*nn/64)
	alpha := []float64{nn/2 - 2*nn*nn/3 + 5*nn*nn*nn/16, 13*nn*nn/48 - 3*nn*nn*nn/5, 61 * nn * nn * nn / 240}
	ee := math.Sqrt(wgsE2)
	sp := math.Sin(lat * deg)
	tt := math.Sinh(math.Atanh(sp) - ee*math.Atanh(ee*sp))
	dl := (lon - cm) * deg
	xi, eta := math.Atan2(tt, math.Cos(dl)), math.Atanh(math.Sin(dl)/math.Hypot(1, tt))
	x, y := eta, xi
	for j, al := range alpha {
		k := 2 * float64(j+1)
		x += al * math.Cos(k*xi) * math.Sinh(k*eta)
		y += al * math.Sin(k*xi) * math.Cosh(k*eta)
	}
	return 500000 + k0*a*x, k0 * a * y
}

// surface is the site's DSM on its grid: 0.8 m cells, NaN where there is none.
type surface struct {
	e0, n0, cell float64
	w, h         int
	z            []float32
}

func (s *surface) at(e, n float64) (float64, bool) {
	i, j := int(math.Floor((e-s.e0)/s.cell)), int(math.Floor((s.n0-n)/s.cell))
	if i < 0 || j < 0 || i >= s.w || j >= s.h {
		return 0, false
	}
	z := float64(s.z[j*s.w+i])
	return z, !math.IsNaN(z)
}

func (s *surface) Height(lon, lat float64) (float64, bool) {
	e, n := utm(lon, lat, utmCM)
	return s.at(e, n)
}

// readSurface decodes the one form this DSM has: float32, deflated tiles, horizontal differences of the
// bit patterns.
func readSurface(t testing.TB, path string) *surface {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	f, err := tiff.Open(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	d, err := f.First()
	require.NoError(t, err)
	w, h, _ := d.Size()
	tw, _ := d.Uint(tiff.TileWidth, 0)
	th, _ := d.Uint(tiff.TileLength, 0)
	scale, tie := d.Floats(tiff.ModelPixelScale, 3), d.Floats(tiff.ModelTiepoint, 6)
	s := &surface{e0: tie[3], n0: tie[4], cell: scale[0], w: int(w), h: int(h), z: make([]float32, w*h)}
	across := (w + tw - 1) / tw
	for k := range d.Count(tiff.TileOffsets) {
		off, _ := d.Uint(tiff.TileOffsets, k)
		n, _ := d.Uint(tiff.TileByteCounts, k)
		zr, err := zlib.NewReader(bytes.NewReader(b[off : off+n]))
		require.NoError(t, err)
		raw, err := io.ReadAll(zr)
		require.NoError(t, err)
		for y := range th {
			var sum uint32
			for x := range tw {
				sum += binary.LittleEndian.Uint32(raw[4*(y*tw+x):])
				px, py := k%across*tw+x, k/across*th+y
				if px < w && py < h {
					s.z[py*w+px] = math.Float32frombits(sum)
				}
			}
		}
	}
	return s
}

type truthCamera struct {
	w, h, fx, fy, cx, cy float64
	lens                 Brown
	rot                  [3]vec // rows: camera axes in the grid frame
	pos                  vec
}

func readTruth(t testing.TB, path, shot string) truthCamera {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	var doc []struct {
		Cameras map[string]map[string]any
		Shots   map[string]struct{ Rotation, Translation vec }
	}
	require.NoError(t, json.Unmarshal(b, &doc))
	var c truthCamera
	for _, m := range doc[0].Cameras {
		v := func(k string) float64 { return m[k].(float64) }
		c.w, c.h, c.fx, c.fy, c.cx, c.cy = v("width"), v("height"), v("focal_x"), v("focal_y"), v("c_x"), v("c_y")
		c.lens = Brown{K1: v("k1"), K2: v("k2"), K3: v("k3"), P1: v("p1"), P2: v("p2")}
	}
	s := doc[0].Shots[shot]
	c.rot = rodrigues(s.Rotation)
	for i := range 3 {
		for j := range 3 {
			c.pos[i] -= c.rot[j][i] * s.Translation[j]
		}
	}
	return c
}

// rodrigues turns an axis-angle vector into a rotation matrix.
func rodrigues(r vec) [3]vec {
	a := math.Sqrt(r[0]*r[0] + r[1]*r[1] + r[2]*r[2])
	k := vec{r[0] / a, r[1] / a, r[2] / a}
	s, c := math.Sincos(a)
	var m [3]vec
	skew := [3]vec{{0, -k[2], k[1]}, {k[2], 0, -k[0]}, {-k[1], k[0], 0}}
	for i := range 3 {
		for j := range 3 {
			m[i][j] = s*skew[i][j] + (1-c)*k[i]*k[j]
			if i == j {
				m[i][j] += c
			}
		}
	}
	return m
}

func (c truthCamera) ray(px, py float64) vec {
	side := math.Max(c.w, c.h)
	x, y, ok := c.lens.undistort(((px-c.w/2)/side-c.cx)/c.fx, ((py-c.h/2)/side-c.cy)/c.fy)
	if !ok {
		return vec{}
	}
	var d vec
	for i := range 3 {
		d[i] = c.rot[0][i]*x + c.rot[1][i]*y + c.rot[2][i]
	}
	return d.unit()
}

// hit marches the truth ray to the first cell of the surface above it.
func (c truthCamera) hit(d vec, s *surface) (vec, bool) {
	for t := 1.0; t < 1000; t += 0.1 {
		p := c.pos.plus(d, t)
		if z, ok := s.at(p[0]+gridE0, p[1]+gridN0); ok && z >= p[2] {
			return p, true
		}
	}
	return vec{}, false
}

type score struct{ median, p95, centre float64 }

func scoreOf(errs []float64, centre float64) score {
	sort.Float64s(errs)
	return score{errs[len(errs)/2], errs[len(errs)*95/100], centre}
}

// TestOblique scores two real frames at 60 degrees down against bundle-adjusted poses on the site's DSM, a
// grid of 21 x 15 pixels each, on the horizontal plane through each true hit.
func TestOblique(t *testing.T) {
	dir := sharedData(t, "raster", "drone_oblique")
	dsm := readSurface(t, filepath.Join(dir, "odm_dem", "dsm.tif"))
	hits := 0
	for _, shot := range []string{"100_0005_0018", "100_0005_0136"} {
		p := parseFile(t, filepath.Join(dir, "images", shot+".tif"))
		truth := readTruth(t, filepath.Join(dir, "opensfm", "reconstruction.json"), shot)
		bare := p
		bare.Lens.Dewarp, bare.Model = nil, ""
		var errs, pinhole, onDSM, z []float64
		var centre, centreP float64
		for j := range 15 {
			for i := range 21 {
				px, py := (float64(i)+0.5)*truth.w/21, (float64(j)+0.5)*truth.h/15
				if i == 10 && j == 7 {
					px, py = truth.w/2, truth.h/2
				}
				want, ok := truth.hit(truth.ray(px, py), dsm)
				if !ok {
					continue
				}
				hits++
				miss := func(p Picture, opt Options) float64 {
					c, err := p.Camera(opt)
					require.NoError(t, err)
					lon, lat, v, ok := c.Point(px, py)
					if !ok {
						return math.Inf(1)
					}
					e, n := utm(lon, lat, utmCM)
					de, dn := e-gridE0-want[0], n-gridN0-want[1]
					if opt.GroundHeightM != nil && p.Lens.Dewarp != nil {
						z = append(z, v.Distance(de, dn))
					}
					return math.Hypot(de, dn)
				}
				ground := Options{GroundHeightM: &want[2]}
				errs = append(errs, miss(p, ground))
				pinhole = append(pinhole, miss(bare, ground))
				onDSM = append(onDSM, miss(p, Options{DSM: dsm}))
				if i == 10 && j == 7 {
					centre, centreP = errs[len(errs)-1], pinhole[len(errs)-1]
				}
			}
		}
		got, pin, on := scoreOf(errs, centre), scoreOf(pinhole, centreP), scoreOf(onDSM, 0)
		sort.Float64s(z)
		t.Logf("%s: %d rays; dewarp centre %.2f median %.2f p95 %.2f max %.2f m; pinhole centre %.2f median %.2f p95 %.2f m; on the DSM median %.2f p95 %.2f m; misses in sigma, median %.2f p95 %.2f",
			shot, len(errs), got.centre, got.median, got.p95, errs[len(errs)-1], pin.centre, pin.median, pin.p95, on.median, on.p95, z[len(z)/2], z[len(z)*95/100])
		require.Less(t, got.centre, 1.5)
		require.Less(t, got.median, 1.8)
		require.Less(t, got.p95, 4.0)
		require.Greater(t, pin.median, 2*got.median, "the lens model is not used")
		require.Less(t, on.median, 2.5)
		require.Less(t, z[len(z)*95/100], 2.448, "the stated sigma is too small")
	}
	require.InDelta(t, 579, hits, 15)
}
