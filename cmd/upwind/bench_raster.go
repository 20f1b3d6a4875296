package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"

	"upwind/raster"
	"upwind/raster/gdal"
)

// benchRaster times a preview, and a large scene on its way to polygons.
func benchRaster(ctx context.Context, dir string) ([]Timing, error) {
	preview, err := timePreview(ctx, dir)
	if err != nil {
		return nil, err
	}
	soil, err := timePolygons(ctx, dir)
	return append(preview, soil...), err
}

// timePreview times the reduced picture of a scene, which reads every pixel, beside gdal_translate's.
func timePreview(ctx context.Context, dir string) ([]Timing, error) {
	const size = 4000
	if err := gdal.Register(); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "scene.tif")
	bands := make([]any, 3)
	for b := range bands {
		px := make([]uint8, size*size)
		for i := range px {
			px[i] = uint8((i%size)*(b+1)/16 ^ (i/size)/8)
		}
		bands[b] = px
	}
	gt := [6]float64{400000, 1, 0, 4000000, 0, -1}
	err := gdal.WriteGeoTIFF(path, gdal.Raster{Width: size, Height: size, Bands: bands, Colours: []string{"Red", "Green", "Blue"}, GeoTransform: &gt, CRS: "EPSG:32650"})
	if err != nil {
		return nil, err
	}
	ours := func() (err error) {
		ds, err := gdal.Open(path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, ds.Close()) }()
		scene, err := raster.NewScene(ds, raster.SceneOptions{})
		if err != nil {
			return err
		}
		_, err = raster.Preview(ctx, scene, 1000)
		return err
	}
	t := Timing{Name: "4000 x 4000 x 3 picture to a 1000 px preview", Unit: "s", Rival: "gdal_translate -r average"}
	rival := func() error {
		_, err := runQuiet(ctx, "gdal_translate", "-q", "-of", "PNG", "-r", "average", "-outsize", "1000", "1000", path, filepath.Join(dir, "rival.png"))
		return err
	}
	if _, err := exec.LookPath("gdal_translate"); err != nil {
		rival, t.Rival = nil, ""
		t.Note = "gdal_translate is not installed: no rival"
	}
	mine, theirs, err := pairs(ours, rival)
	if err != nil {
		return nil, err
	}
	t.Value = mine.Seconds()
	if theirs > 0 {
		r := mine.Seconds() / theirs.Seconds()
		t.Ratio = &r
	}
	return []Timing{t}, nil
}

// soilRows are the heights of the scene, 10,000 columns wide, that is made polygons: memory must be that of the first for all.
var soilRows = []int{10_000, 60_000}

const soilCols = 10_000

// soilRule is the colour rule of bare soil where pixels are coarser than its averaging window, in GDAL's arithmetic on reflectance x 10,000: red
// over green, green over blue, excess green, brightness, NDVI.
const soilRule = "(R>=G)&(R-G<=0.15*(R+G))&(G-B>=0.03*(G+B))&(2*G-R-B<=0.05*(R+G+B))&(R+G+B>=3600)&(N-R<=0.2*(N+R))"

// timePolygons measures the processor time of `upwind detect`, pixels to polygons in a GeoPackage, beside the chain gdal_calc, gdal_sieve and
// gdal_polygonize with the same rule, and its memory on a short scene and a long one.
func timePolygons(ctx context.Context, dir string) ([]Timing, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var out []Timing
	for k, rows := range soilRows {
		path := filepath.Join(dir, fmt.Sprintf("soil%d.tif", rows))
		bar := newBar(fmt.Sprintf("writing a scene of %d rows", rows))
		if err := writeSoilScene(path, rows, bar.set); err != nil {
			return nil, err
		}
		bar.finish()
		ours := func() (usage, error) {
			return usageOf(ctx, exe, "detect", "--kind", "bare-soil", "-o", filepath.Join(dir, "ours.gpkg"), path)
		}
		var rival func() (usage, error)
		t := Timing{Name: fmt.Sprintf("%d x %d x 4 to polygons of bare soil", soilCols, rows), Unit: "CPU s"}
		switch _, err := exec.LookPath("gdal_calc.py"); {
		case k > 0:
		case err != nil:
			t.Note = "gdal_calc.py is not installed: no rival; "
		default:
			t.Rival = "gdal_calc + gdal_sieve + gdal_polygonize"
			rival = func() (usage, error) { return gdalChain(ctx, dir, path) }
		}
		mine, theirs, err := usages(ours, rival)
		if err != nil {
			return nil, err
		}
		t.Value = mine.cpu.Seconds()
		t.Note += fmt.Sprintf("%.1f s of wall clock, largest resident %d MB", mine.wall.Seconds(), mine.peakMB)
		if rival != nil {
			r := mine.cpu.Seconds() / theirs.cpu.Seconds()
			t.Ratio = &r
			t.Note += fmt.Sprintf("; the chain: %.1f CPU s, %d MB", theirs.cpu.Seconds(), theirs.peakMB)
		}
		out = append(out, t)
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// writeSoilScene writes parcels of 50 x 50 pixels of 3 m, one in ten of them bare, with one pixel in a hundred of the other kind: blue, green, red
// and near infrared as reflectance x 10,000. The rows repeat after 1,024.
func writeSoilScene(path string, rows int, progress func(done, total int64)) error {
	gt := [6]float64{400000, 3, 0, 4000000, 0, -3}
	w, err := gdal.Create(path, gdal.Raster{Width: soilCols, Height: rows, Descriptions: []string{"blue", "green", "red", "nir"}, GeoTransform: &gt,
		CRS: "EPSG:32650", Metadata: map[string]string{"REFLECTANCE_SCALE": "10000"}}, "uint16", 4)
	if err != nil {
		return err
	}
	const side, repeat, strip = 50, 1024, 256
	soil, field := [4]uint16{1200, 1700, 2200, 2800}, [4]uint16{400, 800, 500, 4000}
	rng := rand.New(rand.NewPCG(3, 6))
	bare := make([]bool, (repeat/side+1)*(soilCols/side+1))
	for i := range bare {
		bare[i] = rng.Float64() < 0.1
	}
	px := make([][]uint16, 4)
	for b := range px {
		px[b] = make([]uint16, repeat*soilCols)
	}
	for i := range px[0] {
		x, y := i%soilCols, i/soilCols
		mean := field
		if bare[y/side*(soilCols/side+1)+x/side] != (rng.IntN(100) == 0) {
			mean = soil
		}
		for b := range px {
			px[b][i] = mean[b] + uint16(rng.IntN(60))
		}
	}
	for y := 0; y < rows; y += strip {
		win := image.Rect(0, y, soilCols, min(y+strip, rows))
		at := y % repeat * soilCols
		bands := make([]any, 4)
		for b := range px {
			bands[b] = px[b][at : at+win.Dx()*win.Dy()]
		}
		if err := w.Write(win, bands); err != nil {
			return errors.Join(err, w.Close())
		}
		progress(int64(win.Max.Y), int64(rows))
	}
	return w.Close()
}

// gdalChain makes polygons of a scene as GDAL's own programs do.
func gdalChain(ctx context.Context, dir, scene string) (sum usage, err error) {
	mask, sieved, vector := filepath.Join(dir, "mask.tif"), filepath.Join(dir, "sieved.tif"), filepath.Join(dir, "rival.gpkg")
	calc := []string{"gdal_calc.py", "--quiet", "--overwrite", "--type=Byte", "--co=COMPRESS=DEFLATE", "--co=TILED=YES", "--outfile=" + mask, "--calc=" + soilRule}
	for k, band := range []string{"B", "G", "R", "N"} {
		calc = append(calc, "-"+band, scene, fmt.Sprintf("--%s_band=%d", band, k+1))
	}
	for _, args := range [][]string{
		calc,
		{"gdal_sieve.py", "-q", "-st", "11", "-4", mask, sieved},
		{"gdal_polygonize.py", "-q", "-overwrite", "-f", "GPKG", sieved, vector, "soil"},
	} {
		u, err := usageOf(ctx, args[0], args[1:]...)
		if err != nil {
			return usage{}, err
		}
		sum.cpu, sum.wall, sum.peakMB = sum.cpu+u.cpu, sum.wall+u.wall, max(sum.peakMB, u.peakMB)
	}
	return sum, errors.Join(os.Remove(mask), os.Remove(sieved), os.Remove(vector))
}
