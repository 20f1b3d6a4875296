package grid

import (
	"fmt"

	"github.com/paulmach/orb"

	"upwind"
)

// maxCoordinates is how deep coordinates nest at most: MultiPolygon, polygon, ring, position.
const maxCoordinates = 4

// coords are coordinates of unknown depth, since a geometry's type may follow them. Exactly one field is used.
type coords struct {
	ring  orb.Ring // an array of positions
	parts []coords // an array of arrays of arrays
	pos   *orb.Point
}

// geometry reads a polygon or multipolygon.
func (p *parser) geometry(n int) (orb.MultiPolygon, error) {
	c, err := p.s.next()
	if err != nil {
		return nil, err
	}
	if c == 'n' {
		return nil, p.s.literal("null")
	}
	var co coords
	typ := ""
	err = p.s.object(func(key string) (err error) {
		switch key {
		case "type":
			var v any
			v, err = p.s.value()
			typ, _ = v.(string)
		case "coordinates":
			co, err = p.coordinates(n, 1)
		default:
			_, err = p.s.value()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var mp orb.MultiPolygon
	switch typ {
	case "Polygon":
		mp, err = p.multi(n, []coords{co})
	case "MultiPolygon":
		mp, err = p.multi(n, co.parts)
	default:
		return nil, upwind.Refuse(p.name, fmt.Sprintf("feature %d", n), fmt.Sprintf("its geometry is a %.40q", typ), "areas are Polygon or MultiPolygon")
	}
	return mp, err
}

// coordinates reads an array of positions, or an array of such arrays.
func (p *parser) coordinates(n, depth int) (coords, error) {
	var out coords
	if depth > maxCoordinates {
		return out, p.s.refuse(p.s.off, "coordinates nest deeper than those of a MultiPolygon")
	}
	var nums [3]float64
	count := 0
	err := p.s.array(func() error {
		c, err := p.s.next()
		if err != nil {
			return err
		}
		if c != '[' {
			f, _, err := p.s.number()
			if err == nil && (out.ring != nil || out.parts != nil) {
				err = p.s.refuse(p.s.off, "a number among positions")
			}
			if count < len(nums) {
				nums[count] = f
			}
			count++
			return err
		}
		if count > 0 {
			return p.s.refuse(p.s.off, "an array among the numbers of a position")
		}
		item, err := p.coordinates(n, depth+1)
		switch {
		case err != nil:
			return err
		case item.pos != nil && out.parts == nil:
			out.ring = append(out.ring, *item.pos)
		case item.pos == nil && out.ring == nil:
			out.parts = append(out.parts, item)
		default:
			return p.s.refuse(p.s.off, "positions and rings side by side")
		}
		return nil
	})
	if err != nil || out.ring != nil || out.parts != nil {
		return out, err
	}
	if count == 0 {
		return out, p.s.refuse(p.s.off, "an empty array among coordinates")
	}
	pt, err := p.position(nums, count)
	out.pos = &pt
	return out, err
}

func (p *parser) position(nums [3]float64, count int) (orb.Point, error) {
	lon, lat := nums[0], nums[1]
	if count < 2 {
		return orb.Point{}, p.s.refuse(p.s.off, "a position of one number")
	}
	if !onEarth(lon, lat) {
		return orb.Point{}, p.s.refuse(p.s.off, "%g, %g are not a longitude and latitude in degrees", lon, lat)
	}
	if p.to != nil {
		if lon, lat = p.to(lon, lat); !onEarth(lon, lat) {
			return orb.Point{}, p.s.refuse(p.s.off, "%g, %g do not lie on Earth after conversion", nums[0], nums[1])
		}
	}
	return orb.Point{lon, lat}, nil
}

// multi checks the rings of polygons: closed, at least four positions (RFC 7946, 3.1.6).
func (p *parser) multi(n int, polys []coords) (orb.MultiPolygon, error) {
	where := fmt.Sprintf("feature %d", n)
	var out orb.MultiPolygon
	for i, poly := range polys {
		if poly.ring != nil || poly.pos != nil || len(poly.parts) == 0 {
			return nil, upwind.Refuse(p.name, where, fmt.Sprintf("polygon %d is not an array of rings", i), "check the nesting of its coordinates")
		}
		var rs orb.Polygon
		for j, r := range poly.parts {
			at := fmt.Sprintf("%s, polygon %d, ring %d", where, i, j)
			switch k := len(r.ring); {
			case r.parts != nil || r.pos != nil || k < 4:
				return nil, upwind.Refuse(p.name, at, fmt.Sprintf("a ring needs four positions, it has %d", k), "draw the area again")
			case r.ring[0] != r.ring[k-1]:
				return nil, upwind.Refuse(p.name, at, fmt.Sprintf("the ring is not closed: it starts at %g, %g and ends at %g, %g",
					r.ring[0][0], r.ring[0][1], r.ring[k-1][0], r.ring[k-1][1]), "close the ring: its last position repeats its first")
			}
			rs = append(rs, r.ring)
		}
		if b := boundOf(rs); b.Max[0]-b.Min[0] > 180 {
			return nil, upwind.Refuse(p.name, where, "the area spans more than half the globe", "split it at 180 degrees longitude")
		}
		out = append(out, rs)
	}
	return out, nil
}
