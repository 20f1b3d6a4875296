package hj212

import "fmt"

// Version of the standard that a device speaks.
type Version uint8

const (
	V2005 Version = iota
	V2017
	V2025
)

func (v Version) String() string {
	if int(v) < 3 {
		return [...]string{"HJ/T 212-2005", "HJ 212-2017", "HJ 212-2025"}[v]
	}
	return fmt.Sprintf("version %d", uint8(v))
}

// VersionOfYear is the version that a year names: 2005, 2017 or 2025; false for another.
func VersionOfYear(year int) (Version, bool) {
	switch year {
	case 2005:
		return V2005, true
	case 2017:
		return V2017, true
	case 2025:
		return V2025, true
	}
	return 0, false
}
