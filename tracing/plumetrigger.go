package tracing

import (
	"math"

	"upwind"
	"upwind/tracing/plane"
)

// hotSpotSpreadDeg is the spread of an axis of which nothing is known: the wind alone turns it.
const hotSpotSpreadDeg = 180

// PlumeTrigger makes the trigger of a detected plume, seen by a camera or by a lidar; false when the detection is
// no plume, or has no axis to look back along. A lidar's hot spot without an axis is looked back from along the
// wind, from anywhere inside it.
func PlumeTrigger(d upwind.Detection) (upwind.Trigger, bool) {
	a := d.Axis
	if a == nil && d.Kind == upwind.LidarPlume && d.Geometry != nil && d.Geometry.Geometry() != nil {
		b := d.Geometry.Geometry().Bound()
		at, pl := b.Center(), plane.New(b.Center()[0], b.Center()[1])
		spread := pl.XY(b.Min[0], b.Min[1]).To(pl.XY(b.Max[0], b.Max[1])) / 4
		a = &upwind.PlumeAxis{Lon: at[0], Lat: at[1], SigmaM: math.Hypot(spread, d.PositionSigmaM), SigmaDeg: hotSpotSpreadDeg}
	}
	if d.Kind != upwind.SmokePlume && d.Kind != upwind.LidarPlume || a == nil || d.ID == "" || !validLonLat(a.Lon, a.Lat) ||
		!finite(a.SigmaM, a.TowardDeg, a.SigmaDeg) {
		return upwind.Trigger{}, false
	}
	axis := *a
	axis.SigmaM, axis.SigmaDeg = max(axis.SigmaM, 0), max(axis.SigmaDeg, 0)
	return upwind.Trigger{
		ID: upwind.HashID("trigger", upwind.TriggerPlume, d.ID), Kind: upwind.TriggerPlume, DetectionID: d.ID,
		Start: d.ObservedAt, End: d.ObservedAt, Lon: axis.Lon, Lat: axis.Lat, HeightM: max(0, d.Measures[upwind.HeightM].Value), SigmaM: axis.SigmaM, Axis: &axis,
	}, true
}
