package station_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

func TestWind(t *testing.T) {
	r := one(upwind.StationDust, nil)
	for from := range 361 {
		_, wind := observe(t, r, fmt.Sprintf("a01007-Avg=3.5;a01008-Avg=%d", from))
		require.Len(t, wind, 1)
		speed, back := upwind.SpeedFrom(wind[0].U, wind[0].V)
		require.InDelta(t, 3.5, speed, 1e-12)
		require.InDelta(t, float64(from%360), back, 1e-9)
	}
	_, wind := observe(t, r, "a01007-Avg=5;a01008-Avg=270;a01001-Avg=-3.5;a01006-Avg=101.3")
	w := wind[0]
	require.InDelta(t, 5, w.U, 1e-12, "from the west blows towards the east")
	require.Equal(t, []any{"s1", 60.0, 115.98, 36.45, 3.0}, []any{w.StationID, w.DurationS, w.Lon, w.Lat, w.HeightM})
	require.Equal(t, -3.5, *w.TempC)
	require.InDelta(t, 101300, *w.PressPa, 1e-9)

	for name, c := range map[string]struct {
		cp   string
		n    int
		u, v float64
	}{
		"no speed":                    {"a01008-Avg=270", 0, 0, 0},
		"no direction":                {"a01007-Avg=5", 0, 0, 0},
		"speed marked":                {"a01007-Avg=5,a01007-Flag=D;a01008-Avg=270", 0, 0, 0},
		"direction marked":            {"a01007-Avg=5;a01008-Avg=270,a01008-Flag=B", 0, 0, 0},
		"over range is a measurement": {"a01007-Avg=5,a01007-Flag=T;a01008-Avg=270", 1, 5, 0},
		"direction beyond the circle": {"a01007-Avg=5;a01008-Avg=700", 0, 0, 0},
		"direction below it":          {"a01007-Avg=5;a01008-Avg=-10", 0, 0, 0},
		"a speed no wind has":         {"a01007-Avg=200;a01008-Avg=270", 0, 0, 0},
		"a negative speed":            {"a01007-Avg=-1;a01008-Avg=270", 0, 0, 0},
		"calm":                        {"a01007-Avg=0.0;a01008-Avg=123", 1, 0, 0},
		"calm without a direction":    {"a01007-Avg=0;a01008-Avg=999", 1, 0, 0},
		"calm, a broken vane":         {"a01007-Avg=0;a01008-Avg=90,a01008-Flag=D", 0, 0, 0},
		"the mean before the instant": {"a01007-Rtd=9,a01007-Avg=5;a01008-Rtd=0,a01008-Avg=270", 1, 5, 0},
		"no mixing of the two":        {"a01007-Rtd=9;a01008-Avg=270", 0, 0, 0},
		"gusts are no wind":           {"a01007-Max=9;a01008-Max=270", 0, 0, 0},
	} {
		obs, wind := observe(t, r, c.cp)
		require.NotEmpty(t, obs, "the values are kept in any case")
		require.Len(t, wind, c.n, name)
		if c.n > 0 {
			require.InDelta(t, c.u, wind[0].U, 1e-12, name)
			require.InDelta(t, c.v, wind[0].V, 1e-12, name)
		}
	}
	_, wind = observe(t, r, "a01007-Avg=5;a01008-Avg=270;a01001-Avg=99;a01006-Avg=1013")
	require.Nil(t, wind[0].TempC, "what cannot be does not travel with the wind")
	require.Nil(t, wind[0].PressPa)
	_, wind = observe(t, one(upwind.StationDust, map[string]string{"wind_speed": "km/h"}), "a01007-Avg=36;a01008-Avg=90")
	require.InDelta(t, -10, wind[0].U, 1e-9)
	_, wind = observe(t, one(upwind.StationDust, map[string]string{"wind_speed": "knots"}), "a01007-Avg=36;a01008-Avg=90")
	require.Empty(t, wind, "a unit that nobody knows")
	_, wind = observe(t, one(upwind.StationStack, nil), "a01007-Avg=5;a01008-Avg=270")
	require.Empty(t, wind, "there is no wind in a stack")
}
