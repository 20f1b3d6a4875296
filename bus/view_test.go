package bus

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

const testGrid = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"371500","level":"city","name":"city"},"geometry":{"type":"Polygon","coordinates":[[[116,36],[117,36],[117,37],[116,37],[116,36]]]}},
{"type":"Feature","properties":{"code":"371502","level":"county","parent":"371500","name":"county"},"geometry":{"type":"Polygon","coordinates":[[[116,36],[117,36],[117,37],[116,37],[116,36]]]}}]}`

func startView(t *testing.T, b *Bus) *View {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	v, err := NewView(ctx, b)
	require.NoError(t, err)
	require.NoError(t, v.WaitReady(testContext(t)))
	return v
}

func TestViewFoldsWhatIsStoredAndWhatComes(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	seed(t, ctx, b, 3)
	empty := startView(t, StartTest(t))
	require.True(t, empty.Ready())
	require.Empty(t, empty.Detections())
	require.Nil(t, empty.Grid())

	v := startView(t, b)
	require.Equal(t, 3, v.Book().Len())
	require.EqualValues(t, 6, v.LedgerSeq())
	changes, cancel := v.Subscribe()
	defer cancel()
	asset, err := upwind.NewAsset(upwind.AssetRaster, "a", []upwind.Member{{Role: upwind.RoleMain, Name: "a.tif", SHA256: fmt.Sprintf("%064x", 1)}}, upwind.AssetOptions{})
	require.NoError(t, err)
	_, err = b.Assets().Create(ctx, asset.ID, mustJSON(asset))
	require.NoError(t, err)
	_, err = b.Inspections().Create(ctx, asset.ID, mustJSON(upwind.Inspection{AssetID: asset.ID, Width: 5}))
	require.NoError(t, err)
	for _, id := range []string{"z", "a", "m"} {
		_, err = b.Detections().Create(ctx, "job-"+id, mustJSON(DetectionSet{Version: 1, JobID: "job-" + id, Detections: []upwind.Detection{detection(id)}}))
		require.NoError(t, err)
		_, err = b.Traces().Create(ctx, "job-t"+id, mustJSON(upwind.Trace{ID: "t" + id}))
		require.NoError(t, err)
	}
	require.NoError(t, b.SetGrid(ctx, "grid.geojson", []byte(testGrid)))
	require.NoError(t, b.SetSites(ctx, []upwind.Site{{ID: "s2"}, {ID: "s1"}}))
	require.NoError(t, v.CatchUp(ctx))

	require.Equal(t, []upwind.Asset{asset}, v.Assets())
	in, ok := v.Inspection(asset.ID)
	require.True(t, ok)
	require.Equal(t, 5, in.Width)
	ids := func() (s string) {
		for _, d := range v.Detections() {
			s += d.ID
		}
		for _, tr := range v.Traces() {
			s += tr.ID
		}
		for _, site := range v.Sites() {
			s += site.ID
		}
		return s
	}
	require.Equal(t, "amztatmtzs1s2", ids(), "in canonical order whatever the order of arrival")
	require.NotNil(t, v.Grid())
	require.Equal(t, "371502", v.Grid().Code(116.5, 36.5).County)
	require.Empty(t, v.Faults())
	seen := map[ChangeKind]int{}
	for range 10 {
		seen[(<-changes).Kind]++
	}
	require.Equal(t, map[ChangeKind]int{ChangeAsset: 1, ChangeInspection: 1, ChangeDetection: 3, ChangeTrace: 3, ChangeGrid: 1, ChangeSites: 1}, seen)
}

func TestViewPassesOverWhatItCannotRead(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	_, err := b.Detections().Create(ctx, "bad", []byte("not JSON"))
	require.NoError(t, err)
	bad := detection("nowhere")
	bad.Geometry = nil
	_, err = b.Detections().Create(ctx, "half", mustJSON(DetectionSet{Detections: []upwind.Detection{bad, detection("good")}}))
	require.NoError(t, err)
	v := startView(t, b)
	require.Len(t, v.Detections(), 1)
	require.Len(t, v.Faults(), 2)
}

func TestViewObservations(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	sigma := 0.5
	obs := func(station string, minute int, value float64) upwind.Observation {
		return upwind.Observation{StationID: station, Start: at.Add(time.Duration(minute) * time.Minute), DurationS: 60, Lon: 116, Lat: 36, HeightM: 3,
			Species: "PM10", Value: value, Unit: "ug/m3", Sigma: &sigma, End: &upwind.PathEnd{Lon: 117}}
	}
	wind := upwind.Wind{StationID: "w", Start: at, DurationS: 60, U: 1, V: 2}
	hour := obs("s1", 0, 40)
	hour.DurationS = 3600
	pm25 := obs("s1", 1, 9)
	pm25.Species = "PM2.5"
	for key, batch := range map[string]ObservationBatch{
		"1": {Observations: []upwind.Observation{obs("s2", 0, 1), obs("s1", 1, 2), obs("s1", 0, 3), pm25}, Wind: []upwind.Wind{wind}},
		"h": {Observations: []upwind.Observation{hour}},
	} {
		created, err := b.Observe(ctx, key, batch)
		require.NoError(t, err)
		require.True(t, created)
	}
	_, err := b.Observe(ctx, "2", ObservationBatch{Observations: []upwind.Observation{obs("s2", 0, 5)}}) // a correction
	require.NoError(t, err)
	v := startView(t, b)
	got := v.Observations("PM10", at, at.Add(time.Hour))
	require.Equal(t, []upwind.Observation{obs("s1", 0, 3), hour, obs("s2", 0, 5), obs("s1", 1, 2)}, got)
	require.Len(t, v.Observations("", at, at.Add(time.Hour)), 5)
	require.Len(t, v.Observations("", time.Time{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)), 5)
	require.Empty(t, v.Observations("PM10", at.Add(2*time.Minute), at.Add(time.Hour)))
	require.Equal(t, []upwind.Wind{wind}, v.Wind(at, at.Add(time.Second)))
	require.Empty(t, v.Wind(at.Add(time.Second), at.Add(time.Hour)))
	first, last, ok := v.ObservationSpan()
	require.True(t, ok)
	require.Equal(t, at, first)
	require.Equal(t, at.Add(time.Minute), last)
	has, err := b.HourlyObservations().Has(ctx, "h")
	require.NoError(t, err)
	require.True(t, has)
}

func TestObservationsLeaveTheWindowByArrival(t *testing.T) {
	t.Parallel()
	table := obsTable{window: fileWindow}
	all := func() (values []float64) {
		for _, o := range table.observations(time.Time{}, at.AddDate(1, 0, 0), func(*series) bool { return true }) {
			values = append(values, o.Value)
		}
		return values
	}
	batch := func(minute int, value float64) ObservationBatch {
		return ObservationBatch{Observations: []upwind.Observation{{StationID: "s", Start: at.Add(time.Duration(minute) * time.Minute), Value: value}}}
	}
	table.add(message{at: at.Add(time.Hour)}, batch(0, 1))
	table.add(message{at: at}, batch(0, 2)) // the other log, read later: it arrived before
	require.Equal(t, []float64{1}, all())
	table.add(message{at: at}, batch(-1, 4)) // out of order
	require.Equal(t, []float64{4, 1}, all())
	table.add(message{at: at.Add(fileWindow + time.Minute)}, batch(5, 3))
	require.Equal(t, []float64{1, 3}, all())
	require.Len(t, table.list, 1, "one station, one series")
}

func TestLiveReadingsAndTheirHours(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	now := time.Now().UTC().Truncate(time.Hour)
	obs := func(minute int, durationS, value float64) upwind.Observation {
		return upwind.Observation{StationID: "s1", Start: now.Add(time.Duration(minute) * time.Minute), DurationS: durationS, Species: "PM10", Value: value, Unit: "ug/m3"}
	}
	broken, stack, worst := obs(2, 60, 999), obs(0, 3600, 20), obs(0, 3600, 80)
	broken.Flag, stack.Medium, stack.Stat, worst.Stat = upwind.FlagFault, upwind.InStack, upwind.StatConverted, upwind.StatMax
	wind := upwind.Wind{StationID: "s1", Start: now, DurationS: 60, U: 1}
	_, err := b.ObserveLive(ctx, "hj212", "1", ObservationBatch{Uploads: []string{"u1"}, Observations: []upwind.Observation{obs(0, 60, 1), obs(1, 60, 2), broken}, Wind: []upwind.Wind{wind}})
	require.NoError(t, err)
	_, err = b.ObserveLive(ctx, "hj212", "2", ObservationBatch{Uploads: []string{"u2"}, Observations: []upwind.Observation{obs(0, 3600, 30)}})
	require.NoError(t, err)
	created, err := b.ObserveHours(ctx, now, 0, ObservationBatch{Observations: []upwind.Observation{obs(0, 3600, 31), stack, worst}})
	require.NoError(t, err)
	require.True(t, created)
	created, err = b.ObserveHours(ctx, now, 0, ObservationBatch{})
	require.NoError(t, err)
	require.False(t, created, "an hour is made once, and corrected under another number")
	_, err = b.ObserveHours(ctx, now, 1, ObservationBatch{Observations: []upwind.Observation{obs(0, 3600, 32)}})
	require.NoError(t, err)

	v := startView(t, b)
	end := now.Add(time.Hour)
	require.True(t, v.HasUpload("u1") && v.HasUpload("u2") && !v.HasUpload("u3"))
	require.Equal(t, []upwind.Observation{obs(0, 60, 1), obs(0, 3600, 30), obs(1, 60, 2)}, v.Live(now, end), "what is no measurement stays in the log")
	require.Equal(t, []upwind.Wind{wind}, v.LiveWind(now, end))
	require.Empty(t, v.Wind(now, end))
	require.Equal(t, []upwind.Observation{obs(0, 3600, 32)}, v.Observations("", now, end))
	require.Equal(t, []upwind.Observation{stack}, v.Readings(upwind.InStack, "", now, end))
}

func TestDevices(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	require.NoError(t, b.SetStations(ctx, []upwind.Station{{ID: "b"}, {ID: "a"}}))
	require.NoError(t, b.SetDevices(ctx, "one", at, []upwind.DeviceState{{MN: "7", Last: at, Frames: 1}, {MN: "5"}}))
	require.NoError(t, b.SetDevices(ctx, "two", at.Add(time.Minute), []upwind.DeviceState{{MN: "7", Last: at.Add(time.Second), Frames: 2}}))
	ev := DeviceEvent{MN: "7.1", At: at, Finding: upwind.DeviceFinding{Ailment: "frozen", Since: at}}
	require.NoError(t, b.PutDeviceEvent(ctx, ev))
	require.NoError(t, b.PutDeviceEvent(ctx, ev), "once")
	ev.Ends = true
	require.NoError(t, b.PutDeviceEvent(ctx, ev))
	n := 0
	require.NoError(t, b.DeviceEvents().Each(ctx, func(Entry) error { n++; return nil }))
	require.Equal(t, 2, n)
	v := startView(t, b)
	require.Equal(t, "a", v.Stations()[0].ID)
	devices, when := v.Devices()
	require.Equal(t, at.Add(time.Minute), when)
	require.Equal(t, []upwind.DeviceState{{MN: "5"}, {MN: "7", Last: at.Add(time.Second), Frames: 2}}, devices)
}

func TestSlowSubscriberSeesTheGapAndHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	var v View
	changes, cancel := v.Subscribe()
	for range changeBuffer + 10 {
		v.hub.send(ChangeAsset, "x")
	}
	for range changeBuffer {
		<-changes
	}
	v.hub.send(ChangeAsset, "y")
	c := <-changes
	require.EqualValues(t, changeBuffer+11, c.Number, "the ten before were dropped, and the number tells")
	require.Equal(t, c.Number, v.ChangeNumber())
	cancel()
	cancel()
	_, open := <-changes
	require.False(t, open)
}

func TestViewIsRaceFree(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	v := startView(t, b)
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					_, _, _ = v.Detections(), v.Observations("", time.Time{}, at.Add(time.Hour)), v.Book().All()
				}
			}
		})
	}
	for i := range 20 {
		id := fmt.Sprint(i)
		_, err := b.Detections().Create(ctx, id, mustJSON(DetectionSet{Detections: []upwind.Detection{detection(id)}}))
		require.NoError(t, err)
		_, err = b.Observe(ctx, id, ObservationBatch{Observations: []upwind.Observation{{StationID: id, Start: at, DurationS: 60}}})
		require.NoError(t, err)
		_, err = b.Ledger().Append(ctx, observed(t, "c"+id, "1"), ExpectNew())
		require.NoError(t, err)
	}
	require.NoError(t, v.CatchUp(ctx))
	require.Len(t, v.Detections(), 20)
	require.Len(t, v.Observations("", at, at.Add(time.Second)), 20)
	require.Equal(t, 20, v.Book().Len())
	close(done)
	wg.Wait()
}
