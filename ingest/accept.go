package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"upwind"
	"upwind/ingest/flight"
	"upwind/ingest/product"
)

// intake is one call of Accept.
type intake struct {
	opt    Options
	limits Limits
	sink   Sink
	tell   Progress
	report Report
	seen   map[string]string // asset id to the path that made it in this call
	done   int
	total  int
	roots  []*os.Root
	temps  []string
	shots  []flight.Shot // of the batch under way
	first  string        // path of the first of them
}

// Accept takes files, folders and zips. The error is a fault of the surroundings (the store, the sink, the
// context) or of the options; faults of files stand in the report, which is whole up to the error.
func Accept(ctx context.Context, paths []string, opt Options, sink Sink, progress Progress) (Report, error) {
	in := &intake{opt: opt, limits: opt.Limits.orDefault(), sink: sink, tell: progress, seen: map[string]string{}}
	if in.tell == nil {
		in.tell = func(Step) {}
	}
	in.report.Entries = []Entry{}
	if err := checkOptions(opt); err != nil {
		return in.report, err
	}
	defer in.close()
	for _, p := range paths {
		files, err := in.gather(ctx, p)
		if err == nil {
			in.total += len(files)
			err = in.batch(ctx, files, false)
		}
		if err := in.keep(source{show: p}, "", err); err != nil {
			return in.report, err
		}
	}
	return in.report, nil
}

// close removes what was unpacked.
func (in *intake) close() {
	for _, r := range in.roots {
		_ = r.Close()
	}
	for _, dir := range in.temps {
		_ = os.RemoveAll(dir)
	}
}

var epsg = regexp.MustCompile(`^EPSG:[1-9][0-9]{3,5}$`)

// maxBand bounds a stated band number; hyperspectral cameras have some hundred bands.
const maxBand = 4096

func checkOptions(opt Options) error {
	if opt.CRS != "" && !epsg.MatchString(opt.CRS) {
		return upwind.Refuse("--crs", "", fmt.Sprintf("%.40q is no reference system", opt.CRS), "write EPSG:32650 or the like")
	}
	for role, band := range opt.Bands {
		switch role {
		case "blue", "green", "red", "nir", "swir1", "swir2":
		default:
			return upwind.Refuse("--bands", "", fmt.Sprintf("%.40q is no band role", role), "roles are blue, green, red, nir, swir1, swir2")
		}
		if band < 1 || band > maxBand {
			return upwind.Refuse("--bands", role, fmt.Sprintf("there is no band %d", band), "bands count from 1")
		}
	}
	if g := opt.GroundHeightM; g != nil && !(*g >= -500 && *g <= 9000) {
		return upwind.Refuse("--ground-height", "", fmt.Sprintf("%g m is no height of ground", *g), "state metres in the height system of the pictures")
	}
	if a := opt.Acquired; a != nil && opt.future(*a) {
		return upwind.Refuse("--acquired", "", a.Format(time.RFC3339)+" lies in the future", "state when the sensor looked")
	}
	return nil
}

func (o Options) future(t time.Time) bool {
	return !o.Now.IsZero() && t.After(o.Now.Add(futureSlack))
}

// keep turns a refusal into an entry and hands any other error back.
func (in *intake) keep(s source, kind Kind, err error) error {
	var r *upwind.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &r):
		in.refuse(s, kind, r)
		return nil
	}
	return err
}

func (in *intake) refuse(s source, kind Kind, r *upwind.Refusal) {
	in.report.Entries = append(in.report.Entries, Entry{Path: s.show, Status: StatusRefused, Kind: kind, Reason: r.Error(), Refusal: r})
}

// batch takes the files of one folder or archive.
func (in *intake) batch(ctx context.Context, files []source, inZip bool) error {
	outer, first := in.shots, in.first
	in.shots, in.first = nil, ""
	defer func() { in.shots, in.first = outer, first }()
	kinds := make([]Kind, len(files))
	faults := make([]error, len(files))
	rels := make([]string, len(files))
	for i, s := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		rels[i] = s.rel
		kinds[i], faults[i] = classifySource(s)
	}
	pair := pairs(rels, func(i int) bool { return faults[i] == nil && kinds[i] == KindGeoTIFF })
	scans := scansOf(files, kinds, faults)
	products := map[int]product.Group{}
	taken := map[int]bool{} // by another file's asset
	for _, g := range product.Find(rels) {
		if faults[g.Key] == nil && kinds[g.Key] == KindMeta {
			products[g.Key] = g
			for _, n := range g.Members {
				taken[n] = taken[n] || n != g.Key
			}
		}
	}
	for _, m := range pair {
		taken[m] = true
	}
	for i, parts := range scans {
		for _, n := range parts {
			taken[n] = taken[n] || n != i
		}
	}
	for i, s := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		in.tell(Step{Path: s.show, Done: in.done, Total: in.total})
		in.done++
		if taken[i] {
			continue
		}
		err := faults[i]
		switch {
		case err != nil:
		case kinds[i] == KindZip && inZip:
			err = upwind.Refuse(s.show, "", "this is a zip inside a zip", "hand it in by itself")
		case kinds[i] == KindZip:
			err = in.archive(ctx, s)
		case kinds[i] == KindScan:
			err = in.takeScan(ctx, files, kinds, scans[i])
		case kinds[i] == KindMeta && products[i].Members != nil:
			err = in.takeProduct(ctx, files, kinds, products[i])
		case kinds[i] == KindMeta || kinds[i] == KindJP2:
			err = upwind.Refuse(s.show, "", "this is a part of a satellite product, and the file that describes the product does not lie beside or above it", "hand in the product as it was delivered, with its folders, or a zip of it")
		case kinds[i] == KindBeside || kinds[i] == KindLidar:
			err = upwind.Refuse(s.show, "", "this belongs to a lidar's scans, and none lie beside it", "hand it in together with the folder of the scans")
		default:
			parts := []part{{s, upwind.RoleMain, kinds[i]}}
			if m, ok := pair[i]; ok {
				parts = append(parts, part{files[m], upwind.RoleDSM, KindGeoTIFF})
			}
			err = in.take(ctx, s.base(), parts)
		}
		if err := in.keep(s, kinds[i], err); err != nil {
			return err
		}
	}
	in.tell(Step{Done: in.done, Total: in.total})
	if len(in.shots) >= leastFlight {
		in.report.Flights = append(in.report.Flights, Flight{in.first, len(in.shots), append([]flight.Finding{}, flight.Check(in.shots).Findings...)})
	}
	return nil
}

func (in *intake) archive(ctx context.Context, s source) error {
	roots, temps := len(in.roots), len(in.temps)
	inner, err := in.unzip(ctx, s)
	if err == nil {
		in.total += len(inner)
		err = in.batch(ctx, inner, true)
	}
	for _, r := range in.roots[roots:] {
		_ = r.Close()
	}
	for _, dir := range in.temps[temps:] {
		_ = os.RemoveAll(dir)
	}
	in.roots, in.temps = in.roots[:roots], in.temps[:temps]
	return err
}

func classifySource(s source) (Kind, error) {
	f, err := s.open()
	if err != nil {
		return "", upwind.Refuse(s.show, "", "it cannot be opened", "check who may read it")
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", upwind.Passing(fmt.Errorf("ingest: %s: %w", s.show, err))
	}
	if !st.Mode().IsRegular() {
		return "", upwind.Refuse(s.show, "", "this is no file", Accepted)
	}
	return Classify(f, st.Size(), s.show)
}
