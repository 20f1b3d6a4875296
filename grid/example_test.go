package grid_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/grid"
)

// A picture shows bare soil; a trace from a bad hour at a station points to the same field.
func Example() {
	tree, findings, err := grid.Parse("counties.geojson", strings.NewReader(`{"type": "FeatureCollection", "features": [
		{"type": "Feature", "properties": {"adcode": 371502, "name": "Dongchangfu"},
		 "geometry": {"type": "Polygon", "coordinates": [[[115.8, 36.3], [116.2, 36.3], [116.2, 36.6], [115.8, 36.6], [115.8, 36.3]]]}}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(findings[0].Kind, "grid of", tree.Len(), "area")

	seen := time.Date(2025, 3, 1, 4, 0, 0, 0, time.UTC)
	field := upwind.Detection{
		ID: "d1", Kind: upwind.BareSoil, Probability: 0.8, PositionSigmaM: 10, ObservedAt: seen,
		Geometry:   geojson.NewGeometry(orb.Bound{Min: orb.Point{115.98, 36.45}, Max: orb.Point{115.984, 36.453}}.ToPolygon()),
		Measures:   map[string]upwind.Estimate{upwind.AreaM2: upwind.NonNegative(119000, 4000)},
		Provenance: upwind.Provenance{JobID: "j1", Detector: "bare-soil", Inputs: []string{"scene-1"}},
	}
	bad := upwind.Trace{
		ID:      "t1",
		Trigger: upwind.Trigger{Kind: upwind.TriggerExceedance, Species: "PM10", Start: seen, End: seen.Add(time.Hour)},
		Sources: []upwind.RankedSource{{Rank: 1, SiteID: "d1", Lon: 115.982, Lat: 36.4515, Probability: 0.6, DistanceM: 900}},
	}
	book := grid.NewBook()
	for _, ev := range grid.Merge(book, tree, nil, field) {
		_ = book.Apply(ev)
	}
	for _, ev := range grid.Merge(book, tree, nil, bad) {
		_ = book.Apply(ev)
	}
	for _, c := range book.All() {
		fmt.Printf("%s in %s, probability %.2f, %d pieces of evidence\n", c.Kind, c.GridCode, c.Probability, len(c.Evidence))
		for _, p := range c.ScoreParts {
			fmt.Printf("%5.1f %s: %s\n", p.Value, p.Name, p.Reason)
		}
	}
	// Output:
	// coarse grid of 1 area
	// bare-soil in 371502, probability 0.82, 2 pieces of evidence
	//  32.7 probability: 82 % likely from 2 piece(s) of evidence
	//  30.0 severity: 119000 m2 of bare earth
	//  12.0 traced: air was traced back to it with probability 0.60
	//   5.0 sensors: 2 independent detectors agree
}

func ExampleSquare() {
	fmt.Println(grid.Square(115.985, 36.456))
	// Output: 50S-409-4035
}
