package grid

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"

	"upwind"
)

var update = flag.Bool("update", false, "write the golden events of the current versions again")

// goldenEvents is one event of every type in its current version, each able to follow the ones before.
func goldenEvents(t *testing.T) []Event {
	t.Helper()
	sight := func(id string, sigma float64) Sighting {
		at := orb.Point{115.55, 36.05}
		return Sighting{
			Evidence: upwind.Evidence{ID: id, Type: EvidenceDetection, Kind: "sand-pile", ObservedAt: day, Probability: 0.8, PositionSigmaM: sigma, Inputs: []string{"a1"}, Reason: "<grey> & high"},
			Job:      "j-" + id, Detector: "pile", Shares: []string{"a1"}, Class: "uncovered",
			Measures: map[string]upwind.Estimate{upwind.VolumeM3: upwind.NonNegative(120, 10)},
			Place:    Place{Geometry: rawGeometry(at), Lon: at[0], Lat: at[1], SigmaM: sigma, GridCode: "371010/37101000/3710100001", OfficerID: "o-1"},
		}
	}
	deadline := day.Add(72 * time.Hour)
	evs := []Event{
		newEvent("c1", "371010", TypeObserved, Observed{Kind: upwind.TargetSandPile, Sighting: sight("d1", 5), Last: true}),
		newEvent("c2", "371010", TypeObserved, Observed{Kind: upwind.TargetSandPile, Sighting: sight("d2", 6), Last: true}),
		newEvent("c1", "371010", TypeStrengthened, Strengthened{Sighting: sight("d3", 2)}),
		newEvent("c1", "371010", TypeMerged, Merged{From: "c2", Sightings: []Sighting{sight("d2", 6)}, Reason: "one", Cause: "d3"}),
		newEvent("c2", "371010", TypeMerged, Merged{Into: "c1", Reason: "one", Cause: "d3", Last: true}),
		newEvent("c1", "371010", TypeState, StateChange{From: upwind.StateCandidate, To: upwind.StateConfirmed, Measure: "cover", Deadline: &deadline, Blobs: []string{"00"}}),
		newEvent("s1", Unassigned, TypeSetAside, SetAside{EvidenceID: "t1", Type: EvidenceTrace, Reason: "none"}),
	}
	heads := map[string]string{}
	for i := range evs {
		evs[i].ID, evs[i].At = fmt.Sprintf("e%d", i), day.Add(time.Duration(i)*time.Minute)
		evs[i].Prev = heads[evs[i].Candidate]
		evs[i].Hash = evs[i].Sum()
		heads[evs[i].Candidate] = evs[i].Hash
	}
	return evs
}

func goldenPath(typ string, v int) string {
	return filepath.Join("testdata", "events", fmt.Sprintf("%s.v%d.json", typ, v))
}

// TestGoldenEvents reads an event of every version that ever was: their hashes still fit and they still fold.
func TestGoldenEvents(t *testing.T) {
	if *update {
		byType := map[string][]Event{}
		for _, ev := range goldenEvents(t) {
			byType[ev.Type] = append(byType[ev.Type], ev)
		}
		for typ, evs := range byType {
			raw, err := json.MarshalIndent(evs, "", " ")
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(goldenPath(typ, current[typ]), append(raw, '\n'), 0o644))
		}
	}
	var all []Event
	for typ, now := range current {
		for v := 1; v <= now; v++ {
			raw, err := os.ReadFile(goldenPath(typ, v))
			require.NoError(t, err, "every version needs a golden event")
			var evs []Event
			require.NoError(t, json.Unmarshal(raw, &evs))
			for _, ev := range evs {
				require.Equal(t, ev.Hash, ev.Sum(), "%s v%d", typ, v)
				up, err := Upcast(ev)
				require.NoError(t, err)
				require.Equal(t, now, up.V)
				all = append(all, ev)
			}
		}
	}
	b := NewBook()
	for range len(all) { // in order of time
		i := 0
		for j := range all {
			if all[j].At.Before(all[i].At) {
				i = j
			}
		}
		require.NoError(t, b.Apply(all[i]))
		all = append(all[:i], all[i+1:]...)
	}
	c, ok := b.Candidate("c1")
	require.True(t, ok)
	require.Equal(t, upwind.StateConfirmed, c.State)
	require.Len(t, c.Evidence, 3)
	require.Equal(t, 2.0, c.SigmaM)
	require.Equal(t, 1, b.Len())
	require.True(t, b.HasEvidence("t1"))
	require.True(t, b.HasEvidence("d3"))
	id, _ := b.Resolve("c2")
	require.Equal(t, "c1", id)
}

func TestSumSurvivesReencoding(t *testing.T) {
	for _, ev := range goldenEvents(t) {
		var indented bytes.Buffer
		require.NoError(t, json.Indent(&indented, ev.Data, "", "   "))
		round := ev
		round.Data = indented.Bytes()
		round.At = ev.At.In(time.FixedZone("Beijing", 8*3600))
		require.Equal(t, ev.Hash, round.Sum())

		for name, change := range map[string]func(*Event){
			"actor": func(e *Event) { e.Actor += "x" }, "data": func(e *Event) { e.Data = json.RawMessage(`{"a":1}`) },
			"at": func(e *Event) { e.At = e.At.Add(1) }, "prev": func(e *Event) { e.Prev += "0" }, "type": func(e *Event) { e.Type += "x" },
			"v": func(e *Event) { e.V++ }, "county": func(e *Event) { e.County += "x" }, "id": func(e *Event) { e.ID += "x" },
		} {
			other := ev
			change(&other)
			require.NotEqual(t, ev.Hash, other.Sum(), name)
		}
	}
	require.NotEqual(t, Event{Data: json.RawMessage("{")}.Sum(), Event{Data: json.RawMessage("[")}.Sum())
}

func TestUpcastWalksTheTable(t *testing.T) {
	for typ, now := range current {
		for v := 1; v < now; v++ {
			require.Contains(t, upcasters, version{typ, v})
		}
	}
	rename := func(raw json.RawMessage) (json.RawMessage, error) {
		return bytes.ReplaceAll(raw, []byte(`"old"`), []byte(`"new"`)), nil
	}
	steps := map[version]func(json.RawMessage) (json.RawMessage, error){{"x", 1}: rename, {"x", 2}: rename}
	up, err := upcast(Event{ID: "e", Type: "x", V: 1, Data: json.RawMessage(`{"old":1}`)}, map[string]int{"x": 3}, steps)
	require.NoError(t, err)
	require.Equal(t, 3, up.V)
	require.JSONEq(t, `{"new":1}`, string(up.Data))
	_, err = upcast(Event{Type: "x", V: 3}, map[string]int{"x": 4}, steps)
	require.ErrorContains(t, err, "no upcaster")
	_, err = upcast(Event{Type: "x", V: 0}, map[string]int{"x": 3}, steps)
	require.ErrorContains(t, err, "never existed")
}

func TestNewerVersionStopsWriting(t *testing.T) {
	b := NewBook()
	require.NoError(t, b.Writable())
	for _, ev := range []Event{{ID: "e", Candidate: "c", Type: TypeObserved, V: current[TypeObserved] + 1}, {ID: "e", Candidate: "c", Type: "candidate.praised", V: 1}} {
		require.ErrorIs(t, b.Apply(ev), ErrNewerVersion)
		require.ErrorIs(t, b.Writable(), ErrNewerVersion)
	}
}

func TestApplyKeepsTheChain(t *testing.T) {
	evs := goldenEvents(t)
	b := NewBook()
	require.ErrorIs(t, b.Apply(evs[2]), ErrChain, "strengthened before it was observed")
	require.NoError(t, b.Apply(evs[0]))
	require.NoError(t, b.Apply(evs[0]), "a follower may repeat itself")
	st, _ := b.Standing("c1")
	require.Equal(t, 1, st.Events)
	gap := evs[2]
	gap.Prev = "00"
	require.ErrorIs(t, b.Apply(gap), ErrChain)
	twice := evs[0]
	twice.ID, twice.Prev = "other", evs[0].Hash
	require.ErrorIs(t, b.Apply(twice), ErrChain, "observed twice")
	require.NoError(t, b.Apply(evs[2]))
	c, _ := b.Candidate("c1")
	require.Len(t, c.Evidence, 2)
}

func TestApplyRefusesBrokenData(t *testing.T) {
	for name, data := range map[string]string{
		"no json": `{`, "no evidence": `{"kind":"bare-soil","sighting":{"place":{"lon":1,"lat":1}}}`,
		"not on earth": `{"sighting":{"evidence":{"id":"d"},"place":{"lon":181,"lat":1}}}`,
		"bad geometry": `{"sighting":{"evidence":{"id":"d"},"place":{"geometry":{"type":"Blob"},"lon":1,"lat":1}}}`,
	} {
		b := NewBook()
		require.Error(t, b.Apply(Event{ID: "e", Candidate: "c", Type: TypeObserved, V: 1, Data: json.RawMessage(data)}), name)
		require.Zero(t, b.Len(), name)
		require.False(t, b.HasEvidence("d"), name)
	}
	require.Error(t, NewBook().Apply(Event{Candidate: "c", Type: TypeSetAside, V: 1, Data: json.RawMessage(`{}`)}), "an event without id")
}
