package bus

import (
	"fmt"
	"strings"
)

// Names of the streams.
const (
	streamAssets      = "ASSETS"
	streamInspections = "INSPECTIONS"
	streamDetections  = "DETECTIONS"
	streamTraces      = "TRACES"
	streamObsMinute   = "OBS_MINUTE"
	streamObsHour     = "OBS_HOUR"
	streamJobs        = "JOBS"
	streamDead        = "DEAD"
	streamLedger      = "LEDGER"
	streamGrid        = "GRID"
	streamAudit       = "AUDIT"
	streamDevices     = "DEVICES"
)

// First tokens of the subjects. A log's subject is prefix.key, with the dots of the key kept.
const (
	prefixAssets      = "assets"
	prefixInspections = "inspections"
	prefixDetections  = "detections"
	prefixTraces      = "traces"
	prefixObsMinute   = "obs.minute"
	prefixObsHour     = "obs.hour"
	prefixJobs        = "jobs"   // jobs.<role>.<id>
	prefixDead        = "dead"   // dead.<role>.<id>
	prefixLedger      = "ledger" // ledger.<county at creation>.<candidate>
	prefixGrid        = "grid"   // grid.<county>.<town>.<cell>
	prefixAudit       = "audit"
	prefixDevices     = "devices" // devices.<number>.<ailment>.<factor>.<since>.<begins or ends>
)

// Buckets that every bus has.
const (
	BucketDone     = "done"     // finished job ids
	BucketAttempts = "attempts" // deaths of a job's children
	BucketGrids    = "grids"    // key current: the grid tree in force
	BucketSites    = "sites"    // key current: the site registry in force
	BucketOfficers = "officers"
	BucketStations = "stations" // key current: the registry of stations in force
	BucketDevices  = "devices"  // key: a listener; what it knows of its devices
	BucketAccounts = "accounts"
	BucketSessions = "sessions" // values end after sessionTTL
)

// KeyCurrent is the key of the document in force in the buckets grids and sites.
const KeyCurrent = "current"

func jobSubject(role, id string) string         { return prefixJobs + "." + token(role) + "." + token(id) }
func roleSubject(role string) string            { return prefixJobs + "." + token(role) + ".>" }
func deadSubject(role, id string) string        { return prefixDead + "." + token(role) + "." + token(id) }
func countySubject(county string) string        { return prefixLedger + "." + token(county) + ".>" }
func gridSubject(county, town, c string) string { return join(prefixGrid, county, town, c) }
func ledgerSubject(county, candidate string) string {
	return join(prefixLedger, county, candidate)
}

func join(prefix string, parts ...string) string {
	s := prefix
	for _, p := range parts {
		s += "." + token(p)
	}
	return s
}

// token makes any text one subject token that is also a legal KV key: bytes other than letters, digits,
// '-', '_' and '/' become =XX, and the empty text becomes a lone '='. [untoken] is its inverse.
func token(s string) string {
	if s == "" {
		return "="
	}
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '/':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

func untoken(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		var c byte
		if s[i] == '=' && i+2 < len(s) {
			if _, err := fmt.Sscanf(s[i+1:i+3], "%02X", &c); err == nil {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		if s[i] != '=' {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// keyTokens turns a key whose dots part tokens into the tail of a subject, and keyText turns it back.
func keyTokens(key string) string {
	parts := strings.Split(key, ".")
	for i, p := range parts {
		parts[i] = token(p)
	}
	return strings.Join(parts, ".")
}

func keyText(tail string) string {
	parts := strings.Split(tail, ".")
	for i, p := range parts {
		parts[i] = untoken(p)
	}
	return strings.Join(parts, ".")
}

// roleOf is the inverse of roleSubject.
func roleOf(subject string) string {
	return untoken(strings.TrimSuffix(strings.TrimPrefix(subject, prefixJobs+"."), ".>"))
}
