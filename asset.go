package upwind

import (
	"encoding/hex"
	"fmt"
	"path"
	"sort"
	"strings"
	"time"
)

// AssetKind says what an asset's bytes are, found from their content and never from a file name.
type AssetKind string

const (
	AssetRaster   AssetKind = "raster"     // GeoTIFF or COG; with a "dsm" member an orthophoto with its surface model
	AssetPhoto    AssetKind = "photo"      // one drone picture with its EXIF and XMP
	AssetCloud    AssetKind = "pointcloud" // LAS, LAZ, COPC
	AssetScan     AssetKind = "scan"       // the rays of a scanning aerosol lidar
	AssetWind     AssetKind = "wind"       // wind CSV
	AssetFields   AssetKind = "fields"     // gridded wind: GRIB or netCDF
	AssetReadings AssetKind = "readings"   // station readings CSV
	AssetGrid     AssetKind = "grid"       // grid tree GeoJSON
	AssetSites    AssetKind = "sites"      // site registry GeoJSON
	AssetStations AssetKind = "stations"   // station registry CSV
)

// Member roles.
const (
	RoleMain = "main" // the picture, cloud or table itself
	RoleDSM  = "dsm"  // surface model that belongs to an orthophoto
	RoleRay  = "ray"  // one of the files of a lidar scan
	RoleSite = "site" // where a lidar stands
	RoleBand = "band" // a band, mask or further metadata of the satellite product that the main member describes
)

// Member is one file of an asset.
type Member struct {
	Role   string `json:"role"`
	Name   string `json:"name"` // base name, as uploaded
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hex, 64 digits
}

// AssetOptions is what a user states about an asset because the files do not say it.
type AssetOptions struct {
	Bands         map[string]int `json:"bands,omitempty"`           // role (blue, green, red, nir, swir1, swir2) to 1-based band
	CRS           string         `json:"crs,omitempty"`             // EPSG:n
	GroundHeightM *float64       `json:"ground_height_m,omitempty"` // height of flat ground under a drone picture, in the picture's own height system
	Acquired      *time.Time     `json:"acquired,omitempty"`        // when the sensor looked, UTC
}

// Asset is a manifest of 1..n members: what was handed in, for ever unchanged.
type Asset struct {
	Version int          `json:"version"`
	ID      string       `json:"id"`
	Kind    AssetKind    `json:"kind"`
	Name    string       `json:"name"` // for people; not part of the id
	Members []Member     `json:"members"`
	Options AssetOptions `json:"options"`
}

// NewAsset sorts the members by role and name and derives the id from kind, members and options. The name
// of a lone member is left out of the id, so that the same picture under two names is one asset.
func NewAsset(kind AssetKind, name string, members []Member, opt AssetOptions) (Asset, error) {
	ms := append([]Member(nil), members...)
	sort.Slice(ms, func(i, j int) bool {
		if ms[i].Role != ms[j].Role {
			return ms[i].Role < ms[j].Role
		}
		return ms[i].Name < ms[j].Name
	})
	a := Asset{Version: SchemaVersion, Kind: kind, Name: name, Members: ms, Options: opt}
	a.ID = a.hash()
	return a, a.Validate()
}

func (a Asset) hash() string {
	ms := append([]Member(nil), a.Members...)
	if len(ms) == 1 {
		ms[0].Name = ""
	}
	return HashID("asset", a.Kind, ms, a.Options)
}

// Validate checks that the manifest is whole and that its id is that of its content.
func (a Asset) Validate() error {
	if len(a.Members) == 0 {
		return fmt.Errorf("upwind: asset %q has no members", a.Name)
	}
	seen := map[string]bool{}
	for _, m := range a.Members {
		if raw, err := hex.DecodeString(m.SHA256); err != nil || len(raw) != 32 {
			return fmt.Errorf("upwind: asset %q, member %q: %q is not a SHA-256", a.Name, m.Name, m.SHA256)
		}
		if m.Name == "" || m.Name == "." || m.Name == ".." || m.Name != path.Base(m.Name) || strings.ContainsAny(m.Name, "\x00\\") {
			return fmt.Errorf("upwind: asset %q: member name %q is not a plain file name", a.Name, m.Name)
		}
		if seen[m.Name] {
			return fmt.Errorf("upwind: asset %q has two members named %q", a.Name, m.Name)
		}
		seen[m.Name] = true
	}
	if a.ID != a.hash() {
		return fmt.Errorf("upwind: asset %q: id %s is not that of its content", a.Name, a.ID)
	}
	return nil
}

// Main returns the member with role main, or the first one.
func (a Asset) Main() Member {
	if m, ok := a.Member(RoleMain); ok {
		return m
	}
	return a.Members[0]
}

// Member returns the member with the given role.
func (a Asset) Member(role string) (Member, bool) {
	for _, m := range a.Members {
		if m.Role == role {
			return m, true
		}
	}
	return Member{}, false
}
