package format

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"upwind"
)

// Bounds on what a Licel header may promise; a controller has 16 digitisers with 3 records each, of at most
// 16380 bins (65536 in later ones).
const (
	maxDatasets   = 64
	maxLicelBins  = 1 << 17
	maxLicelShots = 1 << 24
	maxADCBits    = 24
)

// licelHeader is the text before a Licel file's numbers.
type licelHeader struct {
	measurement    string // the file's own name, as the acquisition program wrote it
	site           string
	start, stop    time.Time // by the instrument's clock
	altitudeM      float64
	lon, lat       float64
	decimals       int       // of the position, the fewer of both
	angles         []float64 // zenith, azimuth, temperature, pressure: as many as there are
	plan           *licelPlan
	datasets       []licelDataset
	body           int // offset of the first number
	datasetsOnLine int // line of the first dataset
}

// licelPlan is the scan line of Raymetrics scanners, degrees as the instrument counts them.
type licelPlan struct {
	azStart, azStop, azStep, zenStart, zenStop, zenStep, azOffset float64
}

// licelDataset describes one record of one digitiser.
type licelDataset struct {
	active   bool
	photon   bool
	other    bool // squares, power meters, overflows: not a signal
	bins     int
	binM     float64
	lambdaNM float64
	pol      byte // o none, p parallel, s perpendicular
	shift    int  // bins by which the record starts before the laser fires
	bits     int
	shots    int
	rangeV   float64 // full scale, V; for photon counting the discriminator's level
	device   string
}

// licelTimes finds start and stop on line 2: what stands before them is the site's name, spaces and all.
var licelTimes = regexp.MustCompile(`(?:^|\s)(\d{2})[/.-](\d{2})[/.-](\d{4})\s+(\d{2}:\d{2}:\d{2})\s+(\d{2})[/.-](\d{2})[/.-](\d{4})\s+(\d{2}:\d{2}:\d{2})(?:\s|$)`)

// exported tells a vendor program's text export from a Licel file, which starts alike.
var exported = regexp.MustCompile(`(?m)^\s*\d+(\.\d+)?\s+\.?[a-z]\s+(analog|photon)|^[^\n]*\d\d/\d\d/\d{4}\s*;`)

func sniffLicel(head []byte, _ string) bool {
	l := lines{rest: head}
	if _, ok := l.next(); !ok {
		return false
	}
	second, _ := l.next()
	return len(second) < 256 && licelTimes.Match(second) && !exported.Match(head)
}

func sniffExport(head []byte, _ string) bool { return exported.Match(head) }

// parseLicelHeader reads the header of a file.
func parseLicelHeader(b []byte, name string) (*licelHeader, error) {
	l := &lines{name: name, rest: b}
	h := &licelHeader{}
	first, ok := l.next()
	if !ok {
		return nil, upwind.Refuse(name, "", "the file is empty", doCopyAgain)
	}
	h.measurement = strings.TrimSpace(string(first[:min(len(first), 80)]))
	if err := h.place(l); err != nil {
		return nil, err
	}
	count, err := h.shotsLine(l)
	if err != nil {
		return nil, err
	}
	h.datasetsOnLine = l.n + 1
	for range count {
		d, err := licelDatasetLine(l)
		if err != nil {
			return nil, err
		}
		h.datasets = append(h.datasets, d)
	}
	blank, ok := l.next()
	if !ok || len(bytes.TrimSpace(blank)) > 0 {
		return nil, l.refuse(0, fmt.Sprintf("an empty line was to follow the %d dataset lines that line %d announces", count, h.datasetsOnLine-1), doCopyAgain)
	}
	h.body = len(b) - len(l.rest)
	return h, nil
}

const doCopyAgain = "copy the file again from the instrument"

// place reads line 2: site, times, altitude, longitude (before latitude), latitude, angles.
func (h *licelHeader) place(l *lines) error {
	line, ok := l.next()
	m := licelTimes.FindSubmatchIndex(line)
	if !ok || m == nil {
		return l.refuse(0, "no start and stop date and time", "hand in a Licel file")
	}
	at := func(i int) string { return string(line[m[2*i]:m[2*i+1]]) }
	h.site = strings.TrimSpace(string(line[:m[2]]))
	var err error
	if h.start, err = time.Parse("02/01/2006 15:04:05", at(1)+"/"+at(2)+"/"+at(3)+" "+at(4)); err != nil {
		return l.refuse(0, "the start "+quoted(at(1)+"/"+at(2)+"/"+at(3)+" "+at(4))+" is no time", "check the clock of the acquisition computer")
	}
	if h.stop, err = time.Parse("02/01/2006 15:04:05", at(5)+"/"+at(6)+"/"+at(7)+" "+at(8)); err != nil {
		return l.refuse(0, "the stop "+quoted(at(5)+"/"+at(6)+"/"+at(7)+" "+at(8))+" is no time", "check the clock of the acquisition computer")
	}
	fields := strings.Fields(string(line[m[17]:]))
	if len(fields) < 3 {
		return l.refuse(0, "altitude, longitude and latitude were to follow the times", doCopyAgain)
	}
	names := []string{"altitude", "longitude", "latitude", "zenith angle", "azimuth", "temperature", "pressure"}
	values := make([]float64, 0, len(names))
	for i, f := range fields[:min(len(fields), len(names))] {
		v, ok := number(f)
		if !ok && i > 2 { // custom text may follow the position
			break
		}
		if !ok {
			return l.refuse(0, "the "+names[i]+" "+quoted(f)+" is not a number", doCopyAgain)
		}
		values = append(values, v)
	}
	h.altitudeM, h.lon, h.lat, h.angles = values[0], values[1], values[2], values[3:]
	h.decimals = min(decimals(fields[1]), decimals(fields[2]))
	return nil
}

func decimals(s string) int {
	if i := strings.IndexByte(s, '.'); i >= 0 {
		return len(s) - i - 1
	}
	return 0
}

// shotsLine reads line 3, and where that is the scan line (7 numbers with another header line after it)
// line 4 too: shots, rates and the number of datasets. A third laser makes the shots line 7 fields long as
// well, but then a dataset line follows.
func (h *licelHeader) shotsLine(l *lines) (int, error) {
	line, _ := l.next()
	f := strings.Fields(string(line))
	ahead := *l
	if next, ok := ahead.next(); ok && len(f) == 7 && len(strings.Fields(string(next))) < minDatasetFields {
		var v [7]float64
		for i := range v {
			if v[i], ok = number(f[i]); !ok {
				return 0, l.refuse(i+1, quoted(f[i])+" in the scan line is not a number", doCopyAgain)
			}
		}
		h.plan = &licelPlan{v[0], v[1], v[2], v[3], v[4], v[5], v[6]}
		line, _ = l.next()
		f = strings.Fields(string(line))
	}
	if len(f) < 5 {
		return 0, l.refuse(0, "shots, rates and the number of datasets were expected", doCopyAgain)
	}
	n, ok := whole(f[4], 1, maxDatasets)
	if !ok {
		return 0, l.refuse(5, fmt.Sprintf("%s is not a number of datasets (1 to %d)", quoted(f[4]), maxDatasets), doCopyAgain)
	}
	return n, nil
}

// minDatasetFields: the last field, the device, may be missing.
const minDatasetFields = 15

func licelDatasetLine(l *lines) (d licelDataset, err error) {
	line, ok := l.next()
	f := strings.Fields(string(line))
	if !ok || len(f) < minDatasetFields {
		return d, l.refuse(0, fmt.Sprintf("a dataset line has at least %d fields, this has %d", minDatasetFields, len(f)), doCopyAgain)
	}
	var fault *upwind.Refusal
	integer := func(i, lo, hi int, what string) int {
		v, ok := whole(f[i], lo, hi)
		if !ok && fault == nil {
			fault = l.refuse(i+1, fmt.Sprintf("%s is no %s (%d to %d)", quoted(f[i]), what, lo, hi), doCopyAgain)
		}
		return v
	}
	d.active = f[0] != "0"
	mode := integer(1, 0, 9, "kind of dataset")
	d.photon, d.other = mode == 1, mode > 1
	d.bins = integer(3, 1, maxLicelBins, "number of bins")
	if d.binM, ok = number(f[6]); (!ok || d.binM <= 0 || d.binM > 1000) && fault == nil {
		fault = l.refuse(7, quoted(f[6])+" is no bin width in metres", doCopyAgain)
	}
	lambda, pol, _ := strings.Cut(f[7], ".")
	if d.lambdaNM, ok = number(lambda); (!ok || d.lambdaNM < 0) && fault == nil {
		fault = l.refuse(8, quoted(f[7])+" is no wavelength in nm with its polarisation", doCopyAgain)
	}
	d.pol = 'o'
	if pol != "" {
		d.pol = pol[len(pol)-1]
	}
	d.shift = integer(10, 0, maxLicelBins, "bin shift")
	d.bits = integer(12, 0, maxADCBits, "number of bits")
	d.shots = integer(13, 0, maxLicelShots, "number of shots")
	if d.rangeV, ok = number(f[14]); (!ok || d.rangeV < 0) && fault == nil {
		fault = l.refuse(15, quoted(f[14])+" is no input range in volts", doCopyAgain)
	}
	if !d.photon && !d.other && d.bits == 0 && fault == nil {
		fault = l.refuse(13, "an analog dataset without bits", doCopyAgain)
	}
	if len(f) > minDatasetFields {
		d.device = f[15]
	}
	if fault != nil {
		return d, fault
	}
	return d, nil
}
