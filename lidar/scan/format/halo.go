package format

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"upwind"
	"upwind/lidar/scan"
)

// haloWavelengthNM is that of HALO Photonics Stream Line lidars (Pearson et al. 2009).
const haloWavelengthNM = 1565

// Bounds on what an .hpl header may promise, and on its length.
const (
	maxHaloGates  = 1 << 16
	maxHaloHeader = 40 // lines
)

// haloHeader is the text up to the line of asterisks.
type haloHeader struct {
	system, kind string
	gates        int
	gateM        float64 // length of a gate
	gatePoints   int     // digitiser samples in a gate
	pulses       int
	start        time.Time
	stepM        float64 // from gate to gate: less than gateM where gates overlap
	width        bool    // a spectral width follows beta
}

func sniffHalo(head []byte, name string) bool {
	if strings.EqualFold(filepath.Ext(name), ".hpl") {
		return true
	}
	return bytes.HasPrefix(head, []byte("Filename:")) && bytes.Contains(head, []byte("Range gate length"))
}

// sniffHaloBackground: numbers of about 1e5 to 1e8, six decimals, alone on their lines or run together.
func sniffHaloBackground(head []byte, name string) bool {
	return strings.HasPrefix(strings.ToLower(name), "background") && haloNumbers.Match(head)
}

var haloNumbers = regexp.MustCompile(`^\s*\d{4,9}[.,]\d{6}\s*\d{4,9}[.,]\d{6}`)

// parseHalo reads an .hpl file: intensity (SNR + 1), attenuated backscatter and radial velocity.
func parseHalo(ctx context.Context, f File, _ Options) (*scan.Scan, error) {
	b, err := load(f)
	if err != nil {
		return nil, err
	}
	l := &lines{name: f.Name, rest: b}
	h, err := parseHaloHeader(l)
	if err != nil {
		return nil, err
	}
	s := h.scan()
	clock := haloClock{day: h.start.Truncate(24 * time.Hour), last: float64(h.start.Hour()) + float64(h.start.Minute())/60}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		line, ok := l.next()
		if !ok {
			break
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		r, err := h.ray(l, line, &clock)
		if err != nil {
			return s, err
		}
		r.File = f.Name
		s.Rays = append(s.Rays, r)
	}
	if len(s.Rays) == 0 {
		return nil, upwind.Refuse(f.Name, fmt.Sprintf("line %d", l.n), "the header is followed by no rays", doCopyAgain)
	}
	return s, nil
}

func parseHaloHeader(l *lines) (*haloHeader, error) {
	h := &haloHeader{}
	for {
		line, ok := l.next()
		if !ok || l.n > maxHaloHeader {
			return nil, l.refuse(0, "the header does not end in a line of asterisks", doCopyAgain)
		}
		text := strings.TrimSpace(string(line[:min(len(line), 256)]))
		if strings.HasPrefix(text, "****") {
			break
		}
		if err := h.line(l, text); err != nil {
			return nil, err
		}
	}
	switch {
	case h.gates == 0:
		return nil, l.refuse(0, "the header does not state the number of gates", doCopyAgain)
	case h.gateM == 0:
		return nil, l.refuse(0, "the header does not state the range gate length", doCopyAgain)
	case h.start.IsZero():
		return nil, l.refuse(0, "the header does not state the start time", doCopyAgain)
	}
	if h.stepM == 0 {
		h.stepM = h.gateM
		if strings.Contains(strings.ToLower(h.kind), "overlapping") {
			// Gates move on by one sample; the header's own formula then holds only for gates side by side.
			if h.gatePoints == 0 {
				return nil, l.refuse(0, "the gates overlap, but the header does not state their points", doCopyAgain)
			}
			h.stepM = h.gateM / float64(h.gatePoints)
		}
	}
	return h, nil
}

// overlapFormula is how newer software states overlapping gates.
var overlapFormula = regexp.MustCompile(`Gate length */ *2 *\+ *\(range gate x ([0-9.,]+)\)`)

// line reads one line of the header; a decimal comma is as good as a point.
func (h *haloHeader) line(l *lines, text string) error {
	if m := overlapFormula.FindStringSubmatch(text); m != nil {
		v, ok := number(strings.Replace(m[1], ",", ".", 1))
		if !ok || v <= 0 {
			return l.refuse(0, quoted(m[1])+" is no step between gates", doCopyAgain)
		}
		h.stepM = v
		return nil
	}
	if strings.HasPrefix(text, "Data line 2") {
		h.width = strings.Contains(text, "Spectral Width")
		return nil
	}
	key, value, ok := strings.Cut(text, ":")
	if !ok {
		return nil
	}
	value = strings.TrimSpace(value)
	switch strings.ToLower(strings.TrimSpace(key)) {
	case "system id":
		h.system = value
	case "scan type":
		h.kind = value
	case "number of gates":
		h.gates, ok = whole(value, 1, maxHaloGates)
	case "gate length (pts)":
		h.gatePoints, ok = whole(value, 1, 1<<20)
	case "pulses/ray":
		h.pulses, ok = whole(value, 0, math.MaxInt32)
	case "range gate length (m)":
		h.gateM, ok = number(strings.Replace(value, ",", ".", 1))
		ok = ok && h.gateM > 0
	case "start time":
		var err error
		h.start, err = time.Parse("20060102 15:04:05.999", strings.Replace(value, ",", ".", 1))
		ok = err == nil
	}
	if !ok {
		return l.refuse(0, quoted(text)+" cannot be understood", doCopyAgain)
	}
	return nil
}

// scan is the empty scan a header describes.
func (h *haloHeader) scan() *scan.Scan {
	base := scan.Channel{WavelengthNM: haloWavelengthNM, Mode: scan.Derived, BinM: h.stepM, FirstM: h.gateM / 2, Bins: h.gates}
	intensity, beta, doppler := base, base, base
	intensity.ID, intensity.Unit = "intensity", scan.UnitSNR
	beta.ID, beta.Unit, beta.RangeCorrected, beta.BackgroundRemoved = "beta", scan.UnitBeta, true, true
	doppler.ID, doppler.Unit = "doppler", scan.UnitMS
	s := &scan.Scan{Instrument: "HALO Photonics Stream Line " + h.system, Channels: []scan.Channel{beta, intensity, doppler}}
	if h.stepM < h.gateM {
		s.Notes = append(s.Notes, fmt.Sprintf("gates of %g m overlap: one every %g m, so neighbours are not independent", h.gateM, h.stepM))
	}
	return s
}

// haloClock turns hours of the day into times; hours that fall back far have passed midnight.
type haloClock struct {
	day  time.Time
	last float64
}

func (c *haloClock) at(hours float64) time.Time {
	if hours < c.last-12 {
		c.day = c.day.Add(24 * time.Hour)
	}
	c.last = hours
	return utc(c.day, hours*3600)
}

// haloFields are the numbers of a line; a decimal comma is as good as a point.
func haloFields(line []byte) []string {
	return strings.Fields(strings.ReplaceAll(string(line), ",", "."))
}

// ray reads the line of a ray and the lines of its gates.
func (h *haloHeader) ray(l *lines, line []byte, clock *haloClock) (r scan.Ray, err error) {
	f := haloFields(line)
	if len(f) < 3 {
		return r, l.refuse(0, "hours, azimuth and elevation of a ray were expected", doCopyAgain)
	}
	if !strings.Contains(f[0], ".") {
		return r, l.refuse(1, fmt.Sprintf("%s is no decimal hour: the gates of a ray go on without the line of a new ray", quoted(f[0])), doCopyAgain)
	}
	var v [3]float64
	for i := range v {
		var ok bool
		if v[i], ok = number(f[i]); !ok {
			return r, l.refuse(i+1, quoted(f[i])+" is not a number", doCopyAgain)
		}
	}
	if v[0] < 0 || v[0] > 48 {
		return r, l.refuse(1, fmt.Sprintf("%g is no hour of a day", v[0]), doCopyAgain)
	}
	if len(l.rest) < 8*h.gates { // a gate's line has more bytes than that
		return r, l.refuse(0, fmt.Sprintf("the file ends before the %d gates of this ray", h.gates), doCopyAgain)
	}
	r.Start = clock.at(v[0])
	r.Stop, r.AzimuthDeg, r.ElevationDeg = r.Start, v[1], v[2]
	r.Values = [][]float64{make([]float64, h.gates), make([]float64, h.gates), make([]float64, h.gates)}
	r.Shots = []int{h.pulses, h.pulses, h.pulses}
	for gate := range h.gates {
		line, ok := l.next()
		if !ok {
			return r, l.refuse(0, fmt.Sprintf("the file ends after gate %d of %d of a ray", gate-1, h.gates), doCopyAgain)
		}
		if err := haloGate(l, haloFields(line), gate, h.gates, r.Values); err != nil {
			return r, err
		}
	}
	return r, nil
}

// haloGate reads a gate's number, velocity, intensity and backscatter; what follows is its spectral width.
func haloGate(l *lines, f []string, gate, gates int, values [][]float64) error {
	if len(f) < 4 {
		return l.refuse(0, fmt.Sprintf("gate %d of %d was to have a number, velocity, intensity and backscatter", gate, gates), doCopyAgain)
	}
	if n, ok := whole(f[0], 0, maxHaloGates); !ok || n != gate {
		return l.refuse(1, fmt.Sprintf("gate %d of %d was to follow, this is %s", gate, gates, quoted(f[0])), doCopyAgain)
	}
	for i, to := range []int{2, 1, 0} {
		v, ok := number(f[i+1])
		switch {
		case ok:
		case strings.EqualFold(f[i+1], "nan"):
			v = math.NaN()
		default:
			return l.refuse(i+2, quoted(f[i+1])+" is not a number", doCopyAgain)
		}
		values[to][gate] = v
	}
	return nil
}
