package upwind_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
)

func member(role, name string, digit string) upwind.Member {
	return upwind.Member{Role: role, Name: name, Size: 3, SHA256: strings.Repeat(digit, 64)}
}

func TestAssetIDIsThatOfItsContent(t *testing.T) {
	a, err := upwind.NewAsset(upwind.AssetRaster, "a", []upwind.Member{member("main", "ortho.tif", "1"), member("dsm", "dsm.tif", "2")}, upwind.AssetOptions{})
	require.NoError(t, err)
	b, err := upwind.NewAsset(upwind.AssetRaster, "another name", []upwind.Member{member("dsm", "dsm.tif", "2"), member("main", "ortho.tif", "1")}, upwind.AssetOptions{})
	require.NoError(t, err)
	require.Equal(t, a.ID, b.ID, "neither the order of members nor the name for people counts")

	one, err := upwind.NewAsset(upwind.AssetPhoto, "x", []upwind.Member{member("main", "DJI_1.JPG", "3")}, upwind.AssetOptions{})
	require.NoError(t, err)
	two, err := upwind.NewAsset(upwind.AssetPhoto, "x", []upwind.Member{member("main", "copy of DJI_1.JPG", "3")}, upwind.AssetOptions{})
	require.NoError(t, err)
	require.Equal(t, one.ID, two.ID, "a picture under two names is one picture")

	placed, err := upwind.NewAsset(upwind.AssetPhoto, "x", []upwind.Member{member("main", "DJI_1.JPG", "3")}, upwind.AssetOptions{CRS: "EPSG:4326"})
	require.NoError(t, err)
	require.NotEqual(t, one.ID, placed.ID, "what the user states is part of it")

	body, err := json.Marshal(a)
	require.NoError(t, err)
	var back upwind.Asset
	require.NoError(t, json.Unmarshal(body, &back))
	require.NoError(t, back.Validate())
	back.Members[0].Size++
	require.ErrorContains(t, back.Validate(), "not that of its content")
}

func TestAssetRefusesMembersThatAreNoPlainFiles(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../passwd", "a/b", `a\b`, "a\x00b"} {
		_, err := upwind.NewAsset(upwind.AssetRaster, "a", []upwind.Member{member("main", name, "1")}, upwind.AssetOptions{})
		require.Error(t, err, "%q", name)
	}
	_, err := upwind.NewAsset(upwind.AssetRaster, "a", []upwind.Member{member("main", "x", "1"), member("dsm", "x", "2")}, upwind.AssetOptions{})
	require.ErrorContains(t, err, "two members")
	_, err = upwind.NewAsset(upwind.AssetRaster, "a", nil, upwind.AssetOptions{})
	require.ErrorContains(t, err, "no members")
}

// Reading "blows to" as "comes from" halves the hits of a trace without any error message.
func TestWindComesFrom(t *testing.T) {
	for _, tc := range []struct{ from, u, v float64 }{
		{0, 0, -1}, {90, -1, 0}, {180, 0, 1}, {270, 1, 0},
	} {
		u, v := upwind.UV(1, tc.from)
		require.InDelta(t, tc.u, u, 1e-12, "from %v", tc.from)
		require.InDelta(t, tc.v, v, 1e-12, "from %v", tc.from)
	}
	for from := 0.0; from < 360; from += 7.3 {
		u, v := upwind.UV(3.2, from)
		speed, back := upwind.SpeedFrom(u, v)
		require.InDelta(t, 3.2, speed, 1e-12)
		require.InDelta(t, from, back, 1e-9)
	}
}

func TestDetectionValidate(t *testing.T) {
	square := geojson.NewGeometry(orb.Polygon{{{116, 36}, {116.1, 36}, {116.1, 36.1}, {116, 36}}})
	good := upwind.Detection{ID: "d", Kind: upwind.BareSoil, Geometry: square, Probability: 0.5}
	require.NoError(t, good.Validate())
	for what, spoil := range map[string]func(*upwind.Detection){
		"no id":           func(d *upwind.Detection) { d.ID = "" },
		"no kind":         func(d *upwind.Detection) { d.Kind = "" },
		"no geometry":     func(d *upwind.Detection) { d.Geometry = nil },
		"probability":     func(d *upwind.Detection) { d.Probability = 1.01 },
		"NaN probability": func(d *upwind.Detection) { d.Probability = math.NaN() },
		"metres for degrees": func(d *upwind.Detection) {
			d.Geometry = geojson.NewGeometry(orb.Polygon{{{500000, 4000000}, {500001, 4000000}, {500001, 4000001}, {500000, 4000000}}})
		},
		"measure without sigma": func(d *upwind.Detection) {
			d.Measures = map[string]upwind.Estimate{upwind.AreaM2: {Value: 1, Sigma: math.NaN()}}
		},
	} {
		d := good
		spoil(&d)
		require.Error(t, d.Validate(), what)
	}
}

func TestEstimates(t *testing.T) {
	e := upwind.Normal(10, 2)
	require.InDelta(t, 6.0801, e.Lo95, 1e-4)
	require.InDelta(t, 13.9199, e.Hi95, 1e-4)
	require.Zero(t, upwind.NonNegative(1, 2).Lo95)
}

func TestFaultsAreToldApart(t *testing.T) {
	refusal := upwind.Refuse("wind.csv", "line 3", "has no speed", "add it")
	wrapped := fmt.Errorf("ingest: %w", refusal)
	require.True(t, upwind.IsRefusal(wrapped))
	require.False(t, upwind.IsPassing(wrapped))
	require.EqualError(t, refusal, "wind.csv, line 3: has no speed; add it")
	full := upwind.Passing(errors.New("disk full"))
	require.True(t, upwind.IsPassing(fmt.Errorf("x: %w", full)))
	require.NoError(t, upwind.Passing(nil))
}

// Ids are on every machine the same, and stay so: this one is stored in ledgers.
func TestIDsStay(t *testing.T) {
	require.Equal(t, "ba20ae", upwind.HashID("detection", "job", 1)[:6])
	require.Len(t, upwind.DetectionID("job", 1), 32)
	require.NotEqual(t, upwind.DetectionID("job", 1), upwind.DetectionID("job", 2))
	require.NotEqual(t, upwind.HashID("a", "b"), upwind.HashID("ab"), "parts do not run together")
}
