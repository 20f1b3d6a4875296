package workers

import (
	"context"
	"fmt"
	"image"
	"math"

	"upwind"
	"upwind/raster"
)

// maxTerrainCells bounds a surface model that is held to march rays over: 6 km at half a metre.
const maxTerrainCells = 40 << 20

// Terrain is a surface model in memory, for drone pictures.
type Terrain struct {
	w, h int
	z    []float32
	grid raster.Grid
}

// ReadTerrain reads a surface model.
func ReadTerrain(ctx context.Context, s raster.Surface) (*Terrain, error) {
	si := s.Source.Info()
	if si.Width > maxTerrainCells/si.Height {
		return nil, upwind.Refuse(si.Name, "", fmt.Sprintf("%d x %d cells are too many to lay a picture on", si.Width, si.Height), "cut it to the place of the picture, or average it")
	}
	t := &Terrain{w: si.Width, h: si.Height, grid: s.Grid}
	px := make([][]float32, 1)
	if err := s.Source.Read(ctx, image.Rect(0, 0, t.w, t.h), []int{s.Band}, px); err != nil {
		return nil, err
	}
	t.z = px[0]
	return t, nil
}

// Height interpolates between the centres of cells; false where one of them is void.
func (t *Terrain) Height(lon, lat float64) (float64, bool) {
	x, y, ok := t.grid.Pixel(lon, lat)
	if !ok {
		return 0, false
	}
	x, y = x-0.5, y-0.5
	i, j := int(math.Floor(x)), int(math.Floor(y))
	if i < 0 || j < 0 || i+1 >= t.w || j+1 >= t.h {
		return 0, false
	}
	u, v, k := x-float64(i), y-float64(j), j*t.w+i
	h := (1-v)*((1-u)*float64(t.z[k])+u*float64(t.z[k+1])) + v*((1-u)*float64(t.z[k+t.w])+u*float64(t.z[k+t.w+1]))
	return h, h == h
}
