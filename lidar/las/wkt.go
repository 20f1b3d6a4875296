package las

import (
	"errors"
	"fmt"
	"math"
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

// ParseWKT reads well-known text of versions 1 and 2 (OGC 01-009, OGC 18-010r11) far enough to tell code,
// kind and units.
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
	horizontal := n
	switch n.keyword {
	case "COMPD_CS", "COMPOUNDCRS":
		horizontal = wktNode{}
		for _, k := range n.kids {
			switch k.keyword {
			case "VERT_CS", "VERTCRS", "VERTICALCRS":
				c.VerticalEPSG, c.VerticalUnitM = k.epsg(), k.unit()
			case "PROJCS", "PROJCRS", "PROJECTEDCRS", "GEOGCS", "GEOGCRS", "GEODCRS", "BOUNDCRS":
				horizontal = k
			}
		}
	}
	if horizontal.keyword == "BOUNDCRS" {
		for _, k := range horizontal.kids {
			if k.keyword == "SOURCECRS" && len(k.kids) > 0 {
				horizontal = k.kids[0]
				break
			}
		}
	}
	switch horizontal.keyword {
	case "PROJCS", "PROJCRS", "PROJECTEDCRS":
		c.EPSG, c.UnitM = horizontal.epsg(), horizontal.unit()
	case "GEOGCS", "GEOGCRS", "GEOGRAPHICCRS", "GEODCRS", "GEODETICCRS":
		c.EPSG, c.Geographic = horizontal.epsg(), true
	default:
		return CRS{}, fmt.Errorf("%q is no horizontal reference system", n.keyword)
	}
	return c, nil
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

// unit is the linear unit of the node's axes, m; 0 when it states none.
func (n wktNode) unit() float64 {
	read := func(k wktNode) float64 {
		if (k.keyword == "UNIT" || k.keyword == "LENGTHUNIT") && len(k.args) >= 2 {
			if v, err := strconv.ParseFloat(strings.TrimSpace(k.args[1]), 64); err == nil && v > 0 && v < 1e6 && !math.IsNaN(v) {
				return v
			}
		}
		return 0
	}
	for _, k := range n.kids {
		if v := read(k); v > 0 {
			return v
		}
	}
	for _, k := range n.kids {
		if k.keyword != "AXIS" {
			continue
		}
		for _, kk := range k.kids {
			if v := read(kk); v > 0 {
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
			end := strings.IndexByte(p.s[p.i+1:], '"')
			if end < 0 {
				return n, errWKT
			}
			n.args = append(n.args, p.s[p.i+1:p.i+1+end])
			p.i += end + 2
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
