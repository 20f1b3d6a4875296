package raster

import (
	"fmt"
	"sort"
	"strings"

	"upwind"
)

// roleWords are words in band descriptions that name a role: plain words, and the names of Sentinel-2
// (SENTINEL2_L2A: B02...) whose numbers no other common sensor gives another meaning. Bare Landsat names
// (B1..B7) are left out: B4 is red on Landsat 8, near infrared on Landsat 5 and red on Sentinel-2.
var roleWords = map[string]Role{
	"blue": Blue, "green": Green, "red": Red, "nir": NIR, "nir1": NIR, "nearinfrared": NIR,
	"swir1": SWIR1, "swir16": SWIR1, "swir2": SWIR2, "swir22": SWIR2,
	"b02": Blue, "b03": Green, "b04": Red, "b08": NIR, "b11": SWIR1, "b12": SWIR2,
	"dsm": Height, "height": Height, "elevation": Height,
}

// FindBands gives the meaning of a file's bands: from what the caller states, else from band descriptions,
// else from the colours the file declares. A lone float band is a surface model. Anything else is refused,
// because a guess would call water bare and soil green.
func FindBands(si SourceInfo, stated map[string]int) (map[Role]int, error) {
	if len(stated) > 0 {
		return statedBands(si, stated)
	}
	out := map[Role]int{}
	for i, b := range si.Bands {
		if r, ok := roleOf(b.Description); ok && out[r] == 0 {
			out[r] = i + 1
		}
	}
	for i, b := range si.Bands {
		if r, ok := map[string]Role{"Red": Red, "Green": Green, "Blue": Blue}[b.Colour]; ok && out[r] == 0 {
			out[r] = i + 1
		}
	}
	if len(out) == 0 && len(si.Bands) == 1 && strings.HasPrefix(si.Bands[0].Type, "float") {
		out[Height] = 1
	}
	if len(out) == 0 {
		return nil, upwind.Refuse(si.Name, "", fmt.Sprintf("nothing says what its %d band(s) mean", len(si.Bands)), howToGiveBands)
	}
	return out, nil
}

const howToGiveBands = "say which band is which, such as --bands blue=1,green=2,red=3,nir=4,swir1=5,swir2=7"

// Renamed says where stated bands contradict the file's own names.
func Renamed(si SourceInfo, stated map[string]int) (notes []string) {
	for _, role := range Roles {
		b, ok := stated[string(role)]
		if !ok || b < 1 || b > len(si.Bands) {
			continue
		}
		if own, ok := roleOf(si.Bands[b-1].Description); ok && own != role {
			notes = append(notes, fmt.Sprintf("%s: --bands says band %d is %s, the file calls it %s: it was taken as %s", si.Name, b, role, own, role))
		}
	}
	return notes
}

func roleOf(description string) (Role, bool) {
	d := strings.ToLower(strings.TrimSpace(description))
	if r, ok := roleWords[strings.NewReplacer(" ", "", "-", "", "_", "").Replace(d)]; ok {
		return r, true
	}
	for _, w := range strings.FieldsFunc(d, func(r rune) bool { return strings.ContainsRune(" ,;:()/-_", r) }) {
		if r, ok := roleWords[w]; ok {
			return r, true
		}
	}
	return "", false
}

func statedBands(si SourceInfo, stated map[string]int) (map[Role]int, error) {
	names := make([]string, 0, len(stated))
	for n := range stated {
		names = append(names, n)
	}
	sort.Strings(names)
	out := map[Role]int{}
	for _, n := range names {
		known := false
		for _, r := range Roles {
			known = known || string(r) == n
		}
		if !known {
			return nil, upwind.Refuse(si.Name, "", fmt.Sprintf("%q is no band role", n), "use blue, green, red, nir, swir1, swir2 or height")
		}
		if b := stated[n]; b < 1 || b > len(si.Bands) {
			return nil, upwind.Refuse(si.Name, "", fmt.Sprintf("--bands says %s is band %d, but the file has %d", n, b, len(si.Bands)), "")
		}
		for other, b := range out {
			if b == stated[n] {
				return nil, upwind.Refuse(si.Name, "", fmt.Sprintf("--bands says that band %d is both %s and %s", b, other, n), "each band means one thing")
			}
		}
		out[Role(n)] = stated[n]
	}
	return out, nil
}
