package las

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxWKTDepth bounds nesting; real systems stay below 10.
const maxWKTDepth = 64

// wktNode is KEYWORD[arg, arg, CHILD[...]]: args keep quoted text and bare values in order.
type wktNode struct {
	keyword string
	args    []string
	kids    []wktNode
	bare    bool // a value without brackets
}

// ParseWKT reads well-known text of versions 1 and 2 (OGC 01-009, OGC 18-010r11) and of ESRI, far enough to
// tell code, kind and units. A unit whose name and factor contradict is taken as not stated.
func ParseWKT(s string) (CRS, error) {
	p := &wktParser{s: s}
	n, err := p.node(0)
	if err != nil {
		return CRS{}, err
	}
	c := CRS{WKT: s}
	if len(n.args) > 0 {
		c.Name = n.args[0]
	}
	parts := []wktNode{n}
	if n.keyword == "COMPD_CS" || n.keyword == "COMPOUNDCRS" {
		parts = n.kids
	}
	if p.comma() { // ESRI appends the vertical system behind a comma
		if v, err := p.node(0); err == nil {
			parts = append(parts, v)
		}
	}
	for _, k := range parts {
		if err := c.take(k.source()); err != nil {
			return CRS{}, err
		}
	}
	horizontal := func(k wktNode) bool { return k.source().projected() || k.source().geographic() }
	if !slices.ContainsFunc(parts, horizontal) {
		return CRS{}, fmt.Errorf("%q is no horizontal reference system", n.keyword)
	}
	return c, nil
}

// take fills c from one part of a compound system.
func (c *CRS) take(n wktNode) error {
	switch {
	case n.projected():
		c.EPSG, c.UnitM = n.epsg(), n.unit()
	case n.geographic():
		if a := n.number("UNIT", "ANGLEUNIT"); a > 0 && math.Abs(a*180/math.Pi-1) > 1e-6 {
			return fmt.Errorf("its angles are in units of %v radians, not degrees", a)
		}
		c.EPSG, c.Geographic = n.epsg(), true
	case n.vertical():
		c.VerticalEPSG, c.VerticalUnitM = n.epsg(), n.unit()
		return nil
	default:
		return nil
	}
	for _, k := range n.kids {
		if k.vertical() { // some writers nest it
			c.VerticalEPSG, c.VerticalUnitM = k.epsg(), k.unit()
		}
		if k.keyword == "AXIS" && len(k.args) > 1 && strings.EqualFold(k.args[1], "up") { // systems with three axes
			if c.VerticalUnitM = k.length(); c.VerticalUnitM == 0 {
				c.VerticalUnitM = n.unit()
			}
		}
	}
	return nil
}

func (n wktNode) projected() bool {
	return slices.Contains([]string{"PROJCS", "PROJCRS", "PROJECTEDCRS", "DERIVEDPROJCRS"}, n.keyword)
}

func (n wktNode) geographic() bool {
	return slices.Contains([]string{"GEOGCS", "GEOGCRS", "GEOGRAPHICCRS", "GEODCRS", "GEODETICCRS"}, n.keyword) && !n.cartesian()
}

// cartesian tells a geocentric system, whose text of version 2 has the keyword of a geographic one.
func (n wktNode) cartesian() bool {
	return slices.ContainsFunc(n.kids, func(k wktNode) bool {
		return k.keyword == "CS" && len(k.args) > 0 && strings.EqualFold(k.args[0], "Cartesian")
	})
}

func (n wktNode) vertical() bool {
	return slices.Contains([]string{"VERT_CS", "VERTCS", "VERTCRS", "VERTICALCRS"}, n.keyword)
}

// source is the system that a bound one (BOUNDCRS) is the source of; others are their own.
func (n wktNode) source() wktNode {
	if n.keyword == "BOUNDCRS" {
		for _, k := range n.kids {
			if k.keyword == "SOURCECRS" && len(k.kids) > 0 {
				return k.kids[0]
			}
		}
	}
	return n
}

// epsg is the code of the node itself, not of its parts.
func (n wktNode) epsg() int {
	for _, k := range n.kids {
		if (k.keyword == "AUTHORITY" || k.keyword == "ID") && len(k.args) >= 2 && strings.EqualFold(k.args[0], "EPSG") {
			if v, err := strconv.Atoi(strings.TrimSpace(k.args[1])); err == nil && v > 0 && v < 1<<20 {
				return v
			}
		}
	}
	return 0
}

// number is the factor of the first child with one of the keywords; 0 when there is none.
func (n wktNode) number(keywords ...string) float64 {
	for _, k := range n.kids {
		if slices.Contains(keywords, k.keyword) && len(k.args) >= 2 {
			if v, err := strconv.ParseFloat(strings.TrimSpace(k.args[1]), 64); err == nil && v > 0 && v < 1e6 {
				return v
			}
		}
	}
	return 0
}

// length is the factor of the node's linear unit, m, unless its name says feet and the factor a metre or the
// other way round.
func (n wktNode) length() float64 {
	v := n.number("UNIT", "LENGTHUNIT")
	for _, k := range n.kids {
		if (k.keyword == "UNIT" || k.keyword == "LENGTHUNIT") && len(k.args) > 0 {
			name := strings.ToLower(k.args[0])
			feet := strings.Contains(name, "foot") || strings.Contains(name, "feet") || strings.Contains(name, "ft")
			metre := name == "metre" || name == "meter" || name == "metres" || name == "meters" || name == "m"
			if feet && math.Abs(v/intlFootM-1) > 1e-3 || metre && v != 1 {
				return 0
			}
		}
	}
	return v
}

// unit is the linear unit of the node's axes, m; 0 when it states none.
func (n wktNode) unit() float64 {
	if v := n.length(); v > 0 {
		return v
	}
	for _, k := range n.kids {
		if k.keyword == "AXIS" {
			if v := k.length(); v > 0 {
				return v
			}
		}
	}
	return 0
}

type wktParser struct {
	s string
	i int
}

var errWKT = errors.New("it ends too early")

func (p *wktParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// comma steps over a comma.
func (p *wktParser) comma() bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == ',' {
		p.i++
		return true
	}
	return false
}

// quoted parses text in quotes, in which a doubled quote stands for one.
func (p *wktParser) quoted() (string, error) {
	from := p.i + 1
	for i := from; i < len(p.s); i++ {
		if p.s[i] != '"' {
			continue
		}
		if i+1 < len(p.s) && p.s[i+1] == '"' {
			i++
			continue
		}
		p.i = i + 1
		return strings.ReplaceAll(p.s[from:i], `""`, `"`), nil
	}
	return "", errWKT
}

// node parses a node, or a bare value (keyword only).
func (p *wktParser) node(depth int) (wktNode, error) {
	if depth > maxWKTDepth {
		return wktNode{}, fmt.Errorf("it is nested deeper than %d", maxWKTDepth)
	}
	p.space()
	start := p.i
	for p.i < len(p.s) && strings.IndexByte("[](),\"", p.s[p.i]) < 0 {
		p.i++
	}
	n := wktNode{keyword: strings.ToUpper(strings.TrimSpace(p.s[start:p.i]))}
	if p.i >= len(p.s) || p.s[p.i] != '[' && p.s[p.i] != '(' {
		n.bare, n.args = true, []string{strings.TrimSpace(p.s[start:p.i])}
		if p.i == start {
			return n, fmt.Errorf("character %d is out of place", p.i)
		}
		return n, nil
	}
	for {
		p.i++ // past the bracket or comma
		p.space()
		if p.i >= len(p.s) {
			return n, errWKT
		}
		if p.s[p.i] == '"' {
			text, err := p.quoted()
			if err != nil {
				return n, err
			}
			n.args = append(n.args, text)
		} else {
			k, err := p.node(depth + 1)
			if err != nil {
				return n, err
			}
			if k.bare {
				n.args = append(n.args, k.args[0])
			} else {
				n.kids = append(n.kids, k)
			}
		}
		p.space()
		if p.i >= len(p.s) {
			return n, errWKT
		}
		switch p.s[p.i] {
		case ',':
		case ']', ')':
			p.i++
			return n, nil
		default:
			return n, fmt.Errorf("character %d is out of place", p.i)
		}
	}
}
