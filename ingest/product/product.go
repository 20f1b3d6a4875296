package product

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"upwind"
	"upwind/raster"
)

// Product is a satellite picture in files.
type Product struct {
	Name     string // the maker's own
	Sensor   string // Sentinel-2A MSI, Landsat 8 OLI
	Level    string // L1C, L2A, L2SP
	Acquired time.Time
	Bands    []Band
	Mask     *Mask    // pixels that show no ground; nil where the product has none that is read
	RPC      string   // file of the rational polynomials that place the pixels; empty for maps
	Beside   []string // further files of metadata that were read
	Sun      Angles
	View     Angles // of the sensor as seen from the ground, mean of the bands
	Notes    []string
}

// Files are the names of all files that the product needs, but for the one that describes it, each once.
func (p Product) Files() []string {
	out := slices.Clone(p.Beside)
	for _, b := range p.Bands {
		out = append(out, b.File)
	}
	if p.Mask != nil {
		out = append(out, p.Mask.File)
	}
	if p.RPC != "" {
		out = append(out, p.RPC)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Angles is a direction in degrees, azimuth clockwise from north; zero where the metadata do not say.
type Angles struct{ Azimuth, Elevation float64 }

// Band is one band and how its numbers become reflectance. Scale is 0 where the product does not say: its numbers are unscaled.
type Band struct {
	Role          raster.Role
	Name          string // the maker's: B04
	File          string
	Index         int // band within the file, from 1
	Scale, Offset float64
	NoData        []float64 // numbers that mean nothing: fill, saturation
}

// Mask is a band whose numbers say which pixels show no ground.
type Mask struct {
	File string
	Bad  []BadBand
}

// BadBand is a band of a mask.
type BadBand struct {
	Index int // from 1
	Bad   func(v uint32) bool
}

// Files are the files of a product by their base names.
type Files struct {
	Names []string
	Open  func(name string) (io.ReadCloser, error)
}

func (f Files) has(name string) bool { return slices.Contains(f.Names, name) }

// picture is the file of a picture that metadata name without its ending.
func (f Files) picture(stem string) string {
	for _, ending := range []string{"", ".jp2", ".tif", ".TIF", ".tiff", ".TIFF"} {
		if f.has(stem + ending) {
			return stem + ending
		}
	}
	return ""
}

// maker reads the products of one maker.
type maker struct {
	name string
	key  func(base string) bool                     // is this the file that describes a product?
	of   func(key, base string) bool                // does this file, beside the key, belong to it?
	read func(f Files, key string) (Product, error) // bands in any order
	deep bool                                       // all that lies below the key's folder belongs to it
}

// makers is the registry: a maker is a file of this package and a line here.
var makers = []maker{
	{name: "Sentinel-2", key: isSentinel2, read: readSentinel2, deep: true},
	{name: "Landsat", key: isLandsat, of: ofLandsat, read: readLandsat},
	{name: "PlanetScope", key: isPlanet, of: ofPlanet, read: readPlanet},
	{name: "Gaofen", key: isGaofen, of: ofGaofen, read: readGaofen},
}

// Group is a product among many files.
type Group struct {
	Key     int   // the file that describes it
	Members []int // all files that belong to it, the key too
}

// Find finds the products among files, named by their paths below one folder or archive, with slashes.
func Find(rels []string) (out []Group) {
	for k, rel := range rels {
		at := slices.IndexFunc(makers, func(m maker) bool { return m.key(path.Base(rel)) })
		if at < 0 || strings.HasSuffix(rel, "_MTL.xml") && slices.Contains(rels, strings.TrimSuffix(rel, ".xml")+".txt") {
			continue // Landsat's list comes in two forms
		}
		m, g, dir := makers[at], Group{Key: k}, path.Dir(rel)
		for i, other := range rels {
			if m.deep && (dir == "." || strings.HasPrefix(other, dir+"/")) || !m.deep && path.Dir(other) == dir && m.of(path.Base(rel), path.Base(other)) || i == k {
				g.Members = append(g.Members, i)
			}
		}
		out = append(out, g)
	}
	return out
}

// metaRoots are how files of metadata begin, by the elements or groups that hold all others.
var metaRoots = regexp.MustCompile(`^(?s)(?:\s*<\?xml.*?\?>)?\s*(?:<!--.*?-->\s*)*(?:<(?:\w+:)?(?:Level-[12][ABC]_(?:User_Product|Tile_ID)|LANDSAT_METADATA_FILE|L1_METADATA_FILE|EarthObservation|ProductMetaData)\b|GROUP = (?:LANDSAT_METADATA_FILE|L1_METADATA_FILE)\b|satId = )`)

// IsMetadata reports whether a file that begins so describes a satellite product, or part of one.
func IsMetadata(head []byte) bool { return metaRoots.Match(head) }

// Read reads the product that a file describes. Bands whose files are missing are left out, and a note says so; without any the product is refused.
func Read(f Files, key string) (Product, error) {
	for _, m := range makers {
		if !m.key(key) {
			continue
		}
		p, err := m.read(f, key)
		if err != nil {
			return p, err
		}
		slices.SortStableFunc(p.Bands, func(a, b Band) int { return slices.Index(raster.Roles, a.Role) - slices.Index(raster.Roles, b.Role) })
		if len(p.Bands) == 0 {
			return p, upwind.Refuse(key, "", "none of the bands that it names lies beside it", "hand in the product as it was delivered, with its folders")
		}
		return p, nil
	}
	return Product{}, upwind.Refuse(key, "", "it describes no satellite product that is known", Known)
}

// Known says what is read.
const Known = "products of Sentinel-2 (L1C, L2A), Landsat 4 to 9, PlanetScope and Gaofen 1, 2 and 6 are read"

// missing notes bands whose files are not there.
func (p *Product) missing(names []string) {
	if len(names) > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("the files of %s are not there", strings.Join(names, ", ")))
	}
}

func anyOf(values ...uint32) func(uint32) bool {
	return func(v uint32) bool { return slices.Contains(values, v) }
}
