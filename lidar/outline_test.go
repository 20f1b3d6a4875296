package lidar

import (
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/require"
)

func maskOf(rows ...string) *mask {
	m := &mask{w: len(rows[0]), h: len(rows)}
	for _, r := range rows {
		for _, c := range r {
			m.v = append(m.v, map[rune]uint8{'.': classNo, '#': classYes, '?': classClose, ' ': classVoid}[c])
		}
	}
	return m
}

func (m *mask) String() string {
	out := ""
	for i, v := range m.v {
		if i > 0 && i%m.w == 0 {
			out += "\n"
		}
		out += string(".#? "[v])
	}
	return out
}

func isYes(v uint8) bool { return v == classYes }

func TestMask(t *testing.T) {
	m := maskOf(
		"..........",
		".#####..#.",
		".#.###..#.",
		".#####..#.",
		".###?####.",
		".#####....",
	)
	_, regions := m.label(isYes)
	require.Len(t, regions, 1)
	m.fillHoles(1)
	m.open()
	require.Equal(t, maskOf(
		"..........",
		".#####..?.",
		".#####..?.",
		".#####..?.",
		".#####???.",
		".#####....",
	).String(), m.String())
}

// TestOutline checks areas, turns, holes, and that cells that touch at a corner are apart.
func TestOutline(t *testing.T) {
	m := maskOf(
		"##....",
		"##....",
		"..####",
		"..#..#",
		"..#..#",
		"..####",
	)
	labels, regions := m.label(isYes)
	require.Len(t, regions, 2)
	p, n := outline(labels, m.w, regions[0])
	require.Len(t, p, 1)
	require.Equal(t, 8, n)
	require.Equal(t, orb.CW, p[0].Orientation(), "y runs southward: counterclockwise on a north-up map")
	require.InDelta(t, 4, planar.Area(p), 1e-12)
	p, n = outline(labels, m.w, regions[1])
	require.Len(t, p, 2)
	require.Equal(t, 16, n)
	require.Equal(t, orb.CCW, p[1].Orientation(), "holes run clockwise on a north-up map")
	require.InDelta(t, 16-4, planar.Area(p), 1e-12)
}
