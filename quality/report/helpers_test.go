package report_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"upwind"
	"upwind/quality/report"
)

// town of a made-up city.
type town struct{ code, name string }

// madeUp is a city of two counties with six towns.
var madeUp = []town{{"371502001", "东关街道"}, {"371502002", "柳林镇"}, {"371502003", "河口乡"}, {"371503001", "北坡镇"}, {"371503002", "南桥镇"}, {"371503003", "石桥街道"}}

var madeUpNames = map[string]string{"3715": "示例市", "371502": "东城区", "371503": "北川县"}

// city makes stations and their hours over a period: towns of growing pollution, weather that all share, each third town with
// small sensors only, instruments that are off, gaps, and every kind of observation that must not count.
func city(towns []town, p report.Period, seed uint64) report.Input {
	rng := rand.New(rand.NewPCG(seed, 1))
	in := report.Input{Period: p, Lang: report.Chinese, Names: map[string]string{}}
	for k, v := range madeUpNames {
		in.Names[k] = v
	}
	from, to := p.Span()
	hours := int(to.Sub(from).Hours())
	weather := make([]float64, hours)
	state := 0.0
	for h := range weather {
		state = 0.985*state + 0.12*rng.NormFloat64()
		weather[h] = math.Exp(state - 0.1)
	}
	for k, t := range towns {
		in.Names[t.code] = t.name
		dirt := 0.75 + 0.6*float64(k)/float64(len(towns))
		for s := range 1 + rng.IntN(2) {
			st := upwind.Station{ID: fmt.Sprintf("%s-%d", t.code, s+1), Name: t.name + fmt.Sprint(s+1) + "号站", Kind: upwind.StationStandard, Town: t.code, Lon: 116, Lat: 36.5}
			gain := 1 + 0.06*rng.NormFloat64()
			if k%3 == 2 {
				st.Kind = upwind.StationMicro
				gain = 1 + 0.12*rng.NormFloat64()
			}
			in.Stations = append(in.Stations, st)
			for h := range hours {
				if rng.Float64() < 0.03 {
					continue
				}
				t := from.Add(time.Duration(h) * time.Hour)
				in.Hours = append(in.Hours, air(st.ID, t, weather[h]*dirt*gain*math.Exp(0.1*rng.NormFloat64()), weather[h])...)
			}
		}
	}
	in.Stations = append(in.Stations, upwind.Station{ID: "fence", Name: "工地", Kind: upwind.StationDust, Town: towns[0].code})
	dust := air("fence", from, 50, 1)
	minute := air(in.Stations[0].ID, from, 50, 1)[0]
	minute.DurationS = 60
	in.Hours = append(append(in.Hours, dust...), minute)
	return in
}

// air is one hour of the six pollutants.
func air(id string, t time.Time, dirt, weather float64) (out []upwind.Observation) {
	day := math.Sin(math.Pi * float64(t.UTC().Hour()+2) / 12) // highest in the afternoon in Beijing
	for _, v := range []struct {
		species string
		value   float64
	}{{"SO2", 9 * dirt}, {"NO2", 26*dirt - 6*day}, {"CO", 620 * dirt}, {"O3", 62 + 40*day}, {"PM10", 88 * dirt}, {"PM2.5", 41 * dirt}} {
		out = append(out, upwind.Observation{StationID: id, Species: v.species, Start: t.UTC(), DurationS: 3600, Value: max(v.value, 1), Unit: "ug/m3"})
	}
	return out
}
