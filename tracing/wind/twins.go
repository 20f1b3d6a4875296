package wind

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

const (
	twinTimes  = 64   // times looked at
	twinLeast  = 24   // in common
	twinShare  = 0.95 // of them equal
	twinValues = 6    // different speeds among them: a calm day makes no twins
)

// collapse keeps one of the series that say the same at different places: air stations are often given the wind of
// one weather station, and several copies of one instrument would pass for several that agree.
func collapse(all []Series) (kept []Series, note string) {
	var copies []string
	for _, s := range all {
		twin := ""
		for _, k := range kept {
			if same(s, k) {
				twin = k.ID
				break
			}
		}
		if twin == "" {
			kept = append(kept, s)
		} else {
			copies = append(copies, s.ID+" as "+twin)
		}
	}
	if len(copies) > 0 {
		const most = 10
		note = fmt.Sprintf("%d stations report the wind of another one and were left out: %s", len(copies), strings.Join(copies[:min(len(copies), most)], ", "))
	}
	return kept, note
}

func same(a, b Series) bool {
	step := max(len(a.T)/twinTimes, 1)
	common, equal := 0, 0
	speeds := map[float64]bool{}
	for i := 0; i < len(a.T); i += step {
		j := sort.SearchFloat64s(b.T, a.T[i])
		if j == len(b.T) || b.T[j] != a.T[i] {
			continue
		}
		common++
		if a.U[i] == b.U[j] && a.V[i] == b.V[j] {
			equal++
			speeds[math.Hypot(a.U[i], a.V[i])] = true
		}
	}
	return common >= twinLeast && float64(equal) >= twinShare*float64(common) && len(speeds) >= twinValues
}
