package tracing

import "upwind"

// PlumeTrigger makes the trigger of a detected plume; false when the detection is no plume or has no axis
// to look back along.
func PlumeTrigger(d upwind.Detection) (upwind.Trigger, bool) {
	a := d.Axis
	if d.Kind != upwind.SmokePlume || a == nil || d.ID == "" || !validLonLat(a.Lon, a.Lat) ||
		!finite(a.SigmaM, a.TowardDeg, a.SigmaDeg) {
		return upwind.Trigger{}, false
	}
	axis := *a
	axis.SigmaM, axis.SigmaDeg = max(axis.SigmaM, 0), max(axis.SigmaDeg, 0)
	return upwind.Trigger{
		ID: upwind.HashID("trigger", upwind.TriggerPlume, d.ID), Kind: upwind.TriggerPlume, DetectionID: d.ID,
		Start: d.ObservedAt, End: d.ObservedAt, Lon: axis.Lon, Lat: axis.Lat, SigmaM: axis.SigmaM, Axis: &axis,
	}, true
}
