package grid

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"upwind"
)

// Finding is something the import noticed that a person should look at. The grid is usable all the same.
type Finding struct {
	Kind    string   `json:"kind"` // one of the Finding constants
	Lon     float64  `json:"lon"`  // where to look
	Lat     float64  `json:"lat"`
	Codes   []string `json:"codes,omitempty"`
	AreaM2  float64  `json:"area_m2,omitempty"` // of an overlap, a gap or what lies outside
	Message string   `json:"message"`
}

// Kinds of findings.
const (
	FindingOverlap   = "overlap"   // two areas of a level share ground
	FindingGap       = "gap"       // ground of a parent that no child covers
	FindingOutside   = "outside"   // ground of a child outside its parent
	FindingOrphan    = "orphan"    // no parent, or one the file does not hold
	FindingDuplicate = "duplicate" // a code used twice; the first one counts
	FindingCoarse    = "coarse"    // levels are missing: the grid is coarser than four levels
	FindingOfficer   = "officer"   // a cell without an officer
	FindingMore      = "more"      // the list was cut
)

// codePattern keeps codes fit for message subjects and file names. GB/T 2260 codes have 6 digits, towns 9,
// cells after CJ/T 349 12 and more.
var codePattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,40}$`)

// levelWords are the spellings of a level that files use; "district" is how the open county outlines of China say county.
var levelWords = map[string]Level{
	"city": LevelCity, "prefecture": LevelCity,
	"county": LevelCounty, "district": LevelCounty,
	"town": LevelTown, "street": LevelTown, "township": LevelTown,
	"cell": LevelCell, "grid": LevelCell,
}

// Parse reads a grid from GeoJSON, as a stream, and checks it. name is the file as the user knows it. The format is
// described in docs/formats/grid.md. What makes the file unusable (broken JSON, places not on Earth, open rings, unusable
// codes) is an [*upwind.Refusal] that names the byte or the feature; what is merely wrong with the grid comes back as
// findings.
func Parse(name string, r io.Reader) (*Tree, []Finding, error) {
	return ParseFrom(name, r, nil)
}

// ParseFrom is [Parse] for a file in another datum: toWGS84 turns each of its longitudes and latitudes to WGS84.
func ParseFrom(name string, r io.Reader, toWGS84 func(lon, lat float64) (float64, float64)) (*Tree, []Finding, error) {
	p := &parser{s: newScanner(name, r), name: name, to: toWGS84, seen: map[string]int{}}
	if err := p.document(); err != nil {
		return nil, nil, err
	}
	if len(p.cells) == 0 {
		return nil, nil, upwind.Refuse(name, "", "the file holds no areas", "export the grid as a FeatureCollection of polygons")
	}
	current := func(c Cell) bool { return c.ValidTo.IsZero() }
	t := newTree(p.cells, current)
	return t, trimmed(append(p.findings, inspect(t)...)), nil
}

type parser struct {
	s        *scanner
	name     string
	to       func(lon, lat float64) (float64, float64)
	cells    []Cell
	seen     map[string]int
	findings []Finding
}

func (p *parser) document() error {
	if c, err := p.s.next(); err != nil {
		return err
	} else if c == '[' { // some open outlines are published as a bare array of features
		if err := p.features(); err != nil {
			return err
		}
		return p.s.end()
	}
	typ, features := "", false
	err := p.s.object(func(key string) error {
		var err error
		switch key {
		case "type":
			var v any
			if v, err = p.s.value(); err == nil {
				typ, _ = v.(string)
			}
		case "crs":
			err = p.crs()
		case "features":
			features = true
			err = p.features()
		default:
			_, err = p.s.value()
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := p.s.end(); err != nil {
		return err
	}
	if typ != "FeatureCollection" || !features {
		return upwind.Refuse(p.name, "", fmt.Sprintf("a grid is a GeoJSON FeatureCollection, this is %.40q", typ), "export the grid as a FeatureCollection")
	}
	return nil
}

func (p *parser) features() error {
	n := 0
	return p.s.array(func() error {
		p.s.where = fmt.Sprintf("feature %d", n)
		err := p.feature(n)
		p.s.where = ""
		n++
		return err
	})
}

// crs refuses a file that says it is not in WGS84 or CGCS2000 degrees; GeoJSON of before 2016 may name its system.
func (p *parser) crs() error {
	at := p.s.off
	v, err := p.s.value()
	if err != nil || v == nil {
		return err
	}
	m, _ := v.(map[string]any)
	props, _ := m["properties"].(map[string]any)
	name, _ := props["name"].(string)
	for _, ok := range []string{"CRS84", "4326", "4490"} { // 4490 is CGCS2000, within centimetres of WGS84
		if strings.HasSuffix(name, ok) {
			return nil
		}
	}
	return p.s.refuse(at, "the file's coordinates are in %.60q and not in degrees of WGS84", name)
}

func (p *parser) feature(n int) error {
	var props map[string]any
	var geom orb.MultiPolygon
	typ := ""
	err := p.s.object(func(key string) (err error) {
		var v any
		switch key {
		case "geometry":
			geom, err = p.geometry(n)
			return err
		case "properties":
			v, err = p.s.value()
			props, _ = v.(map[string]any)
		case "type":
			v, err = p.s.value()
			typ, _ = v.(string)
		default:
			_, err = p.s.value()
		}
		return err
	})
	if err != nil {
		return err
	}
	where := fmt.Sprintf("feature %d", n)
	if typ != "Feature" {
		return upwind.Refuse(p.name, where, fmt.Sprintf("it is a %.40q and not a Feature", typ), "export the grid as a FeatureCollection")
	}
	c, err := p.cell(n, props)
	if err != nil {
		return err
	}
	if len(geom) == 0 {
		return upwind.Refuse(p.name, where+" ("+c.Code+")", "it has no polygon", "draw the area, or leave it out of the file")
	}
	c.Geometry, c.Index = geom, n
	if first, dup := p.seen[c.Code]; dup {
		at := pointIn(rings(geom))
		p.findings = append(p.findings, Finding{Kind: FindingDuplicate, Lon: at[0], Lat: at[1], Codes: []string{c.Code},
			Message: fmt.Sprintf("code %s is used by features %d and %d; the first one counts", c.Code, first, n)})
		return nil
	}
	p.seen[c.Code] = n
	p.cells = append(p.cells, c)
	return nil
}

// cell reads an area's properties.
func (p *parser) cell(n int, props map[string]any) (Cell, error) {
	text := func(keys ...string) string {
		for _, k := range keys {
			if s, ok := props[k].(string); ok && s != "" { // numbers arrive as their text
				return s
			}
		}
		return ""
	}
	where := fmt.Sprintf("feature %d", n)
	c := Cell{Code: text("code", "adcode"), Name: text("name"), Parent: text("parent")}
	if m, ok := props["parent"].(map[string]any); ok { // {"adcode": 371500}
		c.Parent, _ = m["adcode"].(string)
	}
	if !codePattern.MatchString(c.Code) {
		return c, upwind.Refuse(p.name, where, fmt.Sprintf("its code is %.60q", c.Code), "give each area a property code of up to 40 letters, digits and hyphens")
	}
	if c.Parent != "" && !codePattern.MatchString(c.Parent) {
		return c, upwind.Refuse(p.name, where+" ("+c.Code+")", fmt.Sprintf("its parent is %.60q", c.Parent), "name the parent's code: letters, digits and hyphens")
	}
	word := text("level")
	level, ok := levelWords[word]
	if word == "" && props["adcode"] != nil { // a county outline: GB/T 2260 codes of cities end in 00
		if level, ok = LevelCounty, true; strings.HasSuffix(c.Code, "00") {
			level = LevelCity
		}
	}
	if !ok {
		return c, upwind.Refuse(p.name, where+" ("+c.Code+")", fmt.Sprintf("its level is %.40q", word), "write city, county, town or cell in the property level")
	}
	c.Level = level
	c.Officer = Officer{ID: text("officer_id"), Name: text("officer_name", "officer"), Unit: text("unit"), Phone: text("phone"), BackupID: text("backup_id")}
	for key, into := range map[string]*time.Time{"valid_from": &c.ValidFrom, "valid_to": &c.ValidTo} {
		s := text(key)
		if s == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return c, upwind.Refuse(p.name, where+" ("+c.Code+")", fmt.Sprintf("%s is %.40q", key, s), "write dates as 2018-02-22")
		}
		*into = day
	}
	if !c.ValidTo.IsZero() && !c.ValidFrom.Before(c.ValidTo) {
		return c, upwind.Refuse(p.name, where+" ("+c.Code+")", "it ends before it begins", "check valid_from and valid_to")
	}
	return c, nil
}
