package weather

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"upwind"
	"upwind/lidar/scan/format"
	"upwind/tracing/wind"
)

// Names of u and v at 10 m in lower case: ERA5, ECMWF's and NCEP's conventions, MERRA-2.
var (
	eastNames  = []string{"u10", "10u", "u10m", "ugrd10m", "ugrd_10maboveground", "10m_u_component_of_wind"}
	northNames = []string{"v10", "10v", "v10m", "vgrd10m", "vgrd_10maboveground", "10m_v_component_of_wind"}
	tenMetres  = []string{"10 m", "10m", "10-m"}
	msUnits    = []string{"m s-1", "m/s", "m s**-1", "m s^-1", "ms-1", "meters per second", "m.s-1"}
)

// ncWind is a netCDF file with its variables by name.
type ncWind struct {
	name string
	file format.NetCDFFile
	vars map[string]format.NetCDFVariable
}

func (f Fields) netCDF(path, name string, west, south, east, north float64) (out []wind.Layer, err error) {
	file, err := f.NetCDF.OpenNetCDF(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := file.Close(); cerr != nil && err == nil {
			err = cerr
		}
	}()
	n := ncWind{name: name, file: file, vars: map[string]format.NetCDFVariable{}}
	for _, v := range file.Variables() {
		n.vars[v.Name] = v
	}
	u, err := n.find("u", "eastward_wind", eastNames)
	if err != nil {
		return nil, err
	}
	v, err := n.find("v", "northward_wind", northNames)
	if err != nil {
		return nil, err
	}
	for _, x := range []format.NetCDFVariable{u, v} {
		layers, err := n.layers(x, x.Name == v.Name, west, south, east, north)
		if err != nil {
			return nil, err
		}
		out = append(out, layers...)
	}
	return out, nil
}

func (n ncWind) bad(variable, what, do string) error {
	if variable != "" {
		variable = "variable " + variable
	}
	return upwind.Refuse(n.name, variable, what, do)
}

// find is the component at 10 m: by a name that says so, or by its standard name and a height of 10 m.
func (n ncWind) find(component, standard string, names []string) (format.NetCDFVariable, error) {
	var found []format.NetCDFVariable
	for _, v := range n.file.Variables() {
		if v.Text || len(v.Dims) < 2 {
			continue
		}
		std, _ := n.file.Attribute(v.Name, "standard_name")
		long, _ := n.file.Attribute(v.Name, "long_name")
		named := slices.Contains(names, strings.ToLower(v.Name))
		if named || std == standard && (n.atTenMetres(v) || slices.ContainsFunc(tenMetres, func(s string) bool { return strings.Contains(strings.ToLower(long), s) })) {
			found = append(found, v)
		}
	}
	switch {
	case len(found) == 0:
		return format.NetCDFVariable{}, n.bad("", "it holds no "+component+" of the wind at 10 m", "name it "+names[0]+", or give it the standard name "+standard+" and a height of 10 m")
	case len(found) > 1:
		return format.NetCDFVariable{}, n.bad("", "it holds more than one "+component+" of the wind at 10 m: "+found[0].Name+", "+found[1].Name, "keep the one that counts")
	}
	v := found[0]
	if unit, ok := n.file.Attribute(v.Name, "units"); !ok || !slices.Contains(msUnits, strings.ToLower(strings.TrimSpace(unit))) {
		return v, n.bad(v.Name, fmt.Sprintf("its units are %s", Clip(unit)), "write it in m s-1")
	}
	return v, nil
}

// atTenMetres reports whether a dimension of size one, or a scalar coordinate, says 10 m.
func (n ncWind) atTenMetres(v format.NetCDFVariable) bool {
	coordinates, _ := n.file.Attribute(v.Name, "coordinates")
	for _, name := range append(slices.Clone(v.Dims), strings.Fields(coordinates)...) {
		c, ok := n.vars[name]
		if !ok || !strings.HasPrefix(strings.ToLower(name), "height") || size(c) != 1 {
			continue
		}
		if h, err := n.file.Floats(name); err == nil && len(h) == 1 && h[0] == 10 {
			return true
		}
	}
	return false
}

func size(v format.NetCDFVariable) int {
	s := 1
	for _, d := range v.Shape {
		s *= d
	}
	return s
}

// layers cuts a variable of [time,] latitude, longitude, with dimensions of one value between them, into times.
func (n ncWind) layers(v format.NetCDFVariable, isNorth bool, west, south, east, north float64) ([]wind.Layer, error) {
	k := len(v.Dims)
	lats, err := n.axis(v, v.Dims[k-2], "lat")
	if err != nil {
		return nil, err
	}
	lons, err := n.axis(v, v.Dims[k-1], "lon")
	if err != nil {
		return nil, err
	}
	timeName := ""
	for i, d := range v.Dims[:k-2] {
		switch {
		case strings.Contains(strings.ToLower(d), "time") && timeName == "":
			timeName = d
		case v.Shape[i] != 1:
			return nil, n.bad(v.Name, fmt.Sprintf("its dimension %s has %d values", d, v.Shape[i]), "cut out one of them: one forecast, one member, one height")
		}
	}
	times, err := n.times(v, timeName)
	if err != nil {
		return nil, err
	}
	values, err := n.file.Floats(v.Name)
	if err != nil {
		return nil, err
	}
	cells := len(lats) * len(lons)
	if len(values) != cells*len(times) {
		return nil, n.bad(v.Name, fmt.Sprintf("%d values for %d times on %d x %d points", len(values), len(times), len(lons), len(lats)), "the file is damaged; hand it in again")
	}
	var out []wind.Layer
	for i, at := range times {
		l := wind.Layer{North: isNorth, Valid: at, Reference: at}
		part := make([]float32, cells)
		for j, x := range values[i*cells : (i+1)*cells] {
			part[j] = float32(x)
		}
		if err := l.Lay(n.name, slices.Clone(lons), slices.Clone(lats), part); err != nil {
			return nil, err
		}
		if l = l.Crop(west, south, east, north); l.NX == 0 {
			return nil, n.bad("", fmt.Sprintf("its grid does not cover %.2f..%.2f E, %.2f..%.2f N", west, east, south, north), "hand in a field that does")
		}
		out = append(out, l)
	}
	return out, nil
}

// degreeUnits are the spellings of CF for the units of latitudes and longitudes, by the first letters of the axis.
var degreeUnits = map[string][]string{
	"lat": {"degrees_north", "degree_north", "degrees_n", "degree_n", "degreesn", "degreen"},
	"lon": {"degrees_east", "degree_east", "degrees_e", "degree_e", "degreese", "degreee"},
}

// axis reads the coordinate of a dimension in degrees.
func (n ncWind) axis(v format.NetCDFVariable, dim, which string) ([]float64, error) {
	c, ok := n.vars[dim]
	unit, _ := n.file.Attribute(dim, "units")
	unit = strings.ToLower(strings.TrimSpace(unit))
	named := strings.HasPrefix(strings.ToLower(dim), which) && (unit == "" || unit == "degrees")
	if !ok || len(c.Dims) != 1 || !named && !slices.Contains(degreeUnits[which], unit) {
		return nil, n.bad(v.Name, "its dimension "+Clip(dim)+" is no "+which+" in degrees",
			"order it time, lat, lon, on even degrees (a map projection is regridded with cdo remapbil)")
	}
	return n.file.Floats(dim)
}

// times reads the time coordinate (CF conventions 1.11, section 4.4).
func (n ncWind) times(v format.NetCDFVariable, dim string) ([]time.Time, error) {
	names := []string{dim}
	if dim == "" {
		names = []string{"valid_time", "time"}
	}
	for _, name := range names {
		if c, ok := n.vars[name]; !ok || len(c.Dims) > 1 || c.Text {
			continue
		}
		units, _ := n.file.Attribute(name, "units")
		calendar, _ := n.file.Attribute(name, "calendar")
		switch strings.ToLower(calendar) {
		case "", "standard", "gregorian", "proleptic_gregorian":
		default:
			return nil, n.bad(name, "its calendar is "+Clip(calendar), "write real dates")
		}
		origin, unit, ok := since(units)
		if !ok {
			return nil, n.bad(name, "its units are "+Clip(units), `write it as "hours since 2026-01-01 00:00:00"`)
		}
		raw, err := n.file.Floats(name)
		if err != nil {
			return nil, err
		}
		out := make([]time.Time, len(raw))
		for i, x := range raw {
			s := x * unit.Seconds()
			if !(math.Abs(s) < 1e11) {
				return nil, n.bad(name, fmt.Sprintf("value %g is no time", x), "leave times without a field out")
			}
			out[i] = origin.Add(time.Duration(math.Round(s)) * time.Second)
		}
		return out, nil
	}
	return nil, n.bad(v.Name, "it has no time", "give the field its valid time")
}

var sinceUnits = map[string]time.Duration{"second": time.Second, "sec": time.Second, "s": time.Second, "minute": time.Minute, "min": time.Minute,
	"hour": time.Hour, "hr": time.Hour, "h": time.Hour, "day": 24 * time.Hour, "d": 24 * time.Hour}

// since reads "hours since 1900-01-01 00:00:0.0"; a time without a zone is UTC.
func since(s string) (origin time.Time, unit time.Duration, ok bool) {
	word, rest, found := strings.Cut(strings.TrimSpace(s), " since ")
	word = strings.ToLower(strings.TrimSpace(word))
	if unit, ok = sinceUnits[word]; !ok {
		unit, ok = sinceUnits[strings.TrimSuffix(word, "s")]
	}
	if !found || !ok {
		return time.Time{}, 0, false
	}
	rest = strings.TrimSuffix(strings.TrimSpace(rest), " UTC")
	for _, layout := range []string{"2006-01-02 15:04:05.999", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:5.9",
		"2006-01-02 15:04", "2006-01-02", "2006-1-2 15:4:5", "2006-1-2"} {
		if t, err := time.Parse(layout, rest); err == nil {
			return t.UTC(), unit, true
		}
	}
	return time.Time{}, 0, false
}
