package grid

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

// benchCity is 68 x 68 = 4,624 cells of 120 vertices.
func benchCity() []byte { return cityJSON(68, 30, 0.5) }

func BenchmarkParse4624Cells(b *testing.B) {
	raw := benchCity()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, _, err := Parse("bench", bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCellIn4624(b *testing.B) {
	tree, _, err := Parse("bench", bytes.NewReader(benchCity()))
	require.NoError(b, err)
	rng := rand.New(rand.NewPCG(1, 1))
	var ps [4096][2]float64
	for i := range ps {
		ps[i] = [2]float64{cityLon + 0.68*rng.Float64(), cityLat + 0.68*rng.Float64()}
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		p := ps[i%len(ps)]
		if _, ok := tree.Cell(p[0], p[1]); !ok {
			b.Fatalf("no cell at %v", p)
		}
		i++
	}
}

// bigBook has n candidates 200 m apart with perCandidate sightings each, and returns the events that made it.
func bigBook(b *testing.B, n, perCandidate int) []Event {
	var evs []Event
	for i := range n {
		id := fmt.Sprintf("c%06d", i)
		for k := range perCandidate {
			d := square(fmt.Sprintf("d%06d-%d", i, k), upwind.SandPile, float64(i%224)*200, float64(i/224)*200, 20, 1+float64(k), 0.7)
			s, _, err := sightDetection(d, nil)
			require.NoError(b, err)
			typ, data := TypeStrengthened, any(Strengthened{Sighting: s.Sighting, Last: true})
			if k == 0 {
				typ, data = TypeObserved, Observed{Kind: upwind.TargetSandPile, Sighting: s.Sighting, Last: true}
			}
			ev := newEvent(id, "371502", typ, data)
			ev.ID, ev.At = d.ID, day
			evs = append(evs, ev)
		}
	}
	return evs
}

func BenchmarkFold50000Candidates(b *testing.B) {
	evs := bigBook(b, 50_000, 2)
	for b.Loop() {
		book := NewBook()
		for _, ev := range evs {
			if err := book.Apply(ev); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(evs)), "ns/event")
}

func BenchmarkMergeInto50000(b *testing.B) {
	book := NewBook()
	for _, ev := range bigBook(b, 50_000, 1) {
		require.NoError(b, book.Apply(ev))
	}
	i := 0
	for b.Loop() {
		d := square(fmt.Sprintf("n%d", i), upwind.SandPile, float64(i%224)*200+3, float64(i%200)*200, 20, 3, 0.7)
		if len(Merge(book, nil, nil, d)) == 0 {
			b.Fatal("no draft")
		}
		i++
	}
}
