package tracing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing"
)

func hours(id string, first, last int, stations ...string) upwind.Trigger {
	t := upwind.Trigger{ID: id, Kind: upwind.TriggerExceedance, Species: "PM10", Unit: "ug/m3",
		Start: noon.Add(time.Duration(first) * time.Hour), End: noon.Add(time.Duration(last+1) * time.Hour)}
	for h := first; h <= last; h++ {
		for _, s := range stations {
			t.Receptors = append(t.Receptors, upwind.Receptor{StationID: s, Start: noon.Add(time.Duration(h) * time.Hour), DurationS: 3600})
		}
	}
	return t
}

func TestAnEventKeepsItsNameWhileItGrows(t *testing.T) {
	first := tracing.Pending([]upwind.Trigger{hours("a", 0, 0, "s1", "s2")}, nil)
	require.Len(t, first, 1)
	require.Equal(t, "a", first[0].Event)

	require.Empty(t, tracing.Pending([]upwind.Trigger{hours("a2", 0, 0, "s1", "s2", "s3")}, first), "the same hours again")

	next := tracing.Pending([]upwind.Trigger{hours("b", 0, 1, "s1", "s2"), hours("elsewhere", 0, 1, "s9")}, first)
	require.Len(t, next, 2)
	require.Equal(t, "a", next[0].Event, "an hour more of the same event")
	require.Equal(t, "elsewhere", next[1].Event)

	last := tracing.Pending([]upwind.Trigger{hours("c", 0, 2, "s1", "s2")}, append(first, next...))
	require.Equal(t, "a", last[0].Event)
	require.Empty(t, tracing.Pending([]upwind.Trigger{hours("c", 0, 2, "s1", "s2")}, append(first, last...)))

	later := tracing.Pending([]upwind.Trigger{hours("d", 9, 10, "s1", "s2")}, append(first, last...))
	require.Equal(t, "d", later[0].Event, "the next day is another event")
}
