package format

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"upwind"
	"upwind/lidar/scan"
)

// NetCDF opens netCDF files; package raster/gdal has one.
type NetCDF interface {
	// OpenNetCDF opens the file at a path. What it cannot use is a Refusal that names the file.
	OpenNetCDF(path string) (NetCDFFile, error)
}

// NetCDFFile is an opened netCDF file. Variables of groups are named with their path, "/group/name"; those
// of the root by their bare name.
type NetCDFFile interface {
	Variables() []NetCDFVariable
	// Attribute is a text or number as text; variable "" asks for the file's own. "units" is one of them.
	Attribute(variable, name string) (string, bool)
	// Floats is a whole variable, the last dimension running fastest, with scale and offset applied and
	// missing values NaN.
	Floats(variable string) ([]float64, error)
	// Strings is a whole variable of text.
	Strings(variable string) ([]string, error)
	Close() error
}

// NetCDFVariable describes a variable.
type NetCDFVariable struct {
	Name  string
	Dims  []string
	Shape []int
	Text  bool
}

// maxNetCDFValues bounds what is read of a file: a day of 5 s profiles with 1500 bins is 26 million.
const maxNetCDFValues = 1 << 25

// netCDFLayouts are the ways in which lidar data are laid out in netCDF; the first that fits reads.
var netCDFLayouts = []struct {
	name string
	fits func(*ncFile) bool
	read func(*ncFile, *scan.Scan) error
}{
	{"e-profile", fitsEProfile, readEProfile},
	{"cl61", fitsCL61, readCL61},
	{"scc", fitsSCC, readSCC},
	{"cfradial", fitsCfRadial, readCfRadial},
}

// netCDFMagic are the first bytes of classic, 64-bit offset, 64-bit data and HDF5 files.
var netCDFMagic = [][]byte{[]byte("CDF\x01"), []byte("CDF\x02"), []byte("CDF\x05"), []byte("\x89HDF\r\n\x1a\n")}

func sniffNetCDF(head []byte, _ string) bool {
	return slices.ContainsFunc(netCDFMagic, func(m []byte) bool { return bytes.HasPrefix(head, m) })
}

func parseNetCDF(_ context.Context, f File, opt Options) (s *scan.Scan, err error) {
	switch {
	case opt.NetCDF == nil:
		return nil, upwind.Refuse(f.Name, "", "this is a netCDF file, and no netCDF reader is at hand here", "hand it to a program that is built with GDAL")
	case f.Path == "":
		return nil, upwind.Refuse(f.Name, "", "netCDF is read from a file on disk only", "save it first")
	}
	if err := classicFault(f); err != nil {
		return nil, err
	}
	file, err := opt.NetCDF.OpenNetCDF(f.Path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	nc := &ncFile{NetCDFFile: file, name: f.Name, vars: map[string]NetCDFVariable{}}
	for _, v := range file.Variables() {
		nc.vars[v.Name] = v
	}
	for _, l := range netCDFLayouts {
		if !l.fits(nc) {
			continue
		}
		s := &scan.Scan{Format: l.name}
		if err := l.read(nc, s); err != nil {
			return nil, err
		}
		if len(s.Rays) == 0 {
			return nil, upwind.Refuse(f.Name, "", "it holds no rays", doCopyAgain)
		}
		return s, nil
	}
	return nil, upwind.Refuse(f.Name, "", "its variables ("+some(nc.names())+") are those of no known lidar layout", "E-PROFILE, CL61, SCC and CfRadial are read")
}

// ncFile is an opened file with its faults put into words.
type ncFile struct {
	NetCDFFile
	name string
	vars map[string]NetCDFVariable
	read int // values so far
}

// spend counts values against [maxNetCDFValues].
func (n *ncFile) spend(variable string, shape ...int) error {
	count := 1
	for _, d := range shape {
		if d > 0 && count > (maxNetCDFValues-n.read)/d {
			return n.refuse(variable, fmt.Sprintf("would make more than %d values", maxNetCDFValues), "cut the file into shorter ones")
		}
		count *= d
	}
	n.read += count
	return nil
}

func (n *ncFile) names() []string {
	names := make([]string, 0, len(n.vars))
	for v := range n.vars {
		names = append(names, v)
	}
	slices.Sort(names)
	return names
}

func (n *ncFile) has(vars ...string) bool {
	for _, v := range vars {
		if _, ok := n.vars[v]; !ok {
			return false
		}
	}
	return true
}

func (n *ncFile) refuse(variable, what, do string) error {
	where := ""
	if variable != "" {
		where = "variable " + variable
	}
	return upwind.Refuse(n.name, where, what, do)
}

func (n *ncFile) attribute(variable, name string) string {
	s, _ := n.Attribute(variable, name)
	return strings.TrimSpace(s)
}

// floats reads a variable that must have these dimensions in any order, and gives them in this order; a
// name with | between alternatives is any of them.
func (n *ncFile) floats(variable string, dims ...string) (values []float64, shape []int, err error) {
	v, ok := n.vars[variable]
	if !ok {
		return nil, nil, n.refuse(variable, "is not there", doCopyAgain)
	}
	order := make([]int, len(dims))
	for i, d := range dims {
		order[i] = slices.IndexFunc(v.Dims, func(have string) bool { return slices.Contains(strings.Split(d, "|"), have) })
		if order[i] < 0 {
			return nil, nil, n.refuse(variable, fmt.Sprintf("has dimensions %s; %s were expected", strings.Join(v.Dims, ", "), strings.Join(dims, ", ")), doCopyAgain)
		}
	}
	if err := n.spend(variable, v.Shape...); err != nil {
		return nil, nil, err
	}
	count := 1
	for i, d := range v.Shape {
		if count *= d; !slices.Contains(order, i) && d != 1 {
			return nil, nil, n.refuse(variable, fmt.Sprintf("has a dimension %s of %d that is not understood", v.Dims[i], d), doCopyAgain)
		}
	}
	if values, err = n.Floats(variable); err != nil {
		return nil, nil, err
	}
	if len(values) != count {
		return nil, nil, n.refuse(variable, fmt.Sprintf("gave %d of %d values", len(values), count), doCopyAgain)
	}
	for _, i := range order {
		shape = append(shape, v.Shape[i])
	}
	return reorder(values, v.Shape, order), shape, nil
}

// reorder brings the axes named by order to the front in that order; the rest have length 1.
func reorder(v []float64, shape, order []int) []float64 {
	if slices.IsSorted(order) {
		return v
	}
	stride := make([]int, len(shape))
	for i, s := len(shape)-1, 1; i >= 0; i-- {
		stride[i], s = s, s*shape[i]
	}
	out := make([]float64, 0, len(v))
	at := make([]int, len(order))
	for range v {
		from := 0
		for k, i := range order {
			from += at[k] * stride[i]
		}
		out = append(out, v[from])
		for k := len(order) - 1; k >= 0; k-- {
			if at[k]++; at[k] < shape[order[k]] {
				break
			}
			at[k] = 0
		}
	}
	return out
}

// scalar is the first finite value of a variable; ok is false when it is not there.
func (n *ncFile) scalar(variable string) (float64, bool) {
	v, ok := n.vars[variable]
	if !ok || v.Text {
		return 0, false
	}
	if err := n.spend(variable, v.Shape...); err != nil {
		return 0, false
	}
	values, err := n.Floats(variable)
	if err != nil {
		return 0, false
	}
	for _, x := range values {
		if !math.IsNaN(x) {
			return x, true
		}
	}
	return 0, false
}

// scaled multiplies in place.
func scaled(v []float64, factor float64) []float64 {
	if factor != 1 {
		for i := range v {
			v[i] *= factor
		}
	}
	return v
}

// row is row i of an array with bins columns; the backing array is shared, the capacity is not.
func row(v []float64, i, bins int) []float64 { return v[i*bins : (i+1)*bins : (i+1)*bins] }

// station places the site by the first of the names that are there.
func (n *ncFile) station(s *scan.Scan, lon, lat, alt []string) {
	first := func(names []string) (float64, bool) {
		for _, v := range names {
			if x, ok := n.scalar(v); ok {
				return x, true
			}
		}
		return 0, false
	}
	x, okX := first(lon)
	y, okY := first(lat)
	if okX && okY && math.Abs(x) <= 180 && math.Abs(y) <= 90 && (x != 0 || y != 0) {
		s.Site.Lon, s.Site.Lat, s.Site.Placed = x, y, true
	}
	if z, ok := first(alt); ok {
		s.Site.AltitudeM = z
	}
}
