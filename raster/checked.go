package raster

import (
	"context"
	"fmt"
	"image"
	"math"
	"strings"

	"upwind"
)

const (
	// What a file calls reflectance is not, where half of a band is above this: fresh snow and thick cloud reach 1.2 at the top of the atmosphere.
	reflectanceMax = 1.5
	// Pixels of a map finer than this are degrees that were taken for metres: a drone at 5 m sees a millimetre.
	finestGSDM = 5e-4

	checkAcross = 5  // windows sampled in each direction
	checkSide   = 32 // pixels of one
	checkLeast  = 100
)

// Checked holds what a scene says about itself against its place and its pixels. A map that cannot lie where it says, or reaches across longitude
// 180, is refused. Numbers that cannot be the reflectance that the file calls them are taken as unscaled; notes say so.
func Checked(ctx context.Context, s Scene) (Scene, []string, error) {
	sc, ok := s.(*scene)
	if !ok {
		return s, nil, nil
	}
	if err := sc.checkPlace(); err != nil {
		return nil, nil, err
	}
	if sc.info.Radiometry != Reflectance {
		return s, nil, nil
	}
	note, err := sc.checkReflectance(ctx)
	if err != nil || note == "" {
		return s, nil, err
	}
	raw := *sc
	raw.info.Radiometry, raw.scale, raw.offset = DN, map[Role]float32{}, map[Role]float32{}
	if k, ok := sc.scale[Height]; ok {
		raw.scale[Height], raw.offset[Height] = k, sc.offset[Height]
	}
	return &raw, []string{note}, nil
}

// checkPlace looks at the corners of a map.
func (s *scene) checkPlace() error {
	if _, ok := s.loc.(Grid); !ok {
		return nil
	}
	const again = "correct its coordinate system (gdal_edit.py -a_srs) or its coordinates"
	w, h := float64(s.info.Width), float64(s.info.Height)
	placed, west, east := 0, math.Inf(1), math.Inf(-1)
	corners := [4][2]float64{{0, 0}, {w, 0}, {0, h}, {w, h}}
	for _, c := range corners {
		if lon, _, _, ok := s.loc.Locate(c[0], c[1]); ok {
			placed++
			west, east = min(west, lon), max(east, lon)
		}
	}
	switch {
	case placed == 0:
		return upwind.Refuse(s.info.Name, "", "by its coordinate system no corner of it lies on the earth: the two contradict each other", again)
	case placed < len(corners) || east-west > 180:
		return upwind.Refuse(s.info.Name, "", "it reaches across longitude 180 or off the earth", "cut it there (gdal_translate -projwin) and hand in the parts")
	case s.info.GSDM > 0 && s.info.GSDM < finestGSDM:
		return upwind.Refuse(s.info.Name, "", fmt.Sprintf("its pixels would be %.2g mm wide: its coordinates look like degrees, its coordinate system counts metres", 1000*s.info.GSDM), again)
	}
	return nil
}

// checkReflectance says what contradicts that the scene's numbers are reflectance, by windows spread over it.
func (s *scene) checkReflectance(ctx context.Context) (string, error) {
	var roles []Role
	for _, r := range Roles {
		if r != Height && s.info.Has(r) {
			roles = append(roles, r)
		}
	}
	values := make([][]float32, len(roles))
	w, h := min(checkSide, s.info.Width), min(checkSide, s.info.Height)
	src := rolesOf(s, roles...)
	for j := range checkAcross {
		for i := range checkAcross {
			at := image.Pt((s.info.Width-w)*i/(checkAcross-1), (s.info.Height-h)*j/(checkAcross-1))
			win := image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
			if src.empty(win) {
				continue
			}
			px := make([][]float32, len(roles))
			for b := range px {
				px[b] = make([]float32, w*h)
			}
			if err := src.read(ctx, win, px); err != nil {
				return "", err
			}
			for b := range px {
				values[b] = append(values[b], px[b]...)
			}
		}
	}
	var high []string
	for b, r := range roles {
		n := 0
		for _, v := range values[b] {
			if v-v == 0 {
				n++
			}
		}
		if _, median := percentiles(values[b:b+1], 0, 0.5); n >= checkLeast && median > reflectanceMax {
			high = append(high, fmt.Sprintf("%.3g in %s", median, r))
		}
	}
	if len(high) == 0 {
		return "", nil
	}
	return fmt.Sprintf("%s: its numbers cannot be the reflectance that it says they are (median %s): they are taken as unscaled; state the right scale in the file, or hand in the product with its metadata",
		s.info.Name, strings.Join(high, ", ")), nil
}

// noData refuses a scene without a single pixel of data.
func noData(name string) error {
	return upwind.Refuse(name, "", "no pixel of it holds data: each is the nodata value, NaN, transparent or not stored", "check what the file says is nodata, or export it again")
}
