package format

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"upwind"
	"upwind/lidar/scan"
)

// licelTurn gathers the rays of one scan.
type licelTurn struct {
	rays   []*licelRay
	notes  []string
	faults []*upwind.Refusal // of files left out
	opt    Options
}

func readLicel(ctx context.Context, in Input) (*scan.Scan, error) {
	t := &licelTurn{opt: in.Options}
	lone := len(in.Files) == 1 && len(in.Beside) == 0
	for _, f := range in.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := load(f)
		if err != nil {
			return nil, err
		}
		r, err := parseLicel(b, f.Name)
		var fault *upwind.Refusal
		switch {
		case errors.As(err, &fault):
			t.faults = append(t.faults, fault)
		case err != nil:
			return nil, err
		case r.fault != nil && lone && !(in.Options.Salvage && r.mostlyWhole()):
			return nil, r.withUsable()
		case !r.mostlyWhole():
			t.faults = append(t.faults, r.withUsable())
		default:
			t.rays = append(t.rays, r)
		}
	}
	if len(t.rays) == 0 {
		c := *t.faults[0]
		if n := len(t.faults) - 1; n > 0 {
			c.What += fmt.Sprintf("; none of the %s beside it can be read either", plural(n, "file"))
		}
		return nil, &c
	}
	for _, f := range t.faults {
		t.note("%v; left out, the rest is used", f)
	}
	t.sameLayout()
	t.dropCopies()
	return t.assemble(in.Beside)
}

func (t *licelTurn) note(s string, args ...any) { t.notes = append(t.notes, fmt.Sprintf(s, args...)) }

// withUsable says in the refusal of a lone file what was whole.
func (r *licelRay) withUsable() *upwind.Refusal {
	c := *r.fault
	c.What += fmt.Sprintf("; %d of its %d datasets are whole", r.whole, len(r.header.datasets))
	return &c
}

// sameLayout keeps the rays with the most common datasets; of two equally common ones the first.
func (t *licelTurn) sameLayout() {
	count := map[string]int{}
	for _, r := range t.rays {
		count[r.header.layout()]++
	}
	best := ""
	for _, r := range t.rays {
		if k := r.header.layout(); best == "" || count[k] > count[best] {
			best = k
		}
	}
	var kept []*licelRay
	var others []string
	for _, r := range t.rays {
		if r.header.layout() == best {
			kept = append(kept, r)
		} else {
			others = append(others, r.file)
		}
	}
	t.rays = kept
	if len(others) > 0 {
		t.note("%s: other datasets than the %s of this scan; left out", some(others), plural(len(kept), "file"))
	}
}

// dropCopies leaves out scratch copies: files that call themselves by another file's name, as the
// acquisition program's temp.dat does with the last ray.
func (t *licelTurn) dropCopies() {
	byName := map[string]*licelRay{}
	for _, r := range t.rays {
		if filepath.Base(r.file) == r.header.measurement {
			byName[r.header.measurement] = r
		}
	}
	var kept []*licelRay
	var copies []string
	for _, r := range t.rays {
		own := byName[r.header.measurement]
		scratch := strings.EqualFold(filepath.Base(r.file), "temp.dat") && len(t.rays) > 1
		if scratch || own != nil && own != r && own.header.start.Equal(r.header.start) {
			copies = append(copies, r.file)
			continue
		}
		kept = append(kept, r)
	}
	t.rays = kept
	if len(copies) > 0 {
		t.note("%s: a copy of another ray of this scan; left out", some(copies))
	}
}

// assemble makes the scan of rays that all have the same datasets.
func (t *licelTurn) assemble(besides []File) (*scan.Scan, error) {
	first := t.rays[0].header
	keep := t.channels()
	s := &scan.Scan{Format: "licel", Instrument: "Licel transient recorder"}
	if first.plan != nil {
		s.Instrument = "Raymetrics scanning lidar (Licel transient recorder)"
	}
	if len(keep) == 0 {
		return nil, upwind.Refuse(t.rays[0].file, "", "every signal of the scan is zero", "check that the lidar was firing and its detectors were on")
	}
	s.Channels = t.describe(keep)
	for _, r := range t.rays {
		s.Rays = append(s.Rays, t.ray(r, keep))
	}
	t.saturation(keep)
	s.Site = t.site(first, besides)
	t.clock()
	t.park(s)
	s.Notes = t.notes
	return finish(s, t.opt), nil
}

// channels are the datasets with a signal. Of datasets that describe themselves alike, copies that are zero
// in every ray are left out.
func (t *licelTurn) channels() (keep []int) {
	datasets := t.rays[0].header.datasets
	alive := make([]bool, len(datasets))
	for _, r := range t.rays {
		for i, v := range r.values {
			alive[i] = alive[i] || v != nil
		}
	}
	same := map[string][]int{}
	for i, d := range datasets {
		same[d.String()] = append(same[d.String()], i)
	}
	for i, d := range datasets {
		switch {
		case alive[i]:
			keep = append(keep, i)
		case d.other:
			t.note("dataset %d (%s) is no signal but a square or a monitor; left out", i+1, d)
		case !d.active:
		case anyAlive(alive, same[d.String()]):
			t.note("dataset %d repeats %s and is zero in every ray; left out", i+1, d)
		default:
			t.note("dataset %d (%s) is zero in every ray: a dead or unused detector; left out", i+1, d)
		}
	}
	return keep
}

func anyAlive(alive []bool, of []int) bool {
	for _, i := range of {
		if alive[i] {
			return true
		}
	}
	return false
}

// describe names the kept datasets; one that would repeat a name gets a number.
func (t *licelTurn) describe(keep []int) (out []scan.Channel) {
	used := map[string]int{}
	shifted := map[int]bool{}
	for _, i := range keep {
		d := t.rays[0].header.datasets[i]
		c := d.channel(t.opt.TriggerDelay)
		used[c.ID]++
		if n := used[c.ID]; n > 1 {
			c.ID = fmt.Sprintf("%s #%d", c.ID, n)
		}
		if d.shift > 0 {
			shifted[d.shift] = true
		}
		out = append(out, c)
	}
	for _, shift := range sortedKeys(shifted) {
		how := "ranges count from the record's first bin, as the vendor's software does"
		if t.opt.TriggerDelay {
			how = "their ranges are moved by it"
		}
		t.note("some datasets state a bin shift of %d: their record starts so many bins before the laser fires; %s", shift, how)
	}
	return out
}

// ray turns a file into a ray; a dataset that is zero or missing here and alive elsewhere is NaN.
func (t *licelTurn) ray(r *licelRay, keep []int) scan.Ray {
	h := r.header
	stop := h.stop
	if stop.Before(h.start) {
		stop = h.start
	}
	out := scan.Ray{Start: h.start, Stop: stop, File: r.file, Values: make([][]float64, len(keep)), Shots: make([]int, len(keep))}
	var dead, lost []string
	for k, i := range keep {
		out.Shots[k] = h.datasets[i].shots
		if out.Values[k] = r.values[i]; out.Values[k] != nil {
			continue
		}
		out.Values[k] = missing(h.datasets[i].bins)
		if r.zero[i] {
			dead = append(dead, h.datasets[i].String())
		} else {
			lost = append(lost, h.datasets[i].String())
		}
	}
	if len(dead) > 0 {
		t.note("%s: %s zero throughout; taken as missing", r.file, some(dead))
	}
	if r.fault != nil {
		t.note("%v; %d of its %d datasets are used, missing bins are empty", r.fault, len(keep)-len(lost), len(keep))
	}
	return out
}

func missing(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = math.NaN()
	}
	return v
}

// saturation says which analog channels met the digitiser's full scale.
func (t *licelTurn) saturation(keep []int) {
	for _, i := range keep {
		bins, rays := 0, 0
		for _, r := range t.rays {
			if r.full[i] > 0 {
				bins, rays = bins+r.full[i], rays+1
			}
		}
		if bins > 0 {
			t.note("%s: %s in %s at the digitiser's full scale of %g mV", t.rays[0].header.datasets[i], plural(bins, "bin"), plural(rays, "ray"), t.rays[0].header.datasets[i].rangeV*1000)
		}
	}
}

// clock says what is not certain about the times.
func (t *licelTurn) clock() {
	var back []string
	for _, r := range t.rays {
		if r.header.stop.Before(r.header.start) {
			back = append(back, r.file)
		}
	}
	if len(back) > 0 {
		t.note("%s: stops before it starts by its clock of whole seconds; taken as ending when it starts", some(back))
	}
	if t.opt.UTCOffset == 0 {
		t.note("Licel files do not say whether their clock shows UTC; it is taken so")
	}
}

func sniffINI(head []byte, name string) bool {
	return strings.EqualFold(filepath.Ext(name), ".ini") && bytes.HasPrefix(bytes.TrimSpace(head), []byte("["))
}
