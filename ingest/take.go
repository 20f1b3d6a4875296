package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"upwind"
	"upwind/grid"
	"upwind/ingest/flight"
	"upwind/ingest/photo"
	"upwind/ingest/station"
	"upwind/ingest/weather"
)

// assetKinds maps what bytes are to what an asset is.
var assetKinds = map[Kind]upwind.AssetKind{
	KindGeoTIFF: upwind.AssetRaster, KindTIFF: upwind.AssetRaster, KindPNG: upwind.AssetRaster, KindMeta: upwind.AssetRaster,
	KindPhoto: upwind.AssetPhoto, KindPhotoTIF: upwind.AssetPhoto,
	KindLAS: upwind.AssetCloud, KindScan: upwind.AssetScan, KindWind: upwind.AssetWind, KindFields: upwind.AssetFields, KindReadings: upwind.AssetReadings,
	KindGrid: upwind.AssetGrid, KindSites: upwind.AssetSites, KindStations: upwind.AssetStations, KindCNEMC: upwind.AssetReadings,
}

// namedParts is how many further parts of an asset an entry names.
const namedParts = 3

// finding is what a look at a stored file gives besides its kind.
type finding struct {
	held     string // why it stays off the map
	said     []string
	wind     []upwind.Wind
	readings []upwind.Observation
}

// part is a file of an asset.
type part struct {
	source
	role string
	kind Kind
}

// take stores the parts of an asset, looks at the stored bytes of the first and tells the sink. name is for
// people.
func (in *intake) take(ctx context.Context, name string, parts []part) error {
	s, kind := parts[0].source, parts[0].kind
	e := Entry{Path: s.show, Kind: kind}
	var members []upwind.Member
	var with []string
	for i, p := range parts {
		m, err := in.store(ctx, p.source, p.role, p.kind)
		if err != nil {
			return err
		}
		members = append(members, m)
		if i > 0 {
			with = append(with, p.show)
		}
	}
	if e.With = strings.Join(with[:min(len(with), namedParts)], ", "); len(with) > namedParts {
		e.With += fmt.Sprintf(" and %d more", len(with)-namedParts)
	}
	look, err := in.look(ctx, s, kind, members[0])
	if err != nil {
		return err
	}
	asset, err := upwind.NewAsset(assetKinds[kind], name, members, in.optionsFor(assetKinds[kind]))
	if err != nil {
		return upwind.Refuse(s.show, "", err.Error(), "give the files plain, different names")
	}
	created, err := in.publish(ctx, asset, look)
	if err != nil {
		return fmt.Errorf("ingest: %s: %w", s.show, err)
	}
	e.AssetID, e.Findings = asset.ID, look.said
	switch {
	case !created:
		e.Status, e.Reason = StatusDuplicate, "this was handed in before"
		if first, ok := in.seen[asset.ID]; ok {
			e.Reason = "this is the same as " + first
		}
	case look.held != "":
		e.Status, e.Reason = StatusHeld, look.held
	default:
		e.Status = StatusAccepted
	}
	if _, ok := in.seen[asset.ID]; !ok {
		in.seen[asset.ID] = s.show
	}
	in.report.Entries = append(in.report.Entries, e)
	return nil
}

// store copies a file into the store, hashing on the way, and makes sure that what was stored is still what
// was looked at before.
func (in *intake) store(ctx context.Context, s source, role string, kind Kind) (upwind.Member, error) {
	f, err := s.open()
	if err != nil {
		return upwind.Member{}, upwind.Refuse(s.show, "", "it cannot be opened", "check who may read it")
	}
	defer f.Close()
	blob, err := in.sink.Put(ctx, f)
	if err != nil {
		return upwind.Member{}, fmt.Errorf("ingest: store %s: %w", s.show, err)
	}
	stored, err := in.sink.Open(blob.SHA256)
	if err != nil {
		return upwind.Member{}, fmt.Errorf("ingest: open %s in the store: %w", s.show, err)
	}
	defer stored.Close()
	again, err := Classify(stored, blob.Size, s.show)
	if err != nil {
		return upwind.Member{}, err
	}
	if again != kind {
		return upwind.Member{}, upwind.Refuse(s.show, "", "it changed while it was read", "hand it in when it is finished")
	}
	return upwind.Member{Role: role, Name: s.base(), Size: blob.Size, SHA256: blob.SHA256}, nil
}

// look reads as much of the stored file as its kind needs now.
func (in *intake) look(ctx context.Context, s source, kind Kind, m upwind.Member) (finding, error) {
	f, err := in.sink.Open(m.SHA256)
	if err != nil {
		return finding{}, fmt.Errorf("ingest: open %s in the store: %w", s.show, err)
	}
	defer f.Close()
	rules := weather.Rules{}
	if !in.opt.Now.IsZero() {
		rules.NotAfter = in.opt.Now.Add(futureSlack)
	}
	var out finding
	switch kind {
	case KindWind, KindReadings, KindCNEMC:
		if m.Size > in.limits.TableBytes {
			return out, upwind.Refuse(s.show, "", fmt.Sprintf("a table of %d bytes", m.Size), "cut it into parts, by month for example")
		}
		var found []weather.Finding
		switch kind {
		case KindWind:
			out.wind, found, err = rules.Wind(s.show, f)
		case KindCNEMC:
			out.readings, found, err = in.national(ctx, s, f)
		default:
			out.readings, found, err = rules.Readings(s.show, f)
		}
		for _, x := range found {
			out.said = append(out.said, x.String())
		}
	case KindGrid:
		var found []grid.Finding
		_, found, err = grid.Parse(s.show, f)
		for _, x := range found {
			out.said = append(out.said, x.Message)
		}
	case KindSites:
		_, err = ReadSites(s.show, f)
	case KindStations:
		_, err = station.Read(s.show, f)
	case KindPhoto, KindPhotoTIF:
		err = in.lookAtPhoto(s, f, m.Size, &out)
	default:
		out.held = in.unplaced(kind, f, m.Size)
	}
	return out, err
}

// national reads the layout of the national network, which names stations and leaves their places to the registry.
func (in *intake) national(ctx context.Context, s source, f *os.File) ([]upwind.Observation, []weather.Finding, error) {
	stations, err := in.sink.Stations(ctx)
	if err != nil {
		return nil, nil, err
	}
	return station.ReadCNEMC(s.show, f, stations)
}

// unplaced says why a raster or cloud cannot be put on the map yet; "" if it can.
func (in *intake) unplaced(kind Kind, f *os.File, size int64) string {
	const state = "; it is kept off the map until --crs EPSG:n is stated"
	switch {
	case kind == KindPNG:
		return "a PNG does not say where it lies; it is kept off the map"
	case kind == KindTIFF:
		return "the TIFF does not say where it lies (no GeoTIFF tags); it is kept off the map"
	case kind == KindGeoTIFF && in.opt.CRS == "" && !hasCRS(f, size):
		return "the GeoTIFF does not name its reference system" + state
	case kind == KindLAS && in.opt.CRS == "" && !lasHasCRS(f, size):
		return "the point cloud does not name its reference system" + state
	}
	return ""
}

func (in *intake) lookAtPhoto(s source, f *os.File, size int64, out *finding) error {
	p, err := photo.ParseWith(f, size, s.base(), photo.ParseOptions{Zone: in.opt.Zone})
	if err != nil {
		return broken(s.show, "picture", err)
	}
	if len(in.shots) == 0 {
		in.first = s.show
	}
	in.shots = append(in.shots, flight.Shot{Picture: p})
	if in.opt.Acquired == nil {
		switch {
		case in.opt.future(p.Time):
			return upwind.Refuse(s.show, "", "the camera's clock says "+p.Time.Format(time.RFC3339)+", which lies in the future", "state when it was taken with --acquired")
		case p.Time.IsZero():
			out.said = append(out.said, "the picture does not say when it was taken; state it with --acquired")
		case p.TimeSource == "exif-assumed-zone":
			zone := photo.DefaultZone
			if in.opt.Zone != nil {
				zone = in.opt.Zone
			}
			out.said = append(out.said, "the camera's clock has no time zone; "+zone.String()+" was assumed")
		}
	}
	var unplaced *photo.NotPlacedError
	if _, err := p.Camera(photo.Options{GroundHeightM: in.opt.GroundHeightM}); errors.As(err, &unplaced) {
		out.held = unplaced.Why + "; it is kept off the map"
	}
	return nil
}

// optionsFor keeps of the stated options what means something for a kind, so that an option for the pictures
// of a folder does not make another asset of its tables.
func (in *intake) optionsFor(kind upwind.AssetKind) upwind.AssetOptions {
	o := in.opt.AssetOptions
	switch kind {
	case upwind.AssetRaster:
		o.GroundHeightM = nil
	case upwind.AssetPhoto:
		o.CRS = ""
	case upwind.AssetCloud:
		o.Bands, o.GroundHeightM = nil, nil
	default:
		return upwind.AssetOptions{}
	}
	if o.Acquired != nil {
		utc := o.Acquired.UTC()
		o.Acquired = &utc
	}
	return o
}

// publish tells the sink, the asset last.
func (in *intake) publish(ctx context.Context, a upwind.Asset, look finding) (created bool, err error) {
	switch a.Kind {
	case upwind.AssetWind:
		err = in.sink.PutWind(ctx, a.ID, look.wind)
	case upwind.AssetReadings:
		err = in.sink.PutObservations(ctx, a.ID, look.readings)
	case upwind.AssetGrid:
		err = in.sink.PutGrid(ctx, a)
	case upwind.AssetSites:
		err = in.sink.PutSites(ctx, a)
	case upwind.AssetStations:
		err = in.sink.PutStations(ctx, a)
	}
	if err != nil {
		return false, err
	}
	return in.sink.PutAsset(ctx, a)
}
