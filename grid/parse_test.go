package grid

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

const ring = `[[115,36],[115.1,36],[115.1,36.1],[115,36.1],[115,36]]`

// feat is a feature with properties and coordinates of a polygon.
func feat(props, rings string) string {
	return `{"type":"Feature","properties":` + props + `,"geometry":{"type":"Polygon","coordinates":[` + rings + `]}}`
}

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func TestParseRefuses(t *testing.T) {
	ok := `{"level":"county","code":"371502"}`
	for name, c := range map[string]struct{ in, where, what string }{
		"empty":                {``, "byte 0", "ends in the middle"},
		"no collection":        {`{"type":"Feature"}`, "", "FeatureCollection"},
		"no features":          {`{"type":"FeatureCollection"}`, "", "FeatureCollection"},
		"no areas":             {collection(), "", "no areas"},
		"cut":                  {collection(feat(ok, ring))[:120], "feature 0, byte 120", "ends in the middle"},
		"after the end":        {collection(feat(ok, ring)) + " x", "byte", "after the end"},
		"depth":                {`{"a":` + strings.Repeat("[", 100), "byte 68", "deeper than 64"},
		"coordinates depth":    {collection(feat(ok, "[[["+ring+"]]]")), "feature 0, byte", "deeper than those of a MultiPolygon"},
		"UTF-8":                {collection(feat("{\"level\":\"county\",\"code\":\"1\",\"name\":\"\xff\"}", ring)), "feature 0, byte", "not valid UTF-8"},
		"overflow":             {collection(feat(ok, `[[1e999,36],[1,2],[3,4],[1e999,36]]`)), "feature 0, byte", "overflows"},
		"NaN":                  {collection(feat(ok, `[[NaN,36],[1,2],[3,4],[1,36]]`)), "feature 0, byte", "not a number"},
		"leading zero":         {collection(feat(ok, `[[01,36],[1,2],[3,4],[1,36]]`)), "feature 0, byte", "not a number"},
		"off Earth":            {collection(feat(ok, ring), feat(`{"level":"county","code":"2"}`, `[[115,91],[1,2],[3,4],[115,91]]`)), "feature 1, byte", "not a longitude and latitude"},
		"open ring":            {collection(feat(ok, `[[115,36],[115.1,36],[115.1,36.1],[115,36.1]]`)), "feature 0, polygon 0, ring 0", "not closed"},
		"short ring":           {collection(feat(ok, `[[115,36],[115.1,36],[115,36]]`)), "feature 0, polygon 0, ring 0", "four positions"},
		"one number":           {collection(feat(ok, `[[115],[115.1,36],[115,36]]`)), "feature 0", "one number"},
		"mixed":                {collection(feat(ok, `[[115,36],[[115.1,36]]]`)), "feature 0", "side by side"},
		"number in list":       {collection(feat(ok, `[[115,36],7]`)), "feature 0", "among positions"},
		"empty coordinates":    {collection(feat(ok, ``)), "feature 0", "empty array"},
		"point":                {collection(`{"type":"Feature","properties":` + ok + `,"geometry":{"type":"Point","coordinates":[1,2]}}`), "feature 0", `"Point"`},
		"point as polygon":     {collection(`{"type":"Feature","properties":` + ok + `,"geometry":{"type":"Polygon","coordinates":[1,2]}}`), "feature 0", "not an array of rings"},
		"no geometry":          {collection(`{"type":"Feature","properties":` + ok + `,"geometry":null}`), "feature 0 (371502)", "no polygon"},
		"no properties":        {collection(feat(`null`, ring)), "feature 0", "its code"},
		"code of a subject":    {collection(feat(`{"level":"county","code":"a.b"}`, ring)), "feature 0", `"a.b"`},
		"parent of a subject":  {collection(feat(`{"level":"county","code":"1","parent":"> *"}`, ring)), "feature 0 (1)", "parent"},
		"level":                {collection(feat(`{"level":"realm","code":"1"}`, ring)), "feature 0 (1)", `"realm"`},
		"date":                 {collection(feat(`{"level":"county","code":"1","valid_to":"soon"}`, ring)), "feature 0 (1)", "valid_to"},
		"dates":                {collection(feat(`{"level":"county","code":"1","valid_from":"2020-01-02","valid_to":"2020-01-01"}`, ring)), "feature 0 (1)", "ends before"},
		"half a pair":          {collection(feat(`{"name":"\ud800"}`, ring)), "feature 0, byte", "surrogate"},
		"control":              {"{\"a\nb\":1}", "byte 3", "control"},
		"escape":               {`{"a\q":1}`, "byte 3", "escape"},
		"crs":                  {`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32650"}},"features":[]}`, "byte", "32650"},
		"a number":             {`7`, "byte 0", "'{'"},
		"half the globe":       {collection(feat(ok, `[[-170,0],[170,0],[170,1],[-170,0]]`)), "feature 0", "half the globe"},
		"a number of a book":   {`{"a":` + strings.Repeat("1", maxToken+2), "byte 5", "digits"},
		"a string of a book":   {`{"` + strings.Repeat("a", maxToken+2), "byte 1", "string longer"},
		"not a feature":        {collection(`{"type":"Elephant","properties":` + ok + `}`), "feature 0", "Elephant"},
		"array for collection": {`[]`, "", "no areas"},
	} {
		_, _, err := Parse("g.geojson", strings.NewReader(c.in))
		var r *upwind.Refusal
		require.ErrorAs(t, err, &r, name)
		require.Contains(t, r.Where, c.where, name)
		require.Contains(t, r.What, c.what, name)
		require.Equal(t, "g.geojson", r.File, name)
		require.NotEmpty(t, r.Do, name)
	}
}

func TestParseReadFaultPasses(t *testing.T) {
	whole := collection(feat(`{"level":"county","code":"1"}`, ring))
	for _, n := range []int{0, 5, 90, len(whole)} {
		r := iotest.TimeoutReader(strings.NewReader(whole[:n]))
		_, _, err := Parse("g", readerOf(r, errors.New("disk gone")))
		require.True(t, upwind.IsPassing(err), "%d: %v", n, err)
	}
}

type failing struct {
	r interface{ Read([]byte) (int, error) }
	e error
}

func readerOf(r interface{ Read([]byte) (int, error) }, e error) failing { return failing{r, e} }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil {
		err = f.e
	}
	return n, err
}

func TestParseAccepts(t *testing.T) {
	// Members in another order, a byte order mark, escapes, numbers for codes, a third coordinate, a nested parent.
	in := "\xef\xbb\xbf" + `{"features":[{"geometry":{"coordinates":[[[[115,36,5],[115.1,36,5],[115.1,36.1,5],[115,36.1,5],[115,36,5]]]],"type":"MultiPolygon"},
		"properties":{"adcode":371502,"name":"\u4e1c\u660c\u5e9c\ud83d\ude00","level":"district","parent":{"adcode":371500},"extra":[true,false,null,{"x":-1.5e3}]},"id":7,"type":"Feature"}],
		"crs":{"properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"},"type":"name"},"type":"FeatureCollection"}`
	tree, findings, err := Parse("g", iotest.OneByteReader(strings.NewReader(in)))
	require.NoError(t, err)
	require.Len(t, findings, 1)
	require.Equal(t, FindingCoarse, findings[0].Kind)
	c, ok := tree.Area("371502")
	require.True(t, ok)
	require.Equal(t, "东昌府😀", c.Name)
	require.Equal(t, "371500", c.Parent)
	require.Equal(t, LevelCounty, c.Level)
	require.Equal(t, "371502", tree.Code(115.05, 36.05).String())
	_, ok = tree.Cell(115.05, 36.05)
	require.False(t, ok, "a county is no cell")
}

func TestCodesHaveDates(t *testing.T) {
	old := feat(`{"level":"county","code":"371523","valid_to":"2019-09-01"}`, ring)
	now := feat(`{"level":"county","code":"371503","valid_from":"2019-09-01"}`, ring)
	tree, findings, err := Parse("g", strings.NewReader(collection(old, now)))
	require.NoError(t, err)
	require.Len(t, findings, 1, "they do not overlap in time: %v", findings)
	require.Equal(t, "371503", tree.Code(115.05, 36.05).County)
	require.Equal(t, "371523", tree.At(time.Date(2019, 8, 31, 0, 0, 0, 0, time.UTC)).Code(115.05, 36.05).County)
	_, known := tree.Area("371523")
	require.True(t, known)
}

func TestFindings(t *testing.T) {
	box := func(x0, y0, x1, y1 float64) string {
		return fmt.Sprintf("[[%g,%g],[%g,%g],[%g,%g],[%g,%g],[%g,%g]]", x0, y0, x1, y0, x1, y1, x0, y1, x0, y0)
	}
	cell := func(code, parent string, b string) string {
		return feat(fmt.Sprintf(`{"level":"cell","code":%q,"parent":%q,"officer_id":"o"}`, code, parent), b)
	}
	in := collection(
		feat(`{"level":"city","code":"1"}`, box(115, 36, 115.4, 36.2)),
		feat(`{"level":"county","code":"11","parent":"1"}`, box(115, 36, 115.2, 36.2)),
		feat(`{"level":"county","code":"12","parent":"1"}`, box(115.2, 36, 115.4, 36.2)),
		feat(`{"level":"town","code":"111","parent":"11"}`, box(115, 36, 115.2, 36.2)),
		feat(`{"level":"town","code":"121","parent":"12"}`, box(115.2, 36, 115.4, 36.2)),
		cell("a", "111", box(115, 36, 115.1, 36.2)),
		cell("b", "111", box(115.1, 36, 115.19, 36.2)),     // a gap of 0.01 to the east
		cell("c", "121", box(115.2, 36, 115.3, 36.2)),      //
		cell("d", "121", box(115.29, 36, 115.41, 36.2)),    // overlaps c, leaves its town
		cell("e", "999", box(115.12, 36.05, 115.13, 36.1)), // orphan
		cell("a", "121", box(115.3, 36, 115.31, 36.1)),     // the code again
		feat(`{"level":"cell","code":"f","parent":"11"}`, box(115.5, 36, 115.51, 36.01)),
	)
	_, findings, err := Parse("g", strings.NewReader(in))
	require.NoError(t, err)
	got := map[string]Finding{}
	for _, f := range findings {
		got[f.Kind+" "+strings.Join(f.Codes, "+")] = f
	}
	strip := 0.01 * kx(36.1) * 0.2 * metresPerDeg
	for key, want := range map[string]struct{ lon, area float64 }{
		"gap 111": {115.195, strip}, "overlap c+d": {115.295, strip}, "outside d+121": {115.405, strip},
		"orphan e": {115.125, 0}, "duplicate a": {115.305, 0}, "officer f": {115.505, 0}, "outside f+11": {115.505, 0.01 * kx(36) * 0.01 * metresPerDeg},
	} {
		f, ok := got[key]
		require.True(t, ok, "%s of %v", key, findings)
		require.InDelta(t, want.lon, f.Lon, 0.002, key)
		require.True(t, f.Lat > 35.99 && f.Lat < 36.21, key)
		if want.area > 0 {
			require.InEpsilon(t, want.area, f.AreaM2, 0.05, key) // six lines cross the smallest
		}
		require.NotEmpty(t, f.Message)
	}
	require.Contains(t, got, "gap 11", "with towns in the file, f's town is missing")
	require.Len(t, findings, 8)
}

func TestFindingsAreBounded(t *testing.T) {
	var fs []string
	for i := range 2000 {
		fs = append(fs, feat(fmt.Sprintf(`{"level":"cell","code":"%d","parent":"none"}`, i), ring)) // all of them at one place
	}
	start := time.Now()
	_, findings, err := Parse("g", strings.NewReader(collection(fs...)))
	require.NoError(t, err)
	require.LessOrEqual(t, len(findings), maxFindings+1)
	require.Less(t, time.Since(start), 10*time.Second, "quadratic work on areas that all overlap")
}

func TestRealCounties(t *testing.T) {
	f, err := os.Open(shared(t, "city/liaocheng_counties_wgs84.geojson"))
	require.NoError(t, err)
	defer f.Close()
	tree, findings, err := Parse("counties", f)
	require.NoError(t, err)
	require.Equal(t, FindingCoarse, findings[0].Kind)
	for _, f := range findings[1:] {
		t.Logf("%s %v at %.5f, %.5f: %s", f.Kind, f.Codes, f.Lon, f.Lat, f.Message)
	}
	var sum float64
	for _, c := range tree.Areas(LevelCounty) {
		sum += areaM2(rings(c.Geometry))
	}
	require.InEpsilon(t, 8638e6, sum, 0.01, "the outlines' area as the data's README states it")
	require.Equal(t, "371502", tree.Code(115.985, 36.456).County, "the city's centre lies in Dongchangfu")
	require.Equal(t, Unassigned, tree.Code(117, 36.65).County, "Jinan is another city")
}

// TestHostileJSON hands every hostile file to Parse: each gets an answer, none a panic, none is a grid.
func TestHostileJSON(t *testing.T) {
	dir := shared(t, "hostile/json")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	files = append(files, shared(t, "hostile/synthetic/deep.geojson"), shared(t, "hostile/synthetic/xss.geojson"))
	require.Greater(t, len(files), 30)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		base := filepath.Base(name)
		_, _, err = Parse(base, bytes.NewReader(raw))
		require.True(t, upwind.IsRefusal(err), "%s: %v", base, err)
		// The same bytes where a reader skips what it does not know.
		_, _, err = Parse(base, strings.NewReader(`{"x":`+string(raw)+`,"type":"FeatureCollection","features":[`+feat(`{"level":"county","code":"1"}`, ring)+`]}`))
		if err != nil {
			require.True(t, upwind.IsRefusal(err), "%s: %v", base, err)
		}
		if strings.Contains(base, "__n_") {
			require.Error(t, err, "%s is no JSON", base)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(collection(feat(`{"level":"county","code":"371502"}`, ring))))
	f.Add(cityJSON(4, 2, 0.5))
	f.Add([]byte(`{"a":[1e5,"\ud83d\ude00",null,true,{}],"features":[]}`))
	f.Add([]byte(collection(feat(`{"level":"cell","code":"1","parent":"2"}`, ring+`,[[115,36],[200,3]]`))))
	f.Fuzz(func(t *testing.T, in []byte) {
		tree, findings, err := Parse("fuzz", bytes.NewReader(in))
		if err != nil {
			if !upwind.IsRefusal(err) {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		for _, c := range tree.cells {
			p := pointIn(rings(c.Geometry))
			tree.Code(p[0], p[1])
		}
		if len(findings) > maxFindings+1 {
			t.Fatalf("%d findings", len(findings))
		}
		raw, err := tree.Export().MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := Parse("again", bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("its own export is refused: %v\n%s", err, raw)
		}
		if again.Len() != tree.Len() {
			t.Fatalf("%d areas became %d", tree.Len(), again.Len())
		}
	})
}
