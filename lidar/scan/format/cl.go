package format

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"upwind"
	"upwind/lidar/scan"
)

// A CL31 or CL51 message (Vaisala Ceilometer CL31 User's Guide M210482EN, CL51 User's Guide M210801EN):
//
//	SOH CL unit(1) software(3) message(1) subclass(1) STX
//	status and cloud bases      status word in hexadecimals
//	sky condition               only in message 2
//	scale% resolution length energy% laser-C window% tilt background pulses sum
//	profile: length numbers of 5 hexadecimals, 20-bit two's complement
//	ETX checksum EOT
//
// The profile is range corrected, in 1e-8 /(m sr). Loggers drop the control characters, put times in
// front, and some trim the lines: the checksum is taken over the message as it was sent.
const (
	clWavelengthNM = 910
	clDigits       = 5
	clUnit         = 1e-8 // (100 000 km sr)^-1 in 1/(m sr)
	clMetres       = 0x80 // of the status word's last four digits: heights in metres
	maxCLBins      = 4096
	clSky31        = 35 // characters of a CL31's sky line, and of a CL51's with its extra digits
	clSky51        = 40
	footM          = 0.3048
	clShotFactor   = 1024 // pulses are stated in units of 1024
)

// clStart finds messages; clClock the times that loggers put before them.
var (
	clStart = regexp.MustCompile(`CL[0-9A-Z]\d{3}[12]\d\x02?\r?\n`)
	clClock = regexp.MustCompile(`\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}`)
)

func sniffCL(head []byte, _ string) bool {
	at := clStart.FindIndex(head)
	return at != nil && at[0] < 512
}

// clMessage is one message.
type clMessage struct {
	start      time.Time
	binM       float64
	tiltDeg    float64
	scale      int
	pulses     int
	alarm      string
	values     []float64
	unverified bool // no checksum
}

// parseCL reads a file of messages. A damaged message is left out and said; the others stand alone.
func parseCL(ctx context.Context, f File, opt Options) (*scan.Scan, error) {
	b, err := load(f)
	if err != nil {
		return nil, err
	}
	s := &scan.Scan{}
	var faults []*upwind.Refusal
	all := clStart.FindAllIndex(b, -1)
	timed, untimed, unverified := 0, []string{}, 0
	for i, at := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		end, before := len(b), 0
		if i+1 < len(all) {
			end = all[i+1][0]
		}
		if i > 0 {
			before = all[i-1][1]
		}
		line := 1 + bytes.Count(b[:at[0]], []byte("\n"))
		m, fault := parseCLMessage(b[at[0]:end], f.Name, line)
		if fault != nil {
			faults = append(faults, fault)
			continue
		}
		if stamp := lastClock(b[before:at[0]]); stamp != "" {
			m.start, err = time.Parse("2006-01-02 15:04:05", strings.Replace(stamp, "T", " ", 1))
			if err != nil {
				faults = append(faults, upwind.Refuse(f.Name, fmt.Sprintf("line %d", line), quoted(stamp)+" is not a time", doCopyAgain))
				continue
			}
			timed++
		}
		if why := m.add(s, b[at[0]:], fmt.Sprintf("%s, line %d", f.Name, line)); why != "" {
			faults = append(faults, upwind.Refuse(f.Name, fmt.Sprintf("line %d", line), why, "cut the file where the settings were changed"))
			continue
		}
		if m.unverified {
			unverified++
		}
		if m.start.IsZero() {
			untimed = append(untimed, fmt.Sprintf("%d", line))
		}
	}
	if timed > 0 && len(untimed) > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: no time before the message on line %s, and others have one; left out", f.Name, some(untimed)))
		s.Rays = withTime(s.Rays)
	}
	if unverified > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: %s without a checksum", f.Name, plural(unverified, "message")))
	}
	for _, fault := range faults {
		s.Notes = append(s.Notes, fault.Error()+"; message left out")
	}
	if len(s.Rays) == 0 {
		if len(faults) > 0 {
			return nil, faults[0]
		}
		return nil, upwind.Refuse(f.Name, "", "it holds no message", doCopyAgain)
	}
	return s, nil
}

func withTime(rays []scan.Ray) (out []scan.Ray) {
	for _, r := range rays {
		if !r.Start.IsZero() {
			out = append(out, r)
		}
	}
	return out
}

// lastClock is the time nearest before a message, in the text after the message before it.
func lastClock(b []byte) string {
	all := clClock.FindAll(b, -1)
	if len(all) == 0 {
		return ""
	}
	return string(all[len(all)-1])
}

// add puts a message into a scan; why says what does not agree with the messages before it.
func (m *clMessage) add(s *scan.Scan, head []byte, file string) (why string) {
	c := scan.Channel{ID: "backscatter", WavelengthNM: clWavelengthNM, Mode: scan.Derived, Unit: scan.UnitBeta,
		BinM: m.binM, FirstM: m.binM / 2, Bins: len(m.values), RangeCorrected: true, BackgroundRemoved: true}
	if s.Channels == nil {
		s.Channels = []scan.Channel{c}
		s.Instrument = fmt.Sprintf("Vaisala CL unit %c, software %s", head[2], head[3:6])
	}
	if s.Channels[0] != c {
		return fmt.Sprintf("%d bins of %g m; the messages before have %d of %g m", c.Bins, c.BinM, s.Channels[0].Bins, s.Channels[0].BinM)
	}
	if m.scale != 100 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: the instrument was set to scale its profile by %d %%; it is left so", file, m.scale))
	}
	if m.alarm != "" {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: the instrument reports an alarm (%s)", file, m.alarm))
	}
	s.Rays = append(s.Rays, scan.Ray{Start: m.start, Stop: m.start, ElevationDeg: 90 - math.Abs(m.tiltDeg), Values: [][]float64{m.values}, Shots: []int{m.pulses}, File: file})
	return ""
}
