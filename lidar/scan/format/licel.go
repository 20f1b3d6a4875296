package format

import (
	"encoding/binary"
	"fmt"
	"math"

	"upwind"
	"upwind/lidar/scan"
)

// licelRay is what one Licel file holds. values has one slice a dataset in physical units, nil where the
// record is zero throughout or is no signal.
type licelRay struct {
	file     string
	header   *licelHeader
	values   [][]float64
	zero     []bool // the record is there and zero throughout
	full     []int  // bins at the digitiser's full scale
	whole    int    // datasets read to their end
	fault    *upwind.Refusal
	read     int // bins read, and bins the header promises
	promised int
}

// datasets that have numbers in the file; those switched off usually have none.
func (h *licelHeader) written(size int) []bool {
	all, active := h.body, h.body
	for _, d := range h.datasets {
		n := 4*d.bins + len(licelGap)
		all += n
		if d.active {
			active += n
		}
	}
	written := make([]bool, len(h.datasets))
	for i, d := range h.datasets {
		written[i] = d.active || size >= all && size != active
	}
	return written
}

// licelGap follows the header and every dataset.
const licelGap = "\r\n"

// parseLicel reads a file. A header that cannot be read is the error; a fault in the numbers is the ray's.
func parseLicel(b []byte, name string) (*licelRay, error) {
	h, err := parseLicelHeader(b, name)
	if err != nil {
		return nil, err
	}
	n := len(h.datasets)
	r := &licelRay{file: name, header: h, values: make([][]float64, n), zero: make([]bool, n), full: make([]int, n)}
	written := h.written(len(b))
	for i, d := range h.datasets {
		if written[i] {
			r.promised += d.bins
		}
	}
	if r.promised == 0 {
		return nil, upwind.Refuse(name, fmt.Sprintf("line %d", h.datasetsOnLine), "every dataset is switched off: the file holds no numbers", "check the settings of the acquisition")
	}
	at := h.body
	for i, d := range h.datasets {
		if !written[i] {
			r.whole++
			continue
		}
		end := at + 4*d.bins
		if end > len(b) {
			have := max(0, (len(b)-at)/4)
			r.fault = upwind.Refuse(name, fmt.Sprintf("byte %d", len(b)), fmt.Sprintf("the file ends in dataset %d of %d, after %d of its %d bins", i+1, n, have, d.bins), doCopyAgain)
			if r.read += have; have > d.bins/2 {
				r.take(i, b[at:at+4*have])
			}
			return r, nil
		}
		r.take(i, b[at:end])
		r.whole, r.read = r.whole+1, r.read+d.bins
		if !gapAt(b, end, i == n-1) {
			r.fault = upwind.Refuse(name, fmt.Sprintf("byte %d", end), fmt.Sprintf("dataset %d of %d does not end where its %d bins do", i+1, n, d.bins), doCopyAgain)
			return r, nil
		}
		at = end + len(licelGap)
	}
	return r, nil
}

// mostlyWhole bounds the memory of a damaged ray by its bytes: missing bins must not outnumber those read.
func (r *licelRay) mostlyWhole() bool { return 2*r.read >= r.promised && r.read > 0 }

// gapAt checks the line end behind a dataset; behind the last one it may be missing.
func gapAt(b []byte, at int, last bool) bool {
	if last && at == len(b) {
		return true
	}
	return at+len(licelGap) <= len(b) && string(b[at:at+len(licelGap)]) == licelGap
}

// take turns the counts of dataset i into mV or MHz; bins that raw does not reach are NaN.
func (r *licelRay) take(i int, raw []byte) {
	d := r.header.datasets[i]
	if d.other {
		return
	}
	zero := true
	for _, c := range raw {
		if c != 0 {
			zero = false
			break
		}
	}
	if r.zero[i] = zero; zero {
		return
	}
	scale, full := d.unitPerCount(), d.fullCount()
	v := make([]float64, d.bins)
	for j := range v {
		if 4*j+4 > len(raw) {
			v[j] = math.NaN()
			continue
		}
		count := int32(binary.LittleEndian.Uint32(raw[4*j:]))
		v[j] = float64(count) * scale
		if float64(count) >= full {
			r.full[i]++
		}
	}
	r.values[i] = v
}

// photonMHzM is half the speed of light in m/us, rounded as the vendor's software does: counts a shot and
// bin become MHz by it.
const photonMHzM = 150

// unitPerCount turns a sum over shots into mV or MHz.
func (d licelDataset) unitPerCount() float64 {
	shots := float64(max(d.shots, 1))
	if d.photon {
		return photonMHzM / d.binM / shots
	}
	return d.rangeV * 1000 / math.Exp2(float64(d.bits)) / shots
}

// fullCount is the sum at which an analog record has reached full scale on average.
func (d licelDataset) fullCount() float64 {
	if d.photon {
		return math.Inf(1)
	}
	return (math.Exp2(float64(d.bits)) - 1) * float64(max(d.shots, 1))
}

// channel describes dataset d for a scan.
func (d licelDataset) channel(applyShift bool) scan.Channel {
	c := scan.Channel{
		WavelengthNM: d.lambdaNM, Mode: scan.Analog, Unit: scan.UnitMV,
		BinM: d.binM, FirstM: d.binM / 2, Bins: d.bins, ADCBits: d.bits, ADCRangeMV: d.rangeV * 1000,
	}
	if d.photon {
		c.Mode, c.Unit, c.ADCBits, c.ADCRangeMV = scan.Photon, scan.UnitMHz, 0, 0
	}
	switch d.pol {
	case 'p':
		c.Polarization = scan.Parallel
	case 's':
		c.Polarization = scan.Perpendicular
	}
	if applyShift {
		c.FirstM -= float64(d.shift) * d.binM
	}
	c.ID = d.String()
	return c
}

// String is the name of a dataset: wavelength, polarisation, kind and device.
func (d licelDataset) String() string {
	kind := "analog"
	if d.photon {
		kind = "photon"
	}
	s := fmt.Sprintf("%g.%c %s", d.lambdaNM, d.pol, kind)
	if d.device != "" {
		s += " " + d.device
	}
	return s
}

// layout is what must agree between the rays of a scan.
func (h *licelHeader) layout() string {
	s := ""
	for _, d := range h.datasets {
		d.shots = 0
		s += fmt.Sprintf("%+v;", d)
	}
	return s
}
