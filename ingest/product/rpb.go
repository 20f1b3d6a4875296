package product

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"upwind"
	"upwind/raster"
)

// A .rpb file states RPC00B as "name = value;" and lists of twenty in parentheses.
var (
	rpbValue = regexp.MustCompile(`(\w+)\s*=\s*([-+0-9.eE]+)\s*;`)
	rpbList  = regexp.MustCompile(`(\w+)\s*=\s*\(([^)]*)\)`)
)

const maxRPBBytes = 1 << 20

// Rational reads the rational polynomials that a product names.
func Rational(f Files, name string) (raster.RPC, error) {
	var out raster.RPC
	bad := func(where, what string) error {
		return upwind.Refuse(name, where, what, "hand in the product as it was delivered")
	}
	r, err := f.Open(name)
	if err != nil {
		return out, bad("", "it cannot be opened")
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxRPBBytes))
	if err != nil {
		return out, bad("", "it cannot be read")
	}
	values, lists := map[string]string{}, map[string][]string{}
	for _, m := range rpbValue.FindAllStringSubmatch(string(text), -1) {
		values[m[1]] = m[2]
	}
	for _, m := range rpbList.FindAllStringSubmatch(string(text), -1) {
		lists[m[1]] = strings.FieldsFunc(m[2], func(c rune) bool { return strings.ContainsRune(", \t\r\n", c) })
	}
	for _, v := range []struct {
		key   string
		to    *float64
		scale bool
	}{
		{"lineOffset", &out.LineOff, false}, {"sampOffset", &out.SampOff, false}, {"latOffset", &out.LatOff, false}, {"longOffset", &out.LonOff, false}, {"heightOffset", &out.HeightOff, false},
		{"lineScale", &out.LineScale, true}, {"sampScale", &out.SampScale, true}, {"latScale", &out.LatScale, true}, {"longScale", &out.LonScale, true}, {"heightScale", &out.HeightScale, true},
	} {
		if *v.to, err = number(name, v.key, values[v.key]); err != nil {
			return out, err
		}
		if v.scale && *v.to <= 0 {
			return out, bad(v.key, "it should be above 0")
		}
	}
	for key, to := range map[string]*[20]float64{"lineNumCoef": &out.LineNum, "lineDenCoef": &out.LineDen, "sampNumCoef": &out.SampNum, "sampDenCoef": &out.SampDen} {
		if len(lists[key]) != len(to) {
			return out, bad(key, fmt.Sprintf("it should have %d numbers, and has %d", len(to), len(lists[key])))
		}
		for i, s := range lists[key] {
			if to[i], err = number(name, key, s); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}
