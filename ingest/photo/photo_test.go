package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bep/imagemeta"
	"github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/require"
)

// enu is where an earth-centred point lies as seen from the origin, metres.
func (l local) enu(p vec) vec {
	q := p.plus(l.origin, -1)
	dot := func(a vec) float64 { return a[0]*q[0] + a[1]*q[1] + a[2]*q[2] }
	return vec{dot(l.east), dot(l.north), dot(l.up)}
}

// synthetic is a 4000 x 3000 picture of a pinhole with f = 3000 px, 100 m above flat ground.
func synthetic(yaw, pitch, roll float64) Picture {
	abs, rel := 150.0, 100.0
	return Picture{
		Name: "s.jpg", Width: 4000, Height: 3000, FullW: 4000, FullH: 3000,
		Position: &Position{Lon: 116, Lat: 36.5, AbsoluteM: &abs, RelativeM: &rel},
		Gimbal:   &Attitude{YawDeg: yaw, PitchDeg: pitch, RollDeg: roll},
		Lens:     Lens{Dewarp: &Brown{FX: 3000, FY: 3000}},
	}
}

// offset is where a pixel lies from the camera's foot, metres east and north on the ground.
func offset(t testing.TB, p Picture, opt Options, px, py float64) (e, n float64) {
	t.Helper()
	c, err := p.Camera(opt)
	require.NoError(t, err)
	lon, lat, _, ok := c.Point(px, py)
	require.True(t, ok)
	v := c.at.enu(ecef(lon, lat, c.ground))
	return v[0], v[1]
}

// TestAngles: nadir and oblique to the four directions, exact cases worked out by hand. 1500 px from the
// centre is atan(0.5) off axis.
func TestAngles(t *testing.T) {
	tan := func(d float64) float64 { return math.Tan(d * deg) }
	half := math.Atan(0.5) / deg
	const curve = 0.004 // the earth falls 2 mm away at 150 m
	for _, c := range []struct {
		name             string
		yaw, pitch, roll float64
		px, py           float64
		e, n             float64
	}{
		{"nadir, centre", 0, -90, 0, 2000, 1500, 0, 0},
		{"nadir, north up: right is east", 0, -90, 0, 3500, 1500, 50, 0},
		{"nadir, north up: top is north", 0, -90, 0, 2000, 0, 0, 50},
		{"nadir, east up: top is east", 90, -90, 0, 2000, 0, 50, 0},
		{"nadir, east up: right is south", 90, -90, 0, 3500, 1500, 0, -50},
		{"nadir, rolled a quarter: right goes down to the bottom", 0, -90, 90, 3500, 1500, 0, -50},
		{"45 north", 0, -45, 0, 2000, 1500, 0, 100},
		{"45 east", 90, -45, 0, 2000, 1500, 100, 0},
		{"45 south", 180, -45, 0, 2000, 1500, 0, -100},
		{"45 west", -90, -45, 0, 2000, 1500, -100, 0},
		{"60 north, bottom is nearer", 0, -60, 0, 2000, 3000, 0, 100 * tan(30-half)},
		{"60 north, top is farther", 0, -60, 0, 2000, 0, 0, 100 * tan(30+half)},
		{"60 north, right is east", 0, -60, 0, 3500, 1500, 50 / math.Cos(30*deg), 100 * tan(30)},
		{"45 north, right side down: the right is nearer", 0, -45, 90, 3500, 1500, 0, 100 * tan(45-half)},
	} {
		e, n := offset(t, synthetic(c.yaw, c.pitch, c.roll), Options{}, c.px, c.py)
		require.InDelta(t, c.e, e, curve, c.name)
		require.InDelta(t, c.n, n, curve, c.name)
	}
}

func TestGroundHeights(t *testing.T) {
	stated := 100.0
	p := synthetic(0, -45, 0)
	_, n := offset(t, p, Options{}, 2000, 1500)
	require.InDelta(t, 100, n, 0.002, "relative altitude")
	_, n = offset(t, p, Options{GroundHeightM: &stated}, 2000, 1500)
	require.InDelta(t, 50, n, 0.002, "absolute altitude above stated ground")
	_, n = offset(t, p, Options{DSM: plain{100}, GroundHeightM: &stated}, 2000, 1500)
	require.InDelta(t, 50, n, 0.01, "surface model")
	p.Position.AbsoluteM = nil
	_, n = offset(t, p, Options{DSM: plain{7}}, 2000, 1500)
	require.InDelta(t, 100, n, 0.01, "relative altitude above the surface model")
}

type plain struct{ h float64 }

func (p plain) Height(_, _ float64) (float64, bool) { return p.h, true }

// wall is a 40 m high wall 60 m north of the camera, on ground 100 m below it.
type wall struct{ at local }

func (w wall) Height(lon, lat float64) (float64, bool) {
	if v := w.at.enu(ecef(lon, lat, 50)); v[1] > 60 {
		return 90, true
	}
	return 50, true
}

func TestMarchMeetsTheWall(t *testing.T) {
	w := wall{tangent(116, 36.5, 50)}
	_, n := offset(t, synthetic(0, -45, 0), Options{DSM: w}, 2000, 1500)
	require.InDelta(t, 60, n, 0.6, "the ray to 100 m is stopped by the wall's foot side or top")
}

func TestNotPlaced(t *testing.T) {
	for want, change := range map[string]func(*Picture){
		"no camera position":  func(p *Picture) { p.Position = nil },
		"no camera angles":    func(p *Picture) { p.Gimbal = nil },
		"no focal length":     func(p *Picture) { p.Lens = Lens{} },
		"no height above the": func(p *Picture) { p.Position.RelativeM = nil },
		"0.5 m above":         func(p *Picture) { h := 0.5; p.Position.RelativeM = &h },
	} {
		p := synthetic(0, -90, 0)
		change(&p)
		_, err := p.Camera(Options{})
		var miss *NotPlacedError
		require.True(t, errors.As(err, &miss), want)
		require.Contains(t, miss.Why, want)
	}
}

func TestHorizon(t *testing.T) {
	c, err := synthetic(0, -20, 0).Camera(Options{})
	require.NoError(t, err)
	_, _, _, ok := c.Locate(2000, 0)
	require.False(t, ok, "the top looks above the horizon")
	_, _, _, ok = c.Locate(2000, 3000)
	require.True(t, ok)
	fp, ok := c.Footprint()
	require.True(t, ok)
	far := 0.0
	for _, pt := range fp[0] {
		v := c.at.enu(ecef(pt[0], pt[1], 50))
		far = math.Max(far, math.Hypot(v[0], v[1]))
	}
	require.InDelta(t, 100/math.Tan(10*deg), far, 0.5, "cut at 10 degrees below the horizon")

	up, err := synthetic(0, 30, 0).Camera(Options{})
	require.NoError(t, err)
	_, ok = up.Footprint()
	require.False(t, ok)
}

func TestFootprint(t *testing.T) {
	c, err := synthetic(30, -90, 0).Camera(Options{})
	require.NoError(t, err)
	fp, ok := c.Footprint()
	require.True(t, ok)
	require.InDelta(t, 4000.0/30*3000/30, geo.Area(fp), 40, "133 x 100 m")
	along, across := c.GSD()
	require.InDelta(t, 100.0/3000, along, 1e-9)
	require.InDelta(t, 100.0/3000, across, 1e-9)
	lon, lat, _, ok := c.Locate(2000, 1500)
	require.True(t, ok)
	require.True(t, planar.PolygonContains(fp, [2]float64{lon, lat}))
	require.Equal(t, 100.0, math.Round(c.AGL()))
}

// TestSigma compares the Jacobian with the closed forms at the picture's centre.
func TestSigma(t *testing.T) {
	p := synthetic(0, -45, 0)
	p.Position.RTKFixed = true
	ground := 50.0
	c, err := p.Camera(Options{GroundHeightM: &ground})
	require.NoError(t, err)
	_, _, cov, ok := c.Point(2000, 1500)
	require.True(t, ok)
	along, across := math.Sqrt(cov.NN), math.Sqrt(cov.EE) // it looks north
	att := sigmaAttitudeDeg * deg
	cos, tan := math.Cos(45*deg), 1.0
	h := math.Hypot(sigmaStatedGround, sigmaRTKM)
	require.InDelta(t, math.Hypot(sigmaRTKM, math.Hypot(100*att/(cos*cos), h*tan)), along, 0.02)
	// A roll about the view axis does not move the centre; yaw moves it by AGL tan a.
	require.InDelta(t, math.Hypot(sigmaRTKM, 100*tan*att), across, 0.02)
	major, minor, bearing := cov.Ellipse()
	require.InDelta(t, along, major, 0.001)
	require.InDelta(t, across, minor, 0.001)
	require.InDelta(t, 0, math.Remainder(bearing, 180), 0.1)
	_, _, aside, ok := c.Point(3900, 200)
	require.True(t, ok)
	major, minor, bearing = aside.Ellipse()
	e, n := math.Sincos(bearing * deg)
	require.InDelta(t, 1, aside.Distance(major*e, major*n), 1e-9)
	require.InDelta(t, 1, aside.Distance(minor*n, -minor*e), 1e-9)

	single := synthetic(0, -45, 0)
	single.Lens = Lens{F35MM: 24}
	wide, err := single.Camera(Options{})
	require.NoError(t, err)
	_, _, s, ok := wide.Locate(100, 1500)
	require.True(t, ok)
	_, _, s0, _ := c.Locate(100, 1500)
	require.Greater(t, s, 2*s0, "an unknown lens has a wider sigma")
}

func TestUndistort(t *testing.T) {
	b := models[0].lens
	for x := -0.74; x <= 0.74; x += 0.08 {
		for y := -0.49; y <= 0.49; y += 0.07 {
			xd, yd := b.distort(x, y)
			gx, gy, ok := b.undistort(xd, yd)
			require.True(t, ok)
			require.InDelta(t, x, gx, 1e-9)
			require.InDelta(t, y, gy, 1e-9)
		}
	}
	_, _, ok := Brown{K1: -5}.undistort(0.9, 0.9)
	require.False(t, ok, "folded")
}

func TestGeodesy(t *testing.T) {
	for _, lat := range []float64{-89.9, -45, 0, 24.68, 36.5, 89} {
		for _, h := range []float64{-100, 0, 5000} {
			lon, la, hh := geodetic(ecef(116, lat, h))
			require.InDelta(t, 116, lon, 1e-12)
			require.InDelta(t, lat, la, 1e-11)
			require.InDelta(t, h, hh, 1e-6)
		}
	}
}

// TestNadirReal: focal length of a 16:9 cut from the whole sensor's 4:3 diagonal.
func TestNadirReal(t *testing.T) {
	p := parseFile(t, sharedData(t, "raster", "drone_nadir", "DJI_0024.JPG"))
	require.Equal(t, "FC300S", p.Model)
	require.Equal(t, []int{4000, 2250}, []int{p.Width, p.Height})
	lens, _, ok := p.interior()
	require.True(t, ok)
	require.InDelta(t, 2311, lens.FX, 1)
	require.InDelta(t, -91.99370, p.Position.Lon, 1e-5)
	require.InDelta(t, 46.84286, p.Position.Lat, 1e-5)
	require.InDelta(t, 39.9, *p.Position.RelativeM, 1e-9)
	require.Equal(t, time.Date(2016, 6, 23, 8, 32, 43, 0, time.UTC), p.Time)
	require.Equal(t, "exif-assumed-zone", p.TimeSource)
	c, err := p.Camera(Options{})
	require.NoError(t, err)
	along, _ := c.GSD()
	require.InDelta(t, 39.9/2311, along, 1e-4)
}

func TestObliqueReal(t *testing.T) {
	p := parseFile(t, sharedData(t, "raster", "drone_oblique", "images", "100_0005_0018.tif"))
	require.Equal(t, "DJI", p.Make)
	require.Equal(t, "FC6310R", p.Model)
	require.Equal(t, []int{1368, 912, 5472, 3648}, []int{p.Width, p.Height, p.FullW, p.FullH})
	require.InDelta(t, 120.95170160, p.Position.Lon, 1e-9, "GpsLongtitude")
	require.Equal(t, 99.96, *p.Position.RelativeM)
	require.Equal(t, 186.57, *p.Position.AbsoluteM)
	require.True(t, p.Position.RTKFixed)
	require.Equal(t, 0.02382, *p.Position.SigmaUp)
	require.Equal(t, Attitude{92.9, -60, 0}, *p.Gimbal)
	require.InDelta(t, 3657.02/4, p.Lens.Dewarp.FX, 1e-9)
	require.InDelta(t, 3666.666504/4, p.Lens.FocalPX, 1e-6)
	require.Equal(t, 24.0, p.Lens.F35MM)
}

// TestAgainstImagemeta reads the real JPEGs with another reader of EXIF and compares.
func TestAgainstImagemeta(t *testing.T) {
	for _, path := range []string{sharedData(t, "raster", "drone_nadir", "DJI_0024.JPG"), sharedData(t, "raster", "drone_thermal", "DJI_H20T.jpg")} {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		h, err := readJPEG(bytes.NewReader(b), int64(len(b)))
		require.NoError(t, err)
		var p Picture
		exif, _, err := p.fromJPEG(bytes.NewReader(b), int64(len(b)))
		require.NoError(t, err)
		var tags imagemeta.Tags
		_, err = imagemeta.Decode(imagemeta.Options{R: bytes.NewReader(b), ImageFormat: imagemeta.JPEG, Sources: imagemeta.EXIF,
			HandleTag: func(ti imagemeta.TagInfo) error { tags.Add(ti); return nil }})
		require.NoError(t, err)
		lat, lon, err := tags.GetLatLong()
		require.NoError(t, err)
		gotLat, ok := degrees(exif, "GPSLatitude", 90)
		require.True(t, ok)
		gotLon, _ := degrees(exif, "GPSLongitude", 180)
		require.InDelta(t, lat, gotLat, 1e-9)
		require.InDelta(t, lon, gotLon, 1e-9)
		for _, name := range []string{"Make", "Model", "DateTimeOriginal"} {
			require.Equal(t, strings.TrimSpace(fmt.Sprint(tags.EXIF()[name].Value)), exif[name], name)
		}
		require.NotEmpty(t, h.xmp)
	}
}

func TestMakers(t *testing.T) {
	xmp := func(ns, attrs, elems string) map[string]string {
		return xmpFields([]byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="x" ` + ns + " " + attrs + `>` + elems + `</rdf:Description></rdf:RDF></x:xmpmeta>`))
	}
	position := map[string]string{"GPSLatitude": "(36) (30) (0)", "GPSLatitudeRef": "S", "GPSLongitude": "116 30 0", "GPSLongitudeRef": "W", "GPSAltitude": "12.5", "GPSAltitudeRef": "0x01"}
	with := func(kv ...string) map[string]string {
		m := map[string]string{}
		for k, v := range position {
			m[k] = v
		}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	for _, c := range []struct {
		name      string
		exif, xmp map[string]string
		gimbal    *Attitude
	}{
		{"DJI, elements", with("Make", "DJI"), xmp("", "", `<drone-dji:GimbalYawDegree>+12.5</drone-dji:GimbalYawDegree><drone-dji:GimbalPitchDegree>-90.0</drone-dji:GimbalPitchDegree><drone-dji:GimbalRollDegree>+0.1</drone-dji:GimbalRollDegree>`), &Attitude{12.5, -90, 0.1}},
		{"Autel, new", with("Make", "Autel Robotics"), xmp("", `drone:GimbalYawDegree="10" drone:GimbalPitchDegree="-45"`, ""), &Attitude{10, -45, 0}},
		{"Autel, old", with("Make", "Autel Robotics"), xmp("", `Camera:Yaw="10" Camera:Pitch="30" Camera:Roll="1"`, ""), &Attitude{10, -60, 1}},
		{"Parrot", with("Make", "Parrot"), xmp("", `drone-parrot:CameraYawDegree="-5" drone-parrot:CameraPitchDegree="-80" drone-parrot:CameraRollDegree="0"`, ""), &Attitude{-5, -80, 0}},
		{"Sony", with("Make", "SONY"), nil, nil},
		{"list items", with("Make", "X"), xmp("", "", `<a:GimbalYawDegree><rdf:Seq><rdf:li>7</rdf:li></rdf:Seq></a:GimbalYawDegree><a:GimbalPitchDegree>-1</a:GimbalPitchDegree>`), &Attitude{7, -1, 0}},
		{"nonsense", with("Make", "DJI"), xmp("", `a:GimbalYawDegree="NaN" a:GimbalPitchDegree="-90"`, ""), nil},
	} {
		p := Picture{Width: 100, Height: 75}
		p.fill(c.exif, c.xmp, time.UTC)
		require.Equal(t, c.gimbal, p.Gimbal, c.name)
		require.InDelta(t, -36.5, p.Position.Lat, 1e-9)
		require.InDelta(t, -116.5, p.Position.Lon, 1e-9)
		require.Equal(t, -12.5, *p.Position.AbsoluteM)
	}
}

func TestTimes(t *testing.T) {
	china := DefaultZone
	want := time.Date(2026, 4, 1, 4, 0, 0, 0, time.UTC)
	for source, exif := range map[string]map[string]string{
		"gps":               {"GPSDateStamp": "2026:04:01", "GPSTimeStamp": "(4) (0) (0)", "DateTimeOriginal": "2026:04:01 01:00:00"},
		"exif-offset":       {"DateTimeOriginal": "2026:04:01 06:00:00", "OffsetTimeOriginal": "+02:00"},
		"exif-assumed-zone": {"DateTimeOriginal": "2026:04:01 12:00:00"},
	} {
		var p Picture
		p.time(exif, china)
		require.Equal(t, source, p.TimeSource)
		require.Equal(t, want, p.Time, source)
	}
	var p Picture
	p.time(map[string]string{"DateTime": "0000:00:00 00:00:00"}, china)
	require.True(t, p.Time.IsZero())
}

// TestHostile: any bytes give a picture or an error.
func TestHostile(t *testing.T) {
	err := filepath.WalkDir(sharedData(t, "hostile"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		if p, err := Parse(bytes.NewReader(b), int64(len(b)), d.Name()); err == nil {
			_, _ = p.Camera(Options{})
		}
		_ = CheckJPEG(bytes.NewReader(b), int64(len(b)))
		return nil
	})
	require.NoError(t, err)
}

// exifJPEG is a JPEG header with an XMP packet, for fuzzing.
func exifJPEG(xmp string) []byte {
	b := []byte{0xff, 0xd8}
	body := append(append([]byte{}, xmpHead...), xmp...)
	b = append(b, 0xff, 0xe1)
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)+2))
	b = append(b, body...)
	b = append(b, 0xff, 0xc0, 0, 17, 8, 0, 64, 0, 64, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
	return append(b, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0xff, 0xd9)
}

const fuzzXMP = `<rdf:Description d:GpsLatitude="36.5" d:GpsLongtitude="116" d:RelativeAltitude="+99" d:GimbalYawDegree="1" d:GimbalPitchDegree="-60" d:CalibratedFocalLength="60" d:DewarpData="2018;60,60,0,0,-0.26,0.1,0,0,0"></rdf:Description>`

func FuzzParse(f *testing.F) {
	f.Add(exifJPEG(fuzzXMP))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = CheckJPEG(bytes.NewReader(b), int64(len(b)))
		p, err := Parse(bytes.NewReader(b), int64(len(b)), "fuzz")
		if err != nil {
			return
		}
		c, err := p.Camera(Options{})
		if err != nil {
			return
		}
		if lon, lat, s, ok := c.Locate(10, 10); ok && (math.IsNaN(lon+lat+s) || math.Abs(lat) > 90) {
			t.Fatalf("%v %v %v from %+v", lon, lat, s, p)
		}
		if fp, ok := c.Footprint(); ok && len(fp[0]) < 4 {
			t.Fatal("a footprint of fewer than three corners")
		}
	})
}

func ExampleParse() {
	b := exifJPEG(fuzzXMP)
	p, err := Parse(bytes.NewReader(b), int64(len(b)), "DJI_0001.JPG")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := p.Camera(Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	lon, lat, _, ok := c.Locate(32, 32)
	fmt.Printf("%d x %d, looking at %.4f %.4f %v\n", p.Width, p.Height, lon, lat, ok)
	// Output: 64 x 64, looking at 116.0000 36.5005 true
}
