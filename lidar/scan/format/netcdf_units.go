package format

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
)

// sinceUnits is how CF writes times: "days since 1970-01-01 00:00:00.000".
var sinceUnits = regexp.MustCompile(`^(millisecond|second|minute|hour|day)s? since (\d{4}-\d{1,2}-\d{1,2})(?:[T ](\d{1,2}:\d{2}(?::\d{2}(?:\.\d*)?)?))?\s*(?:Z|UTC|\+?00:?00|0:00)?$`)

var unitSeconds = map[string]float64{"millisecond": 1e-3, "second": 1, "minute": 60, "hour": 3600, "day": 86400}

// times reads a time variable by its units.
func (n *ncFile) times(variable string) ([]time.Time, error) {
	values, _, err := n.floats(variable, "time")
	if err != nil {
		return nil, err
	}
	units := n.attribute(variable, "units")
	m := sinceUnits.FindStringSubmatch(units)
	if m == nil {
		return nil, n.refuse(variable, "its units "+quoted(units)+" are no time since a date", doCopyAgain)
	}
	epoch, err := time.Parse("2006-1-2", m[2])
	if err != nil {
		return nil, n.refuse(variable, "its units "+quoted(units)+" have no date", doCopyAgain)
	}
	var h, min, sec float64
	_, _ = fmt.Sscanf(strings.ReplaceAll(m[3], ":", " "), "%g %g %g", &h, &min, &sec)
	out := make([]time.Time, len(values))
	for i, v := range values {
		s := v*unitSeconds[m[1]] + h*3600 + min*60 + sec
		if math.IsNaN(s) || math.Abs(s) > 3e11 {
			return nil, n.refuse(variable, fmt.Sprintf("value %d, %g, is no time", i, v), doCopyAgain)
		}
		days := math.Floor(s / 86400)
		out[i] = utc(epoch.AddDate(0, 0, int(days)), s-days*86400)
	}
	return out, nil
}

// unevenShare is how far a range may lie from an even spacing, in bins.
const unevenShare = 0.02

// evenly turns centres of bins into a first one and a spacing.
func (n *ncFile) evenly(variable string, centres []float64) (first, step float64, err error) {
	if len(centres) < 2 {
		return 0, 0, n.refuse(variable, "has fewer than 2 bins", doCopyAgain)
	}
	last := len(centres) - 1
	first, step = centres[0], (centres[last]-centres[0])/float64(last)
	for i, c := range centres {
		if !(step > 0) || !(math.Abs(c-first-float64(i)*step) <= unevenShare*step) {
			return 0, 0, n.refuse(variable, fmt.Sprintf("bin %d at %.6g m is out of an even spacing of %.6g m", i, c, step), "hand in the file with its native bins")
		}
	}
	return first, step, nil
}

// perMetre are the units of attenuated backscatter and their value in 1/(m sr).
var perMetre = regexp.MustCompile(`^(?:([0-9.eE+-]+)\*)?(?:1/\((m|km)sr\)|(m|km)-1sr-1|sr-1(m|km)-1|1/(m|km)/sr|1/(m|km)sr)$`)

// backscatterUnit is the factor that brings a unit to 1/(m sr); ok is false when it is no such unit.
func backscatterUnit(units string) (factor float64, ok bool) {
	s := strings.NewReplacer(" ", "", "^", "", "*sr", "sr", ".sr", "sr").Replace(units)
	m := perMetre.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	factor = 1
	if m[1] != "" {
		if factor, ok = number(m[1]); !ok {
			return 0, false
		}
	}
	for _, length := range m[2:] {
		if length == "km" {
			factor *= 1e-3
		}
	}
	return factor, true
}
