package season

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/plane"
)

// A source 12 km to the south-west of a station lights its cell up, and not the same cell on the other side.
func TestMapsPointToTheSource(t *testing.T) {
	pl := plane.New(116, 36.5)
	source := plane.Point{X: -9e3, Y: -8e3}
	r := rand.New(rand.NewPCG(9, 9))
	dir := 0.0
	var wind []upwind.Wind
	for h := range 24 * 60 {
		dir += 25 * r.NormFloat64()
		u, v := upwind.UV(2+r.Float64(), dir)
		wind = append(wind, upwind.Wind{StationID: "a", Start: begin.Add(time.Duration(h) * time.Hour), DurationS: 3600, Lon: 116, Lat: 36.5, HeightM: 10, U: u, V: v})
	}
	var readings []upwind.Observation
	for h := 6; h < 24*60; h++ {
		readings = append(readings, upwind.Observation{StationID: "a", Start: begin.Add(time.Duration(h) * time.Hour), DurationS: 3600, Lon: 116, Lat: 36.5, Value: 30 + 3*r.NormFloat64()})
	}
	samples, _, err := Join(readings, wind)
	require.NoError(t, err)
	paths, kept, err := Paths(context.Background(), samples, wind, 116, 36.5, PathOptions{})
	require.NoError(t, err)
	require.Len(t, paths, len(samples))
	for i, tr := range paths {
		near := math.Inf(1)
		for _, p := range tr.Points {
			near = min(near, pl.XY(p.Lon, p.Lat).To(source))
		}
		kept[i].Value += 200 * math.Exp(-near*near/(2*1.5e3*1.5e3))
	}
	for _, stat := range []Statistic{PSCF, CWT} {
		m, err := NewMap(stat, paths, kept, MapOptions{CellDeg: 0.03, Quantile: 0.9})
		require.NoError(t, err)
		lon, lat := pl.LonLat(source)
		cell := m.cellOf(lon, lat)
		x, y := m.Centre(m.Top[0])
		require.Less(t, pl.XY(x, y).To(source), 9e3, string(stat))
		require.True(t, m.Lo95[cell] <= m.Value[cell] && m.Value[cell] <= m.Hi95[cell])
		olon, olat := pl.LonLat(plane.Point{X: 9e3, Y: 8e3})
		other := m.cellOf(olon, olat)
		require.Greater(t, m.Lo95[cell], m.Hi95[other], string(stat))
		again, err := NewMap(stat, paths, kept, MapOptions{CellDeg: 0.03, Quantile: 0.9})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(m.Hi95), fmt.Sprint(again.Hi95))
		station := m.cellOf(116, 36.5)
		x, y = m.Centre(station)
		require.InDelta(t, 116, x, 1e-9)
		require.InDelta(t, 36.5, y, 1e-9)
		require.Equal(t, len(paths), m.Crossed[station])
	}
}

// By hand: two trajectories over three cells.
func TestMapByHand(t *testing.T) {
	tr := func(day int, lons ...float64) Trajectory {
		x := Trajectory{Arrival: begin.AddDate(0, 0, day)}
		for i, lon := range lons {
			x.Points = append(x.Points, Point{AgeS: float64(i) * 3600, Lon: lon, Lat: 0})
		}
		return x
	}
	paths := []Trajectory{tr(0, 0, 1, 1), tr(10, 0, 1, 2)}
	samples := []Sample{{Unix: 0, Value: 10}, {Unix: 10 * 86400, Value: 40}}
	p, err := NewMap(PSCF, paths, samples, MapOptions{CellDeg: 1, Threshold: 40, Least: 1, NoWeight: true})
	require.NoError(t, err)
	c, err := NewMap(CWT, paths, samples, MapOptions{CellDeg: 1, Least: 1, NoWeight: true})
	require.NoError(t, err)
	l, err := NewMap(CWT, paths, samples, MapOptions{CellDeg: 1, Least: 1, NoWeight: true, LogMean: true})
	require.NoError(t, err)
	for lon, want := range map[float64][3]float64{0: {0.5, 25, 20}, 1: {1.0 / 3, 20, math.Exp((2*math.Log(10) + math.Log(40)) / 3)}, 2: {1, 40, 40}} {
		i := p.cellOf(lon, 0)
		require.InDelta(t, want[0], p.Value[i], 1e-12)
		require.InDelta(t, want[1], c.Value[i], 1e-12)
		require.InDelta(t, want[2], l.Value[i], 1e-9)
	}
	w, err := NewMap(PSCF, paths, samples, MapOptions{CellDeg: 1, Threshold: 40, Least: 1})
	require.NoError(t, err)
	require.InDelta(t, 0.15*1, w.Value[w.cellOf(2, 0)], 1e-12, "1 end point where the mean is 2: not above half of it")
	require.InDelta(t, 0.5*0.5, w.Value[w.cellOf(0, 0)], 1e-12, "2 of a mean of 2")
	w, err = NewMap(CWT, paths, samples, MapOptions{CellDeg: 1, Least: 1})
	require.NoError(t, err)
	require.InDelta(t, 25+0.15*(40-25), w.Value[w.cellOf(2, 0)], 1e-12, "towards the mean of all")
}
