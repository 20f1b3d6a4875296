package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"

	"upwind"
)

func siteDoc(properties, geometry string) string {
	return fmt.Sprintf(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":%s,"geometry":%s}]}`, properties, geometry)
}

const (
	siteProps = `{"id":7,"name":"brick kiln","kind":"stack","prior_odds":2,"height_m":30}`
	sitePoint = `{"type":"Point","coordinates":[115.98,36.45]}`
)

func TestReadSites(t *testing.T) {
	sites, err := ReadSites("s.geojson", strings.NewReader("\xef\xbb\xbf"+siteDoc(siteProps, sitePoint)))
	require.NoError(t, err)
	require.Len(t, sites, 1)
	s := sites[0]
	require.Equal(t, "7", s.ID)
	require.Equal(t, 2.0, s.PriorOdds)
	require.Equal(t, 30.0, s.HeightM)
	require.Equal(t, orb.Point{115.98, 36.45}, s.Geometry.Geometry())

	for name, c := range map[string]struct{ doc, want string }{
		"no id":       {siteDoc(`{"name":"a","kind":"b"}`, sitePoint), "feature 1, id"},
		"null id":     {siteDoc(`{"id":null,"name":"a","kind":"b"}`, sitePoint), "feature 1, id"},
		"no kind":     {siteDoc(`{"id":"1","name":"a"}`, sitePoint), "feature 1, kind"},
		"odds":        {siteDoc(`{"id":"1","name":"a","kind":"b","prior_odds":-1}`, sitePoint), "prior_odds"},
		"odds 0":      {siteDoc(`{"id":"1","name":"a","kind":"b","prior_odds":0}`, sitePoint), "prior_odds"},
		"height":      {siteDoc(`{"id":"1","name":"a","kind":"b","height_m":"tall"}`, sitePoint), "height_m"},
		"no geometry": {siteDoc(siteProps, `null`), "geometry"},
		"line":        {siteDoc(siteProps, `{"type":"LineString","coordinates":[[1,2],[3,4]]}`), "LineString"},
		"open ring":   {siteDoc(siteProps, `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`), "not closed"},
		"place":       {siteDoc(siteProps, `{"type":"Point","coordinates":[36.45,115.98]}`), "no place"},
		"empty":       {`{"type":"FeatureCollection","features":[]}`, "no sites"},
		"deep":        {siteDoc(`{"id":`+strings.Repeat("[", 200), sitePoint), "nested deeper"},
		"tail":        {siteDoc(siteProps, sitePoint) + "{}", "follows the document"},
		"other":       {`{"type":"Feature"}`, "no GeoJSON FeatureCollection"},
		"twice": {strings.Replace(siteDoc(siteProps, sitePoint), `"features":[`,
			`"features":[{"type":"Feature","properties":`+siteProps+`,"geometry":`+sitePoint+`},`, 1), "that of feature 1"},
	} {
		_, err := ReadSites("s.geojson", strings.NewReader(c.doc))
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.Contains(t, err.Error(), c.want, name)
	}
}

func TestReadSitesHostile(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sharedData(t, "hostile", "json"), "*"))
	require.NoError(t, err)
	files = append(files, sharedData(t, "hostile", "synthetic", "deep.geojson"), sharedData(t, "hostile", "synthetic", "xss.geojson"))
	for _, path := range files {
		f, err := os.Open(path)
		require.NoError(t, err)
		_, err = ReadSites(filepath.Base(path), f)
		f.Close()
		require.True(t, upwind.IsRefusal(err), "%s: %v", path, err)
	}
}

func FuzzReadSites(f *testing.F) {
	f.Add(siteDoc(siteProps, sitePoint))
	f.Add(oneGrid)
	f.Fuzz(func(t *testing.T, s string) {
		sites, err := ReadSites("fuzz", strings.NewReader(s))
		if err != nil && !upwind.IsRefusal(err) {
			t.Fatal(err)
		}
		for _, x := range sites {
			if x.ID == "" || x.Geometry == nil {
				t.Fatalf("%+v", x)
			}
		}
	})
}

func ExampleReadSites() {
	sites, err := ReadSites("sites.geojson", strings.NewReader(siteDoc(siteProps, sitePoint)))
	fmt.Println(len(sites), sites[0].ID, sites[0].Kind, err)
	// Output: 1 7 stack <nil>
}
