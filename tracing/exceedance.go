package tracing

import (
	"cmp"
	"slices"

	"upwind"
)

// Report is what [Detect] makes of a set of readings.
type Report struct {
	Triggers []upwind.Trigger // for traces, by time, species and id
	Faults   int              // readings set aside because the device cannot be believed
}

// Exceedances finds the events in a set of readings that want a trace: the triggers of [Detect].
func Exceedances(obs []upwind.Observation, opt ExceedanceOptions) []upwind.Trigger {
	return Detect(obs, opt).Triggers
}

// Detect finds the events in a set of readings: station-times whose excess over their background is out of all proportion, or
// over a limit that the neighbours keep, grouped where they are close in time and place. The background is what the station
// itself usually shows plus what its neighbours show at that time, so regional haze is no event. Path means are left out, because
// a path has no single place to look back from. The result does not depend on the order of obs.
//
// Means of half an hour or more are a live network and are judged by exceedance_hours.go: logarithms, the
// daily course, damp air, faults of devices, quiet hours; shorter ones are a close network about a source (background.go).
func Detect(obs []upwind.Observation, opt ExceedanceOptions) Report {
	opt = opt.withDefaults()
	var rep Report
	var all []event
	for _, n := range networks(obs) {
		if n.long {
			all = append(all, n.judgeHours(opt, &rep)...)
		} else {
			n.background()
			all = append(all, n.events(opt)...)
		}
	}
	all = slices.DeleteFunc(all, func(e event) bool {
		return !opt.From.IsZero() && !e.End.After(opt.From) || !opt.To.IsZero() && !e.Start.Before(opt.To)
	})
	all = oneSpecies(all)
	all = strongestOfDays(all, opt.MaxPerDay)
	slices.SortFunc(all, func(a, b event) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Species, b.Species), cmp.Compare(a.ID, b.ID))
	})
	for _, e := range all {
		rep.Triggers = append(rep.Triggers, e.Trigger)
	}
	return rep
}

// event is a trigger with how far it stands out.
type event struct {
	upwind.Trigger
	z float64 // of its strongest reading
}

// strongestOfDays keeps the strongest events of each species and UTC day, a backstop against storms of traces.
func strongestOfDays(all []event, most int) []event {
	if most < 0 {
		return all
	}
	slices.SortFunc(all, func(a, b event) int { return cmp.Or(cmp.Compare(b.z, a.z), cmp.Compare(a.ID, b.ID)) })
	type bin struct {
		species string
		day     int64
	}
	n := map[bin]int{}
	kept := all[:0]
	for _, e := range all {
		k := bin{e.Species, e.Start.Unix() / 86400}
		if n[k]++; n[k] <= most {
			kept = append(kept, e)
		}
	}
	return kept
}

// oneSpecies drops events that another species shows better: half of their station-times belong to a stronger event.
func oneSpecies(all []event) []event {
	slices.SortFunc(all, func(a, b event) int { return cmp.Or(cmp.Compare(b.z, a.z), cmp.Compare(a.ID, b.ID)) })
	type key struct {
		station string
		start   int64
	}
	owner := map[key]string{}
	kept := all[:0]
	for _, e := range all {
		shared := 0
		for _, r := range e.Receptors {
			if o := owner[key{r.StationID, r.Start.UnixNano()}]; o != "" && o != e.Species {
				shared++
			}
		}
		if float64(shared) >= sharedPart*float64(len(e.Receptors)) {
			continue
		}
		for _, r := range e.Receptors {
			owner[key{r.StationID, r.Start.UnixNano()}] = e.Species
		}
		kept = append(kept, e)
	}
	return kept
}
