package workers

import (
	"context"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/ingest/weather"
	"upwind/raster/gdal"
	"upwind/tracing/wind"
)

const (
	// roleField is the role of a gridded wind among the members of a trace job.
	roleField = "field"
	// fieldReachDeg is how far beyond the readings a field is read, in degrees of latitude: six hours of air, and the cells
	// about it that interpolation needs.
	fieldReachDeg = 2.0
)

var fieldReader = weather.Fields{GRIB: gdal.GRIB{}, NetCDF: gdal.NetCDF{}}

// inspectFields reads a gridded wind from end to end, so that what is wrong with it is said when it is handed in.
func inspectFields(ctx context.Context, a upwind.Asset, in *upwind.Inspection) error {
	g, notes, err := fieldReader.Read(ctx, a.Main().Name, 0, 0, 0, 0)
	if err != nil {
		return err
	}
	in.AcquiredAt, in.Until = g.Times[0].UTC(), g.Times[len(g.Times)-1].UTC()
	in.Width, in.Height, in.Notes, in.Georeferenced = g.NX, g.NY, notes, true
	west, width := math.Mod(g.Lon0+540, 360)-180, float64(g.NX-1)*g.DLon
	if west+width <= 180 { // one that crosses the date line or goes around the world has no simple outline
		b := orb.Point{west, g.Lat0}.Bound().Extend(orb.Point{west + width, g.Lat0 + float64(g.NY-1)*g.DLat})
		in.Footprint = geojson.NewGeometry(b.ToPolygon())
	}
	return nil
}

// readFields reads the gridded winds of a trace job about its readings.
func readFields(ctx context.Context, in traceInput) ([]wind.Grid, error) {
	if len(in.Fields) == 0 || len(in.Readings) == 0 {
		return nil, nil
	}
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, o := range in.Readings {
		west, south, east, north = min(west, o.Lon), min(south, o.Lat), max(east, o.Lon), max(north, o.Lat)
	}
	reach := fieldReachDeg / max(math.Cos((south+north)/2*math.Pi/180), 0.1)
	var out []wind.Grid
	for _, name := range in.Fields {
		g, _, err := fieldReader.Read(ctx, name, west-reach, max(south-fieldReachDeg, -90), east+reach, min(north+fieldReachDeg, 90))
		if upwind.IsRefusal(err) {
			continue // it lies elsewhere
		}
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}
