package bus

import (
	"time"

	"upwind"
)

// News is the time that readings cover which came in lately, from the first that begins to the last that ends. It is zero
// where none came.
type News struct{ From, To time.Time }

// Any reports whether anything came.
func (n News) Any() bool { return n.From.Before(n.To) }

// with is the news with another span in it.
func (n News) with(from, to time.Time) News {
	if !n.Any() {
		return News{from, to}
	}
	if from.Before(n.From) {
		n.From = from
	}
	if to.After(n.To) {
		n.To = to
	}
	return n
}

// TakeNews returns what came in since it was last called, of files and of the stations' hours; at first, all that the view holds.
// It serves the one settler of a process.
func (v *View) TakeNews() (files, hours News) { return v.obs.takeNews(), v.hours.takeNews() }

func (t *obsTable) takeNews() News {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.news
	t.news = News{}
	return n
}

// FileSpan is the time that the readings cover which came in files.
func (v *View) FileSpan() News {
	first, last, ok := v.obs.span()
	if !ok {
		return News{}
	}
	return News{time.Unix(0, first).UTC(), time.Unix(0, last).UTC().Add(time.Nanosecond)}
}

func end(o *upwind.Observation) time.Time {
	return o.Start.Add(time.Duration(o.DurationS * float64(time.Second)))
}
