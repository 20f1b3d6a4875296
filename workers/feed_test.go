package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/bus"
	"upwind/ingest/hj212"
)

// network is a bus with a registry, a listener and a settler, all in this process.
type network struct {
	bus     *bus.Bus
	view    *bus.View
	feed    *Feed
	doctor  *hj212.Doctor
	settler *Settler
	addr    string
}

const airMN, stackMN, riverMN = "010000A8900016F000169DC0", "88888880000001", "88888880000002"

func startNetwork(t *testing.T) *network {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b := bus.StartTest(t)
	t.Cleanup(cancel)
	require.NoError(t, b.SetStations(ctx, []upwind.Station{
		{ID: "air", Name: "Square", Kind: upwind.StationStandard, Lon: 115.98, Lat: 36.45, HeightM: 10, Device: &upwind.Device{MN: airMN, MinuteS: 60}},
		{ID: "stack", Name: "Kiln 1", Kind: upwind.StationStack, Lon: 116.01, Lat: 36.46, HeightM: 60, Device: &upwind.Device{MN: stackMN}, Limits: map[string]float64{"SO2": 35}},
		{ID: "river", Name: "Bridge", Kind: upwind.StationRiver, Lon: 116.02, Lat: 36.47, Device: &upwind.Device{MN: riverMN}, WaterClass: 3},
	}))
	n := &network{bus: b, doctor: hj212.NewDoctor()}
	var err error
	n.view, err = bus.NewView(ctx, b)
	require.NoError(t, err)
	require.NoError(t, n.view.WaitReady(ctx))
	n.feed = &Feed{Name: "hj212", Bus: b, View: n.view}
	n.settler = &Settler{Bus: b, View: n.view, Log: slog.New(slog.DiscardHandler)}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	n.addr = ln.Addr().String()
	done := make(chan struct{})
	server := &hj212.Server{Lookup: n.feed.Device, Publish: n.feed.Publish, Doctor: n.doctor}
	go func() {
		defer close(done)
		_ = server.Serve(ctx, ln)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return n
}

// send uploads one packet and waits for its answer.
func (n *network) send(t *testing.T, mn, st string, cn int, at time.Time, fields ...hj212.Field) {
	t.Helper()
	c := &hj212.Client{Addr: n.addr}
	defer c.Close()
	cp := []hj212.Field{{Name: "DataTime", Value: hj212.Stamp(at)}}
	for i := range fields {
		fields[i].Item = 1 + i
	}
	p := hj212.Packet{QN: hj212.NewQN(time.Now()), ST: st, CN: cn, PW: "123456", MN: mn, Flag: 5, CP: append(cp, fields...)}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	require.NoError(t, c.Send(ctx, p))
}

func value(code, sub string, v float64) hj212.Field {
	return hj212.Field{Name: code, Sub: sub, Value: fmt.Sprint(v)}
}

func (n *network) stored(t *testing.T) (batches, readings int) {
	t.Helper()
	for _, log := range []*bus.Log{n.bus.Observations(), n.bus.HourlyObservations()} {
		require.NoError(t, log.Each(context.Background(), func(e bus.Entry) error {
			if batch, ok := liveBatch(t, e); ok {
				batches, readings = batches+1, readings+len(batch.Observations)
			}
			return nil
		}))
	}
	return batches, readings
}

func TestFeedStoresAPacketOnce(t *testing.T) {
	t.Parallel()
	n, ctx := startNetwork(t), context.Background()
	at := time.Now().Truncate(time.Minute).Add(-2 * time.Minute)
	packet := []hj212.Field{value("a34004", "Avg", 25), value("a01007", "Avg", 2), value("a01008", "Avg", 270)}
	n.send(t, airMN, "22", hj212.CNMinute, at, packet...)
	n.send(t, airMN, "22", hj212.CNMinute, at, packet...) // the answer was lost, say
	_, readings := n.stored(t)
	require.Equal(t, 3, readings)

	// The program is started anew: what is stored is known from the logs.
	require.Eventually(t, func() bool { return len(n.view.Live(at, at.Add(time.Minute))) == 3 }, 10*time.Second, 10*time.Millisecond)
	n.feed.stored = nil
	n.send(t, airMN, "22", hj212.CNMinute, at, packet...)
	_, readings = n.stored(t)
	require.Equal(t, 3, readings)
	wind := n.view.LiveWind(at, at.Add(time.Minute))
	require.Len(t, wind, 1)
	require.InDelta(t, 2, wind[0].U, 1e-9, "from the west is towards the east")

	// A device that nobody registered stores nothing.
	c := &hj212.Client{Addr: n.addr, OverTime: 200 * time.Millisecond, ReCount: 1}
	defer c.Close()
	stranger := hj212.Packet{QN: hj212.NewQN(at), ST: "22", CN: hj212.CNMinute, PW: "123456", MN: "0000000000", Flag: 5,
		CP: append([]hj212.Field{{Name: "DataTime", Value: hj212.Stamp(at)}}, packet...)}
	require.Error(t, c.Send(ctx, stranger))
	_, readings = n.stored(t)
	require.Equal(t, 3, readings)
}

func TestHoursFollowFromWhatDevicesSend(t *testing.T) {
	t.Parallel()
	n, ctx := startNetwork(t), context.Background()
	hour := time.Now().UTC().Add(-hourGrace).Truncate(hourLen).Add(-hourLen)
	for m := range 60 {
		n.send(t, airMN, "22", hj212.CNMinute, hour.Add(time.Duration(m)*time.Minute), value("a34002", "Avg", float64(40+m)), value("a01007", "Avg", 2), value("a01008", "Avg", 270))
	}
	n.send(t, airMN, "22", hj212.CNHour, hour.Add(-30*hourLen), value("a34002", "Avg", 33)) // after an outage
	live := func(count int) func() bool {
		return func() bool { return len(n.view.Live(time.Time{}, farFuture)) == count }
	}
	require.Eventually(t, live(181), 10*time.Second, 10*time.Millisecond)
	made, err := n.settler.makeHours(ctx)
	require.NoError(t, err)
	require.Positive(t, made)
	require.NoError(t, n.view.CatchUp(ctx))
	got := n.view.Observations("PM10", hour, hour.Add(hourLen))
	require.Len(t, got, 1)
	require.InDelta(t, 69.5, got[0].Value, 1e-9)
	require.Len(t, n.view.Observations("PM10", hour.Add(-30*hourLen), hour), 1)
	require.Len(t, n.view.Wind(hour, hour.Add(hourLen)), 1)

	// Made again, after a start as well, nothing is stored twice; a value that comes later corrects the hour.
	n.settler.hoursMade = time.Time{}
	made, err = n.settler.makeHours(ctx)
	require.NoError(t, err)
	require.Zero(t, made)
	n.send(t, airMN, "22", hj212.CNHour, hour, value("a34002", "Avg", 70))
	require.Eventually(t, live(182), 10*time.Second, 10*time.Millisecond)
	n.settler.hoursMade = time.Time{}
	_, err = n.settler.makeHours(ctx)
	require.NoError(t, err)
	require.NoError(t, n.view.CatchUp(ctx))
	require.InDelta(t, 70, n.view.Observations("PM10", hour, hour.Add(hourLen))[0].Value, 1e-9)
}

func TestLimitsBecomeTargets(t *testing.T) {
	t.Parallel()
	n, ctx := startNetwork(t), context.Background()
	hour := time.Now().UTC().Add(-hourGrace).Truncate(hourLen).Add(-6 * hourLen)
	n.send(t, stackMN, "31", hj212.CNHour, hour, value("a21026", "Avg", 30), value("a21026", "ZsAvg", 70))
	n.send(t, stackMN, "31", hj212.CNHour, hour.Add(hourLen), value("a21026", "Avg", 10), value("a21026", "ZsAvg", 20))
	for h := range 5 {
		n.send(t, riverMN, "21", hj212.CNHour, hour.Add(time.Duration(h)*hourLen), value("w21003", "Avg", 1.8), value("w01009", "Avg", 6))
	}
	require.Eventually(t, func() bool { return len(n.view.Live(time.Time{}, farFuture)) == 14 }, 10*time.Second, 10*time.Millisecond)
	_, err := n.settler.makeHours(ctx)
	require.NoError(t, err)
	require.NoError(t, n.view.CatchUp(ctx))
	found, err := n.settler.watchLimits(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, found)
	require.NoError(t, n.view.CatchUp(ctx))
	_, err = n.settler.mergeDetections(ctx)
	require.NoError(t, err)
	require.NoError(t, n.view.CatchUp(ctx))
	require.Equal(t, 2, n.view.Book().Len())
	byKind := map[upwind.CandidateKind]upwind.Candidate{}
	for _, c := range n.view.Book().All() {
		byKind[c.Kind] = c
	}
	require.InDelta(t, 2, byKind[upwind.TargetEmission].Measures[upwind.OverLimit].Value, 1e-9, "at the reference oxygen")
	require.InDelta(t, 0.99, byKind[upwind.TargetEmission].Probability, 1e-6)
	require.InDelta(t, 1.8, byKind[upwind.TargetWater].Measures[upwind.OverLimit].Value, 1e-9)
	require.Contains(t, byKind[upwind.TargetWater].Evidence[0].Reason, "NH3-N 1.8 mg/L against a limit of 1")
	found, err = n.settler.watchLimits(ctx)
	require.NoError(t, err)
	require.Zero(t, found, "once")

	// A plume over the stack in the hour in which its monitor says normal.
	plume := upwind.Detection{ID: "plume", Kind: upwind.SmokePlume, Class: "heavy", Geometry: byKind[upwind.TargetEmission].Geometry, Probability: 0.8,
		ObservedAt: hour.Add(90 * time.Minute), Axis: &upwind.PlumeAxis{Lon: 116.0101, Lat: 36.46, SigmaM: 20}}
	require.NoError(t, createDoc(ctx, n.bus.Detections(), "job", bus.DetectionSet{JobID: "job", Detections: []upwind.Detection{plume}}))
	require.NoError(t, n.view.CatchUp(ctx))
	found, err = n.settler.watchLimits(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, found)
}

func TestALongExceedanceIsKnownByItsBegin(t *testing.T) {
	t.Parallel()
	n, ctx := startNetwork(t), context.Background()
	const every, days = 4 * hourLen, 6
	begin := time.Now().UTC().Add(-hourGrace).Truncate(hourLen).Add(-days * 24 * hourLen)
	count := 0
	for at := begin; at.Before(begin.Add(days * 24 * hourLen)); at = at.Add(every) {
		n.send(t, riverMN, "21", hj212.CNHour, at, value("w21003", "Avg", 1.8))
		count++
	}
	require.Eventually(t, func() bool { return len(n.view.Live(time.Time{}, farFuture)) == count }, 10*time.Second, 10*time.Millisecond)
	_, err := n.settler.makeHours(ctx)
	require.NoError(t, err)
	require.NoError(t, n.view.CatchUp(ctx))
	found, err := n.settler.watchLimits(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, found)
	require.NoError(t, n.view.CatchUp(ctx))
	d := n.view.Detections()
	require.Len(t, d, 1)
	require.Equal(t, []string{upwind.HashID("exceedance", n.view.Readings(upwind.InWater, "", begin, farFuture)[0].StationID, "NH3-N", begin)}, d[0].Provenance.Inputs)
}

func TestDeviceWatchTellsBeginAndEnd(t *testing.T) {
	t.Parallel()
	n, ctx := startNetwork(t), context.Background()
	w := &DeviceWatch{Listener: "here", Doctor: n.doctor, Feed: n.feed, Log: slog.New(slog.DiscardHandler)}
	now := time.Now()
	w.begin(now.Add(-2 * neverAfter))
	require.NoError(t, w.publish(ctx, now))
	events := func() (begins, ends int) {
		require.NoError(t, n.bus.DeviceEvents().Each(ctx, func(e bus.Entry) error {
			if ev := deviceEvent(t, e); ev.Ends {
				ends++
			} else {
				begins++
			}
			return nil
		}))
		return begins, ends
	}
	begins, ends := events()
	require.Equal(t, [2]int{3, 0}, [2]int{begins, ends}, "nothing ever came from any of the three")
	n.send(t, airMN, "22", hj212.CNMinute, now.Add(-time.Minute), value("a34004", "Avg", 25))
	require.NoError(t, w.publish(ctx, now.Add(time.Minute)))
	require.NoError(t, w.publish(ctx, now.Add(2*time.Minute)))
	begins, ends = events()
	require.Equal(t, [2]int{3, 1}, [2]int{begins, ends})
	require.Eventually(t, func() bool {
		states, _ := n.view.Devices()
		return len(states) == 3 && states[0].MN == airMN && states[0].Frames == 1 && len(states[0].Findings) == 0 && len(states[1].Findings) == 1
	}, 10*time.Second, 10*time.Millisecond)

	// A new run of the program goes on where the last one was.
	again := &DeviceWatch{Listener: "here", Doctor: hj212.NewDoctor(), Feed: n.feed, Log: slog.New(slog.DiscardHandler)}
	again.begin(now.Add(3 * time.Minute))
	require.NoError(t, again.publish(ctx, now.Add(4*time.Minute)))
	begins, ends = events()
	require.Equal(t, [2]int{3, 1}, [2]int{begins, ends}, "the silence goes on and is no news")
	require.NoError(t, again.publish(ctx, now.Add(3*time.Hour)))
	begins, _ = events()
	require.Equal(t, 4, begins, "the third one, heard before, fell silent")
}

func liveBatch(t *testing.T, e bus.Entry) (batch bus.ObservationBatch, ok bool) {
	t.Helper()
	require.NoError(t, json.Unmarshal(e.Body, &batch))
	return batch, strings.HasPrefix(e.Key, "live.")
}

func deviceEvent(t *testing.T, e bus.Entry) (ev bus.DeviceEvent) {
	t.Helper()
	require.NoError(t, json.Unmarshal(e.Body, &ev))
	return ev
}
