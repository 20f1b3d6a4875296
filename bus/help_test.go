package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/grid"
)

var at = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// observed is the event that creates a candidate, and strengthened one that follows.
func observed(t testing.TB, candidate, county string) grid.Event {
	return event(t, grid.TypeObserved, candidate, county, candidate+"/0", grid.Observed{Kind: upwind.TargetBareSoil, Sighting: sighting(candidate+"-e0", county)})
}

func strengthened(t testing.TB, candidate, county string, n int, writer string) grid.Event {
	id := fmt.Sprintf("%s/%d/%s", candidate, n, writer)
	return event(t, grid.TypeStrengthened, candidate, county, id, grid.Strengthened{Sighting: sighting(id, county)})
}

func sighting(id, county string) grid.Sighting {
	g := `{"type":"Polygon","coordinates":[[[116,36],[116.001,36],[116.001,36.001],[116,36.001],[116,36]]]}`
	return grid.Sighting{
		Evidence: upwind.Evidence{ID: id, Type: "detection", Kind: string(upwind.BareSoil), ObservedAt: at, Probability: 0.8, Reason: "test"},
		Job:      id, Detector: "bare-soil", Place: grid.Place{Geometry: json.RawMessage(g), Lon: 116.0005, Lat: 36.0005, SigmaM: 3, GridCode: county + "/t1/c1"},
	}
}

func event(t testing.TB, typ, candidate, county, id string, data any) grid.Event {
	raw, err := json.Marshal(data)
	require.NoError(t, err)
	return grid.Event{ID: id, Candidate: candidate, County: county, Type: typ, V: 1, At: at, Actor: grid.ActorProgram, Data: raw}
}

// seed writes n candidates with two events each.
func seed(t testing.TB, ctx context.Context, b *Bus, n int) {
	l := b.Ledger()
	for i := range n {
		c, county := fmt.Sprintf("c%03d", i), fmt.Sprintf("37150%d", i%3)
		seq, err := l.Append(ctx, observed(t, c, county), ExpectNew())
		require.NoError(t, err)
		_, err = l.Append(ctx, strengthened(t, c, county, 1, "w"), ExpectSeq(seq))
		require.NoError(t, err)
	}
}

func detection(id string) upwind.Detection {
	d := upwind.Detection{ID: id, Kind: upwind.BareSoil, Probability: 0.5, ObservedAt: at, Reasons: []string{"test"}}
	if err := json.Unmarshal([]byte(`{"type":"Polygon","coordinates":[[[116,36],[116.001,36],[116.001,36.001],[116,36]]]}`), &d.Geometry); err != nil {
		panic(err)
	}
	return d
}

func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}
