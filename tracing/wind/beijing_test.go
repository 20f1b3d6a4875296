package wind

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/plane"
)

// beijingPlaces are the twelve stations of the record, to about a kilometre.
var beijingPlaces = map[string][2]float64{"Dongsi": {116.417, 39.929}, "Tiantan": {116.407, 39.886}, "Guanyuan": {116.339, 39.929}, "Wanshouxigong": {116.352, 39.878},
	"Aotizhongxin": {116.397, 39.982}, "Nongzhanguan": {116.461, 39.937}, "Wanliu": {116.287, 39.987}, "Gucheng": {116.184, 39.914}, "Changping": {116.230, 40.217},
	"Dingling": {116.220, 40.292}, "Huairou": {116.628, 40.328}, "Shunyi": {116.655, 40.127}}

// beijing is a winter of hourly wind in 16 points.
func beijing(t *testing.T) (out []upwind.Wind) {
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(root, "tracing", "beijing", "prsa_12stations_2016-11_2017-02.csv.gz"))
	if err != nil {
		t.Skipf("skipped: no real wind of Beijing: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	rows, err := csv.NewReader(z).ReadAll()
	require.NoError(t, err)
	col := func(name string) int { return slices.Index(rows[0], name) }
	points := strings.Fields("N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW")
	for _, r := range rows[1:] {
		k := slices.Index(points, r[col("wd")])
		speed, err := strconv.ParseFloat(r[col("WSPM")], 64)
		if k < 0 || err != nil {
			continue // NA
		}
		num := func(name string) int {
			v, err := strconv.Atoi(r[col(name)])
			require.NoError(t, err)
			return v
		}
		id := r[col("station")]
		u, v := upwind.UV(speed, 22.5*float64(k))
		out = append(out, upwind.Wind{StationID: id, Start: time.Date(num("year"), time.Month(num("month")), num("day"), num("hour"), 0, 0, 0, time.UTC),
			DurationS: 3600, Lon: beijingPlaces[id][0], Lat: beijingPlaces[id][1], HeightM: 10, U: u, V: v})
	}
	return out
}

// A real network gives no alarm, and one where a station is spoilt names it.
func TestCheckOfARealNetwork(t *testing.T) {
	all := beijing(t)
	require.Empty(t, Check(all))
	for kind, spoil := range map[string]func(w *upwind.Wind){
		"reversed": func(w *upwind.Wind) { w.U, w.V = -w.U, -w.V },
		"clock":    func(w *upwind.Wind) { w.Start = w.Start.Add(time.Hour) },
	} {
		bad := slices.Clone(all)
		for i := range bad {
			if bad[i].StationID == "Dongsi" {
				spoil(&bad[i])
			}
		}
		got := Check(bad)
		require.Len(t, got, 1, kind)
		require.Equal(t, "Dongsi", got[0].StationID)
		require.Equal(t, kind, got[0].Kind)
	}
}

// Stations left out of a real network are foretold better than by the mean of the others, with the error that is said.
func TestErrorOfARealNetworkIsWhatItSays(t *testing.T) {
	all := beijing(t)
	here := plane.New(116.4, 40)
	from := time.Date(2016, 12, 3, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 0, 3)
	box := plane.Box{X0: -30e3, Y0: -30e3, X1: 30e3, Y1: 45e3}
	f, err := New(all, here, box, from, to, Options{})
	require.NoError(t, err)
	t.Log(f.Notes())
	require.Less(t, f.Stations(), len(beijingPlaces), "some air stations share a weather station")
	single := slices.DeleteFunc(slices.Clone(all), func(w upwind.Wind) bool {
		_, ok := f.Series(w.StationID)
		return !ok
	})
	var sq, plain, scaled, n float64
	for _, station := range f.All() {
		id := station.ID
		f, err := New(single, here, box, from, to, Options{Without: []string{id}})
		require.NoError(t, err)
		p := here.XY(beijingPlaces[id][0], beijingPlaces[id][1])
		for _, w := range all {
			if w.StationID != id || w.Start.Before(from) || !w.Start.Before(to) {
				continue
			}
			at := unix(w.Start) + w.DurationS/2
			u, v := f.At(p, at)
			e, d := math.Hypot(f.ErrorSD(p, at), math.Hypot(ownSpeedMS, ownShare*math.Hypot(u, v))), (u-w.U)*(u-w.U)+(v-w.V)*(v-w.V)
			s := f.sample(at)
			sq, scaled, plain, n = sq+d, scaled+d/(e*e), plain+(s.mu-w.U)*(s.mu-w.U)+(s.mv-w.V)*(s.mv-w.V), n+2
		}
	}
	t.Logf("error of %.0f components %.2f m/s, of the mean wind %.2f; over what is said %.2f", n, math.Sqrt(sq/n), math.Sqrt(plain/n), math.Sqrt(scaled/n))
	require.Less(t, sq, plain)
	require.InDelta(t, 1, math.Sqrt(scaled/n), 0.4)
}
