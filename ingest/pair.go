package ingest

import (
	"path"
	"strings"
)

// pairRules say how programs name an orthophoto and its surface model. An empty stem means the whole name
// is fixed. Only names are compared here; both files must be GeoTIFFs by their content.
var pairRules = []struct {
	program  string
	ortho    string // ending of the orthophoto's name, or the whole of it
	dsm      string
	fixed    bool
	orthoDir string // folder the program puts it into, left out of the comparison
	dsmDir   string
}{
	{program: "OpenDroneMap", ortho: "odm_orthophoto.tif", dsm: "dsm.tif", fixed: true, orthoDir: "odm_orthophoto", dsmDir: "odm_dem"},
	{program: "DJI Terra", ortho: "result.tif", dsm: "dsm.tif", fixed: true},
	{program: "Pix4D", ortho: "_transparent_mosaic_group1.tif", dsm: "_dsm.tif", orthoDir: "2_mosaic", dsmDir: "1_dsm"},
	{program: "any", ortho: ".tif", dsm: "_dsm.tif"},
}

// pairKey is what two files of a pair have in common: rule, folder and stem.
type pairKey struct {
	rule      int
	dir, stem string
}

func keyOf(rel, ending, dir string, fixed bool, rule int) (pairKey, bool) {
	name := strings.ToLower(path.Base(rel))
	if strings.HasSuffix(name, ".tiff") {
		name = strings.TrimSuffix(name, "f")
	}
	stem, ok := strings.CutSuffix(name, ending)
	if !ok || fixed != (stem == "") {
		return pairKey{}, false
	}
	folder := path.Dir(rel)
	if dir != "" && path.Base(folder) == dir {
		folder = path.Dir(folder)
	}
	return pairKey{rule, folder, stem}, true
}

// pairs finds for each orthophoto the index of its surface model among the files of one folder or archive.
// isRaster tells which files are GeoTIFFs. Each file is in one pair at most; earlier rules win.
func pairs(rels []string, isRaster func(i int) bool) map[int]int {
	out, taken := map[int]int{}, map[int]bool{}
	for n, rule := range pairRules {
		models := map[pairKey]int{}
		for i, rel := range rels {
			if k, ok := keyOf(rel, rule.dsm, rule.dsmDir, rule.fixed, n); ok && !taken[i] && isRaster(i) {
				if _, twice := models[k]; !twice {
					models[k] = i
				}
			}
		}
		for i, rel := range rels {
			k, ok := keyOf(rel, rule.ortho, rule.orthoDir, rule.fixed, n)
			if !ok || taken[i] || !isRaster(i) {
				continue
			}
			if m, ok := models[k]; ok && m != i && !taken[m] {
				out[i], taken[i], taken[m] = m, true, true
			}
		}
	}
	return out
}
