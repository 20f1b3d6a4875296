package workers

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"

	"upwind"
	"upwind/ingest/photo"
	"upwind/raster"
	"upwind/raster/gdal"
)

// Placed is a drone picture laid on the ground.
type Placed struct {
	Width, Height        int
	CRS                  string
	GSDM                 float64
	SeenShare            float64 // of the grid
	SigmaMinM, SigmaMaxM float64 // of a place, 1-sigma radius
	Notes                []string
}

// Bounds of a laid-out picture.
const (
	maxPlacedPixels = 400 << 20
	placedRows      = 64
)

// PlacePhoto lays a drone picture on its surface model, or on flat ground, as a COG of red, green, blue and alpha in the UTM zone of the camera, and
// the error of each pixel's place as another, in metres; sigmaPath may be empty. gsdM is the size of a pixel, 0 that of the picture. Each pixel of the
// ground is looked up in the picture once; what stands in front of it, by the surface model, leaves a gap.
func PlacePhoto(ctx context.Context, a upwind.Asset, gsdM float64, path, sigmaPath string, progress func(stage string, done, total int)) (out Placed, err error) {
	p, err := openPicture(ctx, a)
	if err != nil {
		return out, err
	}
	defer p.Close()
	if p.held != "" {
		return out, upwind.Refuse(a.Name, "", p.held, "state what is missing")
	}
	cam := p.camera
	foot, ok := cam.Footprint()
	if !ok {
		return out, upwind.Refuse(a.Name, "", "no part of it has known ground", "give a surface model of its place, or a --ground-height")
	}
	middle := foot.Bound().Center()
	zone := min(60, int(math.Floor((middle.Lon()+180)/6))+1)
	out.CRS = fmt.Sprintf("EPSG:%d", 32600+zone)
	if middle.Lat() < 0 {
		out.CRS = fmt.Sprintf("EPSG:%d", 32700+zone)
	}
	to, err := gdal.NewTransform(gdal.WGS84, out.CRS)
	if err != nil {
		return out, err
	}
	defer to.Close()
	from, err := gdal.NewTransform(out.CRS, gdal.WGS84)
	if err != nil {
		return out, err
	}
	defer from.Close()
	if out.GSDM = gsdM; gsdM <= 0 {
		if _, out.GSDM = cam.GSD(); !(out.GSDM > 0) {
			return out, upwind.Refuse(a.Name, "", "the size of its pixels on the ground is not known", "state --gsd")
		}
	}
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range foot[0] {
		if x, y, ok := to.Apply(q[0], q[1]); ok {
			west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
		}
	}
	w, h := math.Ceil((east-west)/out.GSDM), math.Ceil((north-south)/out.GSDM)
	if !(w >= 1 && h >= 1 && w*h <= maxPlacedPixels) {
		return out, upwind.Refuse(a.Name, "", fmt.Sprintf("it covers %.0f x %.0f m: too many pixels of %.3f m", east-west, north-south, out.GSDM), "state a larger --gsd")
	}
	out.Width, out.Height = int(w), int(h)
	view := cam.View(func(done, total int) { progress("rays", done, total) })
	out.SigmaMinM, out.SigmaMaxM = view.LeastM, view.MaxM
	px, err := colours(ctx, p)
	if err != nil {
		return out, err
	}
	gt := [6]float64{west, out.GSDM, 0, north, 0, -out.GSDM}
	base := gdal.Raster{Width: out.Width, Height: out.Height, GeoTransform: &gt, CRS: out.CRS}
	colour, sigma := base, base
	colour.Colours, colour.Descriptions = []string{"Red", "Green", "Blue", "Alpha"}, []string{"red", "green", "blue", "alpha"}
	nan := math.NaN()
	sigma.NoData, sigma.Descriptions = &nan, []string{"error of the place, m (1 sigma)"}
	if acquired := p.scene.Info().Acquired; !acquired.IsZero() {
		colour.Metadata = map[string]string{"TIFFTAG_DATETIME": acquired.Format("2006:01:02 15:04:05")}
	}
	files := []*gdal.Writer{nil, nil}
	defer func() {
		for _, f := range files {
			if f != nil {
				err = errors.Join(err, f.Close())
			}
		}
		if err == nil {
			err = gdal.ToCOG(path+plainSuffix, path, false)
		}
		if err == nil && sigmaPath != "" {
			err = gdal.ToCOG(sigmaPath+plainSuffix, sigmaPath, false)
		}
		for _, half := range []string{path, sigmaPath} {
			_ = os.Remove(half + plainSuffix) // gone already where all went well
		}
	}()
	if files[0], err = gdal.Create(path+plainSuffix, colour, "uint8", 4); err != nil {
		return out, err
	}
	if sigmaPath != "" {
		if files[1], err = gdal.Create(sigmaPath+plainSuffix, sigma, "float32", 1); err != nil {
			return out, err
		}
	}
	seen := 0
	for y := 0; y < out.Height; y += placedRows {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		win := image.Rect(0, y, out.Width, min(out.Height, y+placedRows))
		n, err := layRows(p, view, from, gt, win, px, files)
		if err != nil {
			return out, err
		}
		seen += n
		progress("picture", win.Max.Y, out.Height)
	}
	out.SeenShare = float64(seen) / float64(out.Width*out.Height)
	out.Notes = p.notes
	return out, nil
}

// plainSuffix is on the name of a GeoTIFF on its way to a COG.
const plainSuffix = ".plain"

// bytePlanes is red, green and blue of a picture.
type bytePlanes struct {
	w, h int
	v    [3][]uint8
}

func colours(ctx context.Context, p *picture) (out bytePlanes, err error) {
	info := p.scene.Info()
	if out.w, out.h = info.Width, info.Height; out.w < 2 || out.h < 2 {
		return out, upwind.Refuse(info.Name, "", fmt.Sprintf("%d x %d pixels are no picture", out.w, out.h), "hand in the picture as the drone stored it")
	}
	for b := range out.v {
		out.v[b] = make([]uint8, out.w*out.h)
	}
	for y := 0; y < out.h; y += placedRows {
		win := image.Rect(0, y, out.w, min(out.h, y+placedRows))
		px, err := p.scene.Read(ctx, win, raster.Red, raster.Green, raster.Blue)
		if err != nil {
			return out, err
		}
		for b := range px {
			for i, v := range px[b] {
				out.v[b][y*out.w+i] = uint8(max(0, min(255, v)))
			}
		}
	}
	return out, nil
}

// at interpolates between pixel centres.
func (p *bytePlanes) at(x, y float64) (out [3]uint8) {
	x, y = max(0, min(float64(p.w-1), x-0.5)), max(0, min(float64(p.h-1), y-0.5))
	i, j := min(int(x), p.w-2), min(int(y), p.h-2)
	u, v, k := x-float64(i), y-float64(j), j*p.w+i
	for b := range out {
		q := p.v[b]
		out[b] = uint8((1-v)*((1-u)*float64(q[k])+u*float64(q[k+1])) + v*((1-u)*float64(q[k+p.w])+u*float64(q[k+p.w+1])) + 0.5)
	}
	return out
}

// layRows looks up a strip of ground in the picture and writes it; n pixels of it are seen.
func layRows(p *picture, view photo.View, from *gdal.Transform, gt [6]float64, win image.Rectangle, px bytePlanes, files []*gdal.Writer) (n int, err error) {
	size := win.Dx() * win.Dy()
	lon, lat := make([]float64, size), make([]float64, size)
	for i := range lon {
		lon[i], lat[i] = gt[0]+(float64(i%win.Dx())+0.5)*gt[1], gt[3]+(float64(win.Min.Y+i/win.Dx())+0.5)*gt[5]
	}
	from.ApplyAll(lon, lat)
	bands := [4][]uint8{make([]uint8, size), make([]uint8, size), make([]uint8, size), make([]uint8, size)}
	sigma := make([]float32, size)
	for i := range lon {
		sigma[i] = float32(math.NaN())
		ground, ok := p.camera.Ground(lon[i], lat[i])
		if !ok {
			continue
		}
		x, y, s, ok := view.Sees(lon[i], lat[i], ground)
		if !ok {
			continue
		}
		c := px.at(x, y)
		bands[0][i], bands[1][i], bands[2][i], bands[3][i], sigma[i] = c[0], c[1], c[2], 255, float32(s)
		n++
	}
	if err := files[0].Write(win, []any{bands[0], bands[1], bands[2], bands[3]}); err != nil {
		return n, err
	}
	if files[1] != nil {
		return n, files[1].Write(win, []any{sigma})
	}
	return n, nil
}
