package workers

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"upwind"
	"upwind/ingest/product"
	"upwind/raster"
	"upwind/raster/gdal"
)

// openProduct lays the bands of a satellite product over each other, on the grid of the finest.
func (p *picture) openProduct(a upwind.Asset, opt *raster.SceneOptions) error {
	paths := map[string]string{} // of members, by base name
	f := product.Files{Open: func(name string) (io.ReadCloser, error) { return os.Open(paths[name]) }}
	for _, m := range a.Members {
		base := filepath.Base(m.Name)
		paths[base] = m.Name
		f.Names = append(f.Names, base)
	}
	prod, err := product.Read(f, filepath.Base(a.Main().Name))
	if err != nil {
		return err
	}
	opened := map[string]*gdal.Dataset{}
	open := func(name string, band int) (*gdal.Dataset, error) {
		ds, ok := opened[name]
		if !ok {
			if ds, err = p.open(paths[name]); err != nil {
				return nil, err
			}
			opened[name] = ds
		}
		if n := len(ds.Info().Bands); band > n {
			return nil, upwind.Refuse(name, "", "it has fewer bands than its metadata say", "hand in the product as it was delivered")
		}
		return ds, nil
	}
	var layers []raster.Layer
	for _, b := range prod.Bands {
		ds, err := open(b.File, b.Index)
		if err != nil {
			return err
		}
		layers = append(layers, raster.Layer{Source: ds, Band: b.Index, Role: b.Role, Scale: b.Scale, Offset: b.Offset, NoData: b.NoData})
	}
	var screen *raster.Screen
	if prod.Mask != nil {
		screen = &raster.Screen{}
		for _, b := range prod.Mask.Bad {
			ds, err := open(prod.Mask.File, b.Index)
			if err != nil {
				return err
			}
			screen.Source, screen.Bands, screen.Bad = ds, append(screen.Bands, b.Index), append(screen.Bad, b.Bad)
		}
	}
	stack, err := raster.NewStack(prod.Name, layers, screen)
	if err != nil {
		return err
	}
	p.source, opt.Acquired, opt.Bands = stack, prod.Acquired, nil
	said := strings.TrimSpace(prod.Sensor + " " + prod.Level)
	p.notes = append(p.notes, prod.Name+": "+said+", "+bandsInWords(prod))
	for _, n := range prod.Notes {
		p.notes = append(p.notes, prod.Name+": "+n)
	}
	if prod.RPC == "" {
		return p.placeMap(a, opt)
	}
	return p.placeByRPC(a, f, prod, opt)
}

// A Gaofen scene lies where its polynomials say to 50 m, without ground control (its makers' specification), and on ground whose height is not stated
// by so much more for each metre that it may be off.
const (
	rpcSigmaM    = 50.0
	heightSigmaM = 100.0
)

// placeByRPC places a scene by its polynomials, on the ground height that is stated or on their own.
func (p *picture) placeByRPC(a upwind.Asset, f product.Files, prod product.Product, opt *raster.SceneOptions) error {
	r, err := product.Rational(f, prod.RPC)
	if err != nil {
		return err
	}
	g := raster.Ground{RPC: r, HeightM: r.HeightOff, SigmaM: rpcSigmaM}
	if h := a.Options.GroundHeightM; h != nil {
		g.HeightM = *h
	} else {
		slant := 0.0
		if prod.View.Elevation > 0 {
			slant = 1 / math.Tan(prod.View.Elevation*math.Pi/180)
		}
		g.SigmaM = math.Hypot(rpcSigmaM, heightSigmaM*slant)
		p.notes = append(p.notes, fmt.Sprintf("%s: the height of the ground is not stated (--ground-height): %.0f m, the middle of its polynomials, was taken", prod.Name, r.HeightOff))
	}
	opt.Locator = g
	return nil
}

func bandsInWords(p product.Product) string {
	var out []string
	for _, b := range p.Bands {
		out = append(out, string(b.Role)+" is "+b.Name)
	}
	return strings.Join(out, ", ")
}
