package wind

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/plane"
)

// turning is a network under one wind that wanders, with errors of 10 degrees.
func turning(seed uint64) []upwind.Wind {
	r := rand.New(rand.NewPCG(seed, 9))
	var from [48]float64
	for i := 1; i < len(from); i++ {
		from[i] = from[i-1] + 25*r.NormFloat64()
	}
	hours = len(from)
	defer func() { hours = 24 }()
	return network(seed, 8, func(_ plane.Point, h int) (float64, float64) {
		return upwind.UV(3+r.Float64(), from[h]+10*r.NormFloat64())
	})
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	require.Empty(t, Check(nil))
	for seed := range uint64(5) {
		require.Empty(t, Check(turning(seed)), "seed %d", seed)
		for kind, spoil := range map[string]func(w *upwind.Wind){
			"reversed": func(w *upwind.Wind) { w.U, w.V = -w.U, -w.V },
			"turned":   func(w *upwind.Wind) { w.U, w.V = upwind.UV(math.Hypot(w.U, w.V), 60+fromOf(*w)) },
			"clock":    func(w *upwind.Wind) { w.Start = w.Start.Add(time.Hour) },
			"speed":    func(w *upwind.Wind) { w.U, w.V = w.U*3.6, w.V*3.6 },
		} {
			wind := turning(seed)
			for i := range wind {
				if wind[i].StationID == "s03" {
					spoil(&wind[i])
				}
			}
			got := Check(wind)
			require.Len(t, got, 1, "%s seed %d: %v", kind, seed, got)
			require.Equal(t, "s03", got[0].StationID)
			require.Equal(t, kind, got[0].Kind)
			switch kind {
			case "turned":
				require.InDelta(t, 60, got[0].Value, 8)
			case "clock":
				require.Equal(t, 1.0, got[0].Value)
			}
		}
	}
}

func fromOf(w upwind.Wind) float64 {
	_, from := upwind.SpeedFrom(w.U, w.V)
	return from
}

func TestCheckFindsAVaneThatStandsStill(t *testing.T) {
	var wind []upwind.Wind
	for h := range 20 {
		u, v := upwind.UV(2+0.1*float64(h), 200)
		wind = append(wind, reading("a", plane.Point{}, h, u, v))
	}
	got := Check(wind)
	require.Len(t, got, 1)
	require.Equal(t, "frozen", got[0].Kind)
}

func ExampleNew() {
	here := plane.New(116, 36.5)
	noon := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	u, v := upwind.UV(3, 270)
	f, err := New([]upwind.Wind{{StationID: "a", Start: noon, DurationS: 3600, Lon: 116, Lat: 36.5, HeightM: 10, U: u, V: v}},
		here, plane.Box{X0: -5e3, Y0: -5e3, X1: 5e3, Y1: 5e3}, noon, noon.Add(time.Hour), Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	east, _ := f.At(plane.Point{X: 100, Y: 200}, float64(noon.Unix())+1800)
	fmt.Printf("%.1f m/s towards the east\n", east)
	// Output: 3.0 m/s towards the east
}
