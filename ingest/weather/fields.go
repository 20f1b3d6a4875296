package weather

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"upwind"
	"upwind/lidar/scan/format"
	"upwind/tracing/wind"
)

// GRIB decodes wind from a GRIB file: u and v at 10 m above ground towards true east and north, at their valid
// times, on even longitudes and latitudes about a rectangle.
type GRIB interface {
	Layers(ctx context.Context, path string, west, south, east, north float64) ([]wind.Layer, []string, error)
}

// Fields reads gridded wind. The decoders come from outside, because they are libraries that run behind walls.
type Fields struct {
	GRIB   GRIB
	NetCDF format.NetCDF
}

// maxFieldMS is beyond any mean wind at 10 m on record (Mount Washington 1934, 103 m/s in a gust).
const maxFieldMS = 120

var netCDFMagics = [][]byte{[]byte("CDF\x01"), []byte("CDF\x02"), []byte("CDF\x05"), []byte("\x89HDF\r\n\x1a\n")}

// IsField reports whether a file that starts like this is a gridded field rather than a table.
func IsField(head []byte) bool { return bytes.HasPrefix(head, []byte("GRIB")) || isNetCDF(head) }

func isNetCDF(head []byte) bool {
	for _, m := range netCDFMagics {
		if bytes.HasPrefix(head, m) {
			return true
		}
	}
	return false
}

// Read reads the wind field of a GRIB or netCDF file about a rectangle of longitudes and latitudes, with what
// there is to say about it. The error is an [*upwind.Refusal] that names the file, or the disk's own.
func (f Fields) Read(ctx context.Context, path string, west, south, east, north float64) (wind.Grid, []string, error) {
	name := filepath.Base(path)
	head, err := headOf(path)
	if err != nil {
		return wind.Grid{}, nil, fmt.Errorf("weather: %w", err)
	}
	var layers []wind.Layer
	var notes []string
	switch {
	case bytes.HasPrefix(head, []byte("GRIB")) && f.GRIB != nil:
		layers, notes, err = f.GRIB.Layers(ctx, path, west, south, east, north)
	case isNetCDF(head) && f.NetCDF != nil:
		layers, err = f.netCDF(path, name, west, south, east, north)
	default:
		err = upwind.Refuse(name, "", "it is neither GRIB nor netCDF", "hand in a GRIB2 or netCDF file")
	}
	if err != nil {
		return wind.Grid{}, nil, err
	}
	g, err := wind.Assemble(name, layers)
	if err != nil {
		return wind.Grid{}, nil, err
	}
	missing := 0
	for k := range g.Times {
		for i := range g.U[k] {
			s := math.Hypot(float64(g.U[k][i]), float64(g.V[k][i]))
			switch {
			case math.IsNaN(s):
				missing++
			case s > maxFieldMS:
				return wind.Grid{}, nil, upwind.Refuse(name, g.Times[k].UTC().Format("2006-01-02T15:04Z"), fmt.Sprintf("a wind of %.0f m/s", s), "check the units of u and v")
			}
		}
	}
	if missing > 0 {
		notes = append(notes, fmt.Sprintf("%s: %d of %d values about the place are missing", name, missing, len(g.Times)*g.NX*g.NY))
	}
	return g, notes, nil
}

func headOf(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	head := make([]byte, 8)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return head[:n], nil
}
