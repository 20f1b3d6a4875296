package raster

import (
	"context"
	"fmt"
	"image"
	"math"
	"time"

	"upwind"
)

// SceneOptions is what the caller knows beyond the file.
type SceneOptions struct {
	Bands    map[string]int // role to 1-based band; wins over what the file says
	Locator  Locator        // nil: the scene has no place on the ground
	GSDM     float64        // overrides the one measured from the locator
	Acquired time.Time      // overrides the file's
	DSM      *Surface       // needs a Locator that is a Grid
}

// reflectanceScale is the customary scale of integer reflectance products: Sentinel-2, MODIS and Landsat
// collection 1 surface reflectance store 10,000 for reflectance 1.
const reflectanceScale = 1e-4

type scene struct {
	src           Source
	info          Info
	loc           Locator
	dsm           *Surface
	scale, offset map[Role]float32
}

// NewScene joins an opened file, the meaning of its bands and its place on the ground. The meaning comes
// from opt.Bands, else from the file; where neither knows, the answer is a Refusal that says what to type.
// A lone float band that nothing names is a surface model.
func NewScene(src Source, opt SceneOptions) (Scene, error) {
	si := src.Info()
	bands, err := FindBands(si, opt.Bands)
	if err != nil {
		return nil, err
	}
	s := &scene{src: src, loc: opt.Locator, dsm: opt.DSM, scale: map[Role]float32{}, offset: map[Role]float32{}}
	s.info = Info{Name: si.Name, Width: si.Width, Height: si.Height, Bands: bands, Acquired: si.Acquired, GSDM: opt.GSDM}
	if !opt.Acquired.IsZero() {
		s.info.Acquired = opt.Acquired.UTC()
	}
	s.setRadiometry(si)
	if s.loc != nil {
		cx, cy := float64(si.Width)/2, float64(si.Height)/2
		gx, gy, ok := PixelSizeM(s.loc, cx, cy)
		s.info.Georeferenced = ok
		if ok && s.info.GSDM == 0 {
			s.info.GSDM = math.Sqrt(gx * gy)
		}
	}
	if s.dsm == nil && bands[Height] > 0 {
		if g, ok := s.loc.(Grid); ok {
			s.dsm = &Surface{Source: src, Band: bands[Height], Grid: g}
		}
	}
	if s.dsm != nil {
		if _, ok := s.loc.(Grid); !ok {
			return nil, upwind.Refuse(si.Name, "", "a surface model was given, but the picture is not a map", "give an orthophoto with a coordinate system")
		}
		s.info.HasDSM = true
	}
	return s, nil
}

func (s *scene) setRadiometry(si SourceInfo) {
	s.info.Radiometry = DN
	for _, role := range Roles {
		b := s.info.Bands[role]
		if b == 0 {
			continue
		}
		band := si.Bands[b-1]
		stated := band.Scale != 0 && (band.Scale != 1 || band.Offset != 0)
		switch {
		case role == Height:
			if stated {
				s.scale[role], s.offset[role] = float32(band.Scale), float32(band.Offset)
			}
		case stated:
			s.scale[role], s.offset[role] = float32(band.Scale), float32(band.Offset)
			s.info.Radiometry = Reflectance
		case band.Type == "float32" || band.Type == "float64":
			s.info.Radiometry = Reflectance
		case band.Type == "uint8" && !s.info.Has(SWIR1):
			s.info.Radiometry = Colour
		case statedReflectance(si):
			s.scale[role] = reflectanceScale
			s.info.Radiometry = Reflectance
		}
	}
}

// statedReflectance reports whether an integer file calls its numbers reflectance x 10,000: without such a
// word 16-bit numbers stay DN, because a wrong scale would move every physical threshold.
func statedReflectance(si SourceInfo) bool {
	for _, key := range []string{"REFLECTANCE_SCALE", "QUANTIFICATION_VALUE", "BOA_QUANTIFICATION_VALUE"} {
		if v := si.Metadata[""][key]; v == "10000" || v == "0.0001" || v == "1e-4" || v == "1e-04" {
			return true
		}
	}
	return false
}

func (s *scene) Info() Info { return s.info }

func (s *scene) DSM() Surface { return *s.dsm }

func (s *scene) Locate(x, y float64) (lon, lat, sigmaM float64, ok bool) {
	if s.loc == nil {
		return 0, 0, 0, false
	}
	return s.loc.Locate(x, y)
}

// Pixel is the inverse of Locate; it answers only where the locator has an inverse.
func (s *scene) Pixel(lon, lat float64) (x, y float64, ok bool) {
	if g, is := s.loc.(Grid); is {
		return g.Pixel(lon, lat)
	}
	return 0, 0, false
}

func (s *scene) Read(ctx context.Context, win image.Rectangle, roles ...Role) ([][]float32, error) {
	out := make([][]float32, len(roles))
	return out, s.readInto(ctx, win, out, roles)
}

// readInto is Read into slices of the window's size, or nil ones.
func (s *scene) readInto(ctx context.Context, win image.Rectangle, out [][]float32, roles []Role) error {
	if win.Empty() || !win.In(s.info.Bounds()) {
		return fmt.Errorf("raster: %s: window %v is not inside %v", s.info.Name, win, s.info.Bounds())
	}
	bands := make([]int, len(roles))
	for i, r := range roles {
		if bands[i] = s.info.Bands[r]; bands[i] == 0 {
			return fmt.Errorf("raster: %s has no %s band", s.info.Name, r)
		}
	}
	if err := s.src.Read(ctx, win, bands, out); err != nil {
		return err
	}
	for i, r := range roles {
		k, ok := s.scale[r]
		if !ok {
			continue
		}
		o, px := s.offset[r], out[i]
		for j, v := range px {
			px[j] = v*k + o
		}
	}
	return nil
}
