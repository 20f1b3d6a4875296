package grid

import (
	"encoding/json"
	"fmt"
)

// version names one shape of an event's data.
type version struct {
	Type string
	V    int
}

// current is the version this program writes, by type. Raising one needs an upcaster from the version before and
// a golden event in testdata/events.
var current = map[string]int{
	TypeObserved:     1,
	TypeStrengthened: 1,
	TypeMerged:       1,
	TypeState:        1,
	TypeSetAside:     1,
}

// upcasters turn the data of a version into that of the next. The table is empty while every type is at
// version 1; a test walks it so that no step can be missing.
var upcasters = map[version]func(json.RawMessage) (json.RawMessage, error){}

// Upcast brings an event's data to the version this program works with. It returns [ErrNewerVersion] for a type or
// version it does not know.
func Upcast(ev Event) (Event, error) { return upcast(ev, current, upcasters) }

func upcast(ev Event, now map[string]int, steps map[version]func(json.RawMessage) (json.RawMessage, error)) (Event, error) {
	want, known := now[ev.Type]
	switch {
	case !known || ev.V > want:
		return ev, fmt.Errorf("%w: event %s has type %q version %d; upgrade this machine before it writes", ErrNewerVersion, ev.ID, ev.Type, ev.V)
	case ev.V < 1:
		return ev, fmt.Errorf("grid: event %s has type %q version %d, which never existed", ev.ID, ev.Type, ev.V)
	}
	for ev.V < want {
		step, ok := steps[version{ev.Type, ev.V}]
		if !ok {
			return ev, fmt.Errorf("grid: no upcaster for %q version %d", ev.Type, ev.V)
		}
		data, err := step(ev.Data)
		if err != nil {
			return ev, fmt.Errorf("grid: upcast event %s (%q version %d): %w", ev.ID, ev.Type, ev.V, err)
		}
		ev.Data, ev.V = data, ev.V+1
	}
	return ev, nil
}

// newEvent builds a draft: no Prev and Hash, which are filled when it is appended.
func newEvent(candidate, county, typ string, data any) Event {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("grid: %s of %s has no JSON form: %v", typ, candidate, err)) // only NaN could do this; inputs are checked
	}
	return Event{Candidate: candidate, County: county, Type: typ, V: current[typ], Actor: ActorProgram, Data: raw}
}
