package hj212

import (
	"fmt"
	"time"

	"upwind"
)

const defaultMinute = 10 * time.Minute

// UnitOf is the unit in which a device sends a factor: the stated one, or the usual one.
func UnitOf(d *upwind.Device, f *Factor) string {
	if u, ok := UnitStated(d, f); ok {
		return u
	}
	return f.UsualUnit()
}

// UnitStated is the unit that is stated for a device and a factor, by species or by code.
func UnitStated(d *upwind.Device, f *Factor) (string, bool) {
	if u, ok := d.Units[f.Species]; ok && f.Species != "" {
		return u, true
	}
	u, ok := d.Units[f.Code]
	return u, ok
}

// settingOf is the version that a device is set to speak; false where it is believed.
func settingOf(d *upwind.Device) (Version, bool) {
	if d.Version == nil {
		return 0, false
	}
	return VersionOfYear(*d.Version)
}

// versionOf is what a device speaks: the setting, else what it says.
func versionOf(p *Packet, d *upwind.Device) Version {
	if v, ok := settingOf(d); ok {
		return v
	}
	return min(p.Version(), V2025)
}

// period is the length of what a command reports on.
func period(d *upwind.Device, cn int) time.Duration {
	switch cn {
	case CNMinute:
		if d.MinuteS > 0 {
			return time.Duration(d.MinuteS) * time.Second
		}
		return defaultMinute
	case CNHour:
		return time.Hour
	case CNDay, CNRunTime:
		return 24 * time.Hour
	}
	return 0
}

// timeOf reads YYYYMMDDhhmmss on a device's clock.
func timeOf(d *upwind.Device, s string) (time.Time, error) {
	if !digits(s, 14) {
		return time.Time{}, fmt.Errorf("%q is not 14 digits YYYYMMDDhhmmss", clip(s))
	}
	n := func(from, to int) int {
		v := 0
		for _, c := range []byte(s[from:to]) {
			v = 10*v + int(c-'0')
		}
		return v
	}
	zone := Beijing
	if d.UTC {
		zone = time.UTC
	}
	t := time.Date(n(0, 4), time.Month(n(4, 6)), n(6, 8), n(8, 10), n(10, 12), n(12, 14), 0, zone)
	if t.Year() != n(0, 4) || int(t.Month()) != n(4, 6) || t.Day() != n(6, 8) || t.Hour() != n(8, 10) || t.Minute() != n(10, 12) || t.Second() != n(12, 14) {
		return time.Time{}, fmt.Errorf("%q is no time of the calendar", s)
	}
	return t, nil
}
