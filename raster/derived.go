package raster

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"upwind"
)

// Feature groups that can be learnt from beside the bands themselves.
const (
	Indices = "indices" // ratios of bands, which light and haze change less than the bands
	Texture = "texture" // how much brightness varies about a pixel, over 3 and 9 pixels, relative to its mean
)

// derivedBand is a band that is computed from others.
type derivedBand struct {
	name, group string
	needs       []Role
	index       func(p Spectrum) float64 // of an index
	half        int                      // half the window of a texture
}

// derivedBands are all there are, in their order; their names stand in models.
var derivedBands = []derivedBand{
	{name: "index NDVI", group: Indices, needs: []Role{Red, NIR}, index: Spectrum.NDVI},
	{name: "index BSI", group: Indices, needs: []Role{Blue, Red, NIR, SWIR1}, index: Spectrum.BSI},
	{name: "index MNDWI", group: Indices, needs: []Role{Green, SWIR1}, index: Spectrum.MNDWI},
	{name: "index NBR2", group: Indices, needs: []Role{SWIR1, SWIR2}, index: Spectrum.NBR2},
	{name: "index ExG", group: Indices, needs: []Role{Red, Green, Blue}, index: Spectrum.ExG},
	{name: "index RI", group: Indices, needs: []Role{Red, Green}, index: Spectrum.RI},
	{name: "texture 3 px", group: Texture, half: 1},
	{name: "texture 9 px", group: Texture, half: 4},
}

// Derived is a Source with further bands that are computed from its own.
type Derived struct {
	src   Source
	info  SourceInfo
	roles map[Role]int
	extra []derivedBand
}

var _ Sparse = (*Derived)(nil)

// Derive adds the bands of feature groups that a picture's bands allow; roles say which band is what.
func Derive(src Source, roles map[Role]int, groups []string) (*Derived, error) {
	for _, g := range groups {
		if g != Indices && g != Texture {
			return nil, upwind.Refuse(src.Info().Name, "", fmt.Sprintf("%q is no group of features", g), "name bands, indices, texture")
		}
	}
	var extra []derivedBand
	for _, b := range derivedBands {
		if slices.Contains(groups, b.group) && !slices.ContainsFunc(b.needs, func(r Role) bool { return roles[r] == 0 }) {
			extra = append(extra, b)
		}
	}
	return derived(src, roles, extra), nil
}

// DeriveFor adds the bands that a model learnt from beside a picture's own, by their names.
func DeriveFor(src Source, roles map[Role]int, features []string) (Source, error) {
	var extra []derivedBand
	for _, f := range features {
		at := slices.IndexFunc(derivedBands, func(b derivedBand) bool { return b.name == f })
		if at < 0 {
			continue
		}
		b := derivedBands[at]
		for _, r := range b.needs {
			if roles[r] == 0 {
				return nil, upwind.Refuse(src.Info().Name, "", fmt.Sprintf("the model learnt from the %s, which needs %s, and nothing says which band that is", b.name, r), howToGiveBands)
			}
		}
		extra = append(extra, b)
	}
	if len(extra) == 0 {
		return src, nil
	}
	return derived(src, roles, extra), nil
}

func derived(src Source, roles map[Role]int, extra []derivedBand) *Derived {
	d := &Derived{src: src, info: src.Info(), roles: roles, extra: extra}
	d.info.Bands = slices.Clone(d.info.Bands)
	for _, b := range extra {
		d.info.Bands = append(d.info.Bands, Band{Type: "float32", Description: b.name, Scale: 1})
	}
	return d
}

// Info is that of the picture with the further bands after its own.
func (d *Derived) Info() SourceInfo { return d.info }

// Empty is that of the picture.
func (d *Derived) Empty(win image.Rectangle) bool { return emptyIn(d.src)(win) }

// Read is [Source.Read].
func (d *Derived) Read(ctx context.Context, win image.Rectangle, bands []int, dst [][]float32) error {
	own, halo := len(d.src.Info().Bands), 0
	var plain []int
	var at []int
	for i, b := range bands {
		if dst[i] == nil {
			dst[i] = make([]float32, win.Dx()*win.Dy())
		}
		if b <= own {
			plain, at = append(plain, b), append(at, i)
		} else {
			halo = max(halo, d.extra[b-own-1].half)
		}
	}
	if len(plain) == len(bands) {
		return d.src.Read(ctx, win, bands, dst)
	}
	if len(plain) > 0 {
		into := make([][]float32, len(plain))
		for k, i := range at {
			into[k] = dst[i]
		}
		if err := d.src.Read(ctx, win, plain, into); err != nil {
			return err
		}
	}
	grown := win.Inset(-halo).Intersect(image.Rect(0, 0, d.info.Width, d.info.Height))
	all := make([]int, own)
	for i := range all {
		all[i] = i + 1
	}
	px := make([][]float32, own)
	if err := d.src.Read(ctx, grown, all, px); err != nil {
		return err
	}
	for i, b := range bands {
		if b > own {
			d.compute(d.extra[b-own-1], px, grown, win, dst[i])
		}
	}
	return nil
}

// compute fills a derived band of a window from the bands of a grown one.
func (d *Derived) compute(b derivedBand, px [][]float32, grown, win image.Rectangle, out []float32) {
	var values []float32
	if b.index != nil {
		values = make([]float32, len(px[0]))
		of := func(r Role, i int) float64 {
			if n := d.roles[r]; n > 0 {
				return float64(px[n-1][i])
			}
			return 0
		}
		for i := range values {
			values[i] = float32(b.index(Spectrum{of(Blue, i), of(Green, i), of(Red, i), of(NIR, i), of(SWIR1, i), of(SWIR2, i)}))
		}
	} else {
		values = roughness(px, grown.Dx(), grown.Dy(), b.half)
	}
	for y := win.Min.Y; y < win.Max.Y; y++ {
		from := (y-grown.Min.Y)*grown.Dx() + win.Min.X - grown.Min.X
		copy(out[(y-win.Min.Y)*win.Dx():][:win.Dx()], values[from:])
	}
}

// roughness is the standard deviation of brightness, the mean of all bands, in a window about each pixel, over its mean there.
func roughness(px [][]float32, w, h, half int) []float32 {
	light, square := make([]float32, w*h), make([]float32, w*h)
	for i := range light {
		for _, b := range px {
			light[i] += b[i] / float32(len(px))
		}
		square[i] = light[i] * light[i]
	}
	mean, squares := BoxMean(light, w, h, half), BoxMean(square, w, h, half)
	for i, m := range mean {
		v := float64(squares[i]) - float64(m)*float64(m)
		if light[i] != light[i] || m == 0 {
			mean[i] = nan32
			continue
		}
		mean[i] = float32(math.Sqrt(math.Max(0, v)) / math.Abs(float64(m)))
	}
	return mean
}
