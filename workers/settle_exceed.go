package workers

import (
	"slices"
	"time"

	"upwind"
	"upwind/bus"
	"upwind/tracing"
)

const (
	// hoursJudgedAnew is how much of the stations' hours is judged after a start: what is older was judged before it.
	hoursJudgedAnew = 3 * 24 * time.Hour
	// laterHours of readings after the span that is judged: where a station has little past, they say what it usually shows.
	laterHours = 24 * time.Hour
)

// exceedances are the exceedances that no trace has explained. Only what came in since the last round is judged, beside the days
// before it; what was found and waits for wind is kept. Files are judged whole, because they come in several messages.
func (s *Settler) exceedances(traced []upwind.Trigger) []upwind.Trigger {
	files, hours := s.View.TakeNews()
	if files.Any() {
		s.judge(s.View.FileSpan())
	}
	if hours.Any() {
		if newest := hours.To.Add(-hoursJudgedAnew); hours.From.Before(newest) {
			hours.From = newest
		}
		s.judge(hours)
	}
	s.untraced = tracing.Pending(s.untraced, traced)
	return slices.DeleteFunc(slices.Clone(s.untraced), func(t upwind.Trigger) bool { return !s.hasWind(t) })
}

// judge finds the exceedances of a span anew.
func (s *Settler) judge(span bus.News) {
	opt := tracing.ExceedanceOptions{From: span.From, To: span.To, Kinds: map[string]upwind.StationKind{}}
	for _, st := range s.View.Stations() {
		opt.Kinds[st.ID] = st.Kind
	}
	s.untraced = slices.DeleteFunc(s.untraced, func(t upwind.Trigger) bool { return t.End.After(span.From) && t.Start.Before(span.To) })
	s.untraced = append(s.untraced, tracing.Exceedances(s.View.Observations("", span.From.Add(-opt.History()), span.To.Add(laterHours)), opt)...)
}
