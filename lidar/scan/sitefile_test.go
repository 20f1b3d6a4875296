package scan_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/scan"
)

func TestParseSite(t *testing.T) {
	s, err := scan.ParseSite("roof.json", strings.NewReader(`{"type":"LidarSite","id":"roof","lon":115.98,"lat":36.45,"altitude_m":60,"heading_deg":-12.5,
		"overlap":[{"range_m":0,"share":0},{"range_m":300,"share":1}],"blocked":[{"from_deg":350,"to_deg":10,"max_range_m":800}],"depol_gain":{"532":0.04}}`))
	require.NoError(t, err)
	require.True(t, s.Placed)
	require.Equal(t, -12.5, s.HeadingDeg)
	require.Equal(t, 0.04, s.DepolGain["532"])

	s, err = scan.ParseSite("clock.json", strings.NewReader(`{"type":"LidarSite","heading_deg":3}`))
	require.NoError(t, err)
	require.False(t, s.Placed, "no position is stated")

	for body, want := range map[string]string{
		`{"type":"LidarSite","lon":115.98}`:                                                    "one of lon and lat",
		`{"type":"LidarSite","headng_deg":3}`:                                                  "headng_deg",
		`{"type":"FeatureCollection"}`:                                                         "LidarSite",
		`{"type":"LidarSite","lon":200,"lat":3}`:                                               "lon",
		`{"type":"LidarSite","elevation_sign":2}`:                                              "elevation_sign",
		"{\"type\":\"LidarSite\",\n\"lon\":}":                                                  "line 2",
		`{"type":"LidarSite","overlap":[{"range_m":300,"share":1},{"range_m":200,"share":1}]}`: "point 2",
		`{"type":"LidarSite","blocked":[{"from_deg":0,"to_deg":999,"max_range_m":1}]}`:         "sector 1",
		`{"type":"LidarSite","dead_time_ns":-1}`:                                               "dead_time_ns",
	} {
		_, err := scan.ParseSite("roof.json", strings.NewReader(body))
		require.True(t, upwind.IsRefusal(err), "%s: %v", body, err)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "roof.json")
	}
}

func TestENU(t *testing.T) {
	e, n, u := scan.ENU(37, 2, 3000)
	require.InDelta(t, 1804.3452411013252, e, 1e-9)
	require.InDelta(t, 2394.447008618945, n, 1e-9)
	require.InDelta(t, 105.40395535834023, u, 1e-6)
	_, _, u = scan.ENU(0, 90, 1000)
	require.InDelta(t, 1000, u, 1e-9)
	e, _, _ = scan.ENU(-90, 0, math.Pi)
	require.InDelta(t, -math.Pi, e, 1e-12)
}
