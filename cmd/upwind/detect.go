package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/ingest"
	"upwind/raster"
	"upwind/raster/forest"
	"upwind/raster/gdal"
	"upwind/raster/network"
	"upwind/workers"
)

// detectFlags are the flags of `upwind detect`.
type detectFlags struct {
	kinds, bands          []string
	dsm, mask, out        string
	model, class, network string
	crs, ground, acquired string
	chips                 string // folder for before and after
	minAreaM2             float64
	asJSON                bool
	memoryMB              int
	into                  *raster.Mask // where the classes go without --mask
}

// detectKinds are what is looked for, as people name it.
var detectKinds = map[string]upwind.DetectionKind{"bare-soil": upwind.BareSoil, "sand-pile": upwind.SandPile, "smoke": upwind.SmokePlume}

func detectCommand() *cobra.Command {
	f := &detectFlags{}
	c := &cobra.Command{
		Use:   "detect SCENE|PRODUCT|FRAMES | SCENE SCENE...",
		Short: "look for bare soil, sand piles and smoke in a picture, or for smoke in the frames of one camera",
		Long: "detect looks at a picture as a job of the server does, without one. --mask writes the classes of one kind on the picture's own pixels: 0 no, 1 yes,\n" +
			"255 abstained or no data, also where the picture has no place on the ground. A satellite product is named by its folder or by the file that\n" +
			"describes it (MTD_MSIL2A.xml, *_MTL.txt). Another folder is taken for the frames of one fixed camera, in the order of the\n" +
			"numbers in their names: each is compared with those before it, and plumes are given in pixels. Several scenes are dates of one place: bare soil on the\n" +
			"latest is followed back over 90 days, and called persistent or passing.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("name one scene, or several dates of one")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	p := c.Flags()
	p.StringSliceVar(&f.kinds, "kind", nil, "bare-soil, sand-pile, smoke (default: all that suit the picture)")
	p.StringSliceVar(&f.bands, "bands", nil, "which band is what, e.g. blue=1,green=2,red=3,nir=4,swir1=5,swir2=7")
	p.StringVar(&f.dsm, "dsm", "", "surface model that belongs to the picture")
	p.StringVar(&f.model, "model", "", "tell bare soil by this model of upwind train, and not by rules")
	p.StringVar(&f.network, "network", "", "tell bare soil by this segmentation network, ONNX (docs/onnx.md)")
	p.StringVar(&f.class, "class", "bare", "class of the model or network that is bare soil")
	p.StringVar(&f.crs, "crs", "", "coordinate system (EPSG:n), where the file states none")
	p.StringVar(&f.ground, "ground-height", "", "height of flat ground under a drone picture, m")
	p.StringVar(&f.acquired, "acquired", "", "when the sensor looked, RFC 3339")
	p.Float64Var(&f.minAreaM2, "min-area", 0, "least area of an object, m2 (default: the detector's own)")
	p.StringVar(&f.mask, "mask", "", "write the classes to this GeoTIFF (COG); needs one --kind")
	p.StringVar(&f.chips, "chips", "", "with several scenes: write pictures of each object, before and after, into this folder")
	p.StringVarP(&f.out, "output", "o", "", "write to this file: JSON, or GeoJSON or GeoPackage when it ends in .geojson or .gpkg")
	p.BoolVar(&f.asJSON, "json", false, "one JSON document")
	p.IntVar(&f.memoryMB, "memory-mb", walledMemoryMB, "memory the command may use")
	return c
}

func (f *detectFlags) run(cmd *cobra.Command, paths []string) error {
	if err := f.check(paths); err != nil {
		return err
	}
	opt, err := assetOptions(f.bands, f.crs, f.ground, f.acquired)
	if err != nil {
		return usageError{err}
	}
	scenes := make([]sceneFile, len(paths))
	for i, p := range paths {
		if scenes[i], err = sceneAt(p); err != nil {
			return err
		}
	}
	if scenes[0].frames {
		return f.runFrames(cmd, paths[0])
	}
	inputs, reads := outputs(f.dsm, f.model, f.network), outputs(networkLibrary())
	for _, s := range scenes {
		inputs, reads = append(inputs, s.files()...), append(reads, folderOf(s.path, s.members)...)
	}
	if err := behindWalls(append(reads, inputs...), outputs(f.out, f.mask, f.chips), f.memoryMB); err != nil {
		return err
	}
	doc := detectDocument{Version: upwind.SchemaVersion, Detectors: []string{}, Detections: []upwind.Detection{}}
	if doc.Inputs, err = inputIDs(inputs); err != nil {
		return err
	}
	var notes []string
	if len(scenes) > 1 {
		err = f.lookAtDates(cmd.Context(), scenes, opt, &doc, &notes)
	} else {
		err = f.lookAt(cmd.Context(), scenes[0], opt, &doc, &notes)
	}
	if err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintln(cmd.ErrOrStderr(), "upwind: "+n)
	}
	if strings.EqualFold(filepath.Ext(f.out), ".gpkg") {
		return gdal.WriteGeoPackage(f.out, doc.layer())
	}
	return output(cmd, f.out, func(w io.Writer) error {
		switch {
		case strings.EqualFold(filepath.Ext(f.out), ".geojson"):
			return doc.features(w)
		case f.asJSON || f.out != "":
			return json.NewEncoder(w).Encode(doc)
		}
		return doc.table(w)
	})
}

// check says which flags do not go together.
func (f *detectFlags) check(paths []string) error {
	for _, k := range f.kinds {
		if _, ok := detectKinds[k]; !ok {
			return usageError{fmt.Errorf("--kind: %q is none of bare-soil, sand-pile, smoke", k)}
		}
	}
	if f.model != "" && f.network != "" {
		return usageError{errors.New("--model and --network both tell bare soil: name one")}
	}
	if f.learnt() && (len(f.kinds) > 1 || len(f.kinds) == 1 && f.kinds[0] != "bare-soil") {
		return usageError{errors.New("--model and --network tell bare soil: leave --kind out, or say --kind bare-soil")}
	}
	if f.mask != "" && !f.learnt() && len(f.kinds) != 1 {
		return usageError{errors.New("--mask holds the classes of one kind: name it with --kind")}
	}
	if len(paths) == 1 && f.chips != "" {
		return usageError{errors.New("--chips compares dates: name several scenes")}
	}
	if len(paths) > 1 && (len(f.kinds) > 0 && !slices.Equal(f.kinds, []string{"bare-soil"}) || f.mask != "" || f.dsm != "" || f.acquired != "") {
		return usageError{errors.New("several scenes are dates of one place, in which only bare soil is followed: --kind bare-soil, without --mask, --dsm and --acquired")}
	}
	return nil
}

// sceneFile is what a path names: a picture, a satellite product, or the frames of a camera.
type sceneFile struct {
	path    string
	members []upwind.Member // of a product
	frames  bool
}

func sceneAt(path string) (sceneFile, error) {
	members, err := productAt(path)
	if err != nil {
		return sceneFile{}, err
	}
	st, err := os.Stat(path)
	return sceneFile{path, members, err == nil && st.IsDir() && members == nil}, nil
}

func (s sceneFile) files() []string {
	if s.members != nil {
		return namesOf(s.members)
	}
	return []string{s.path}
}

func (f *detectFlags) open(ctx context.Context, s sceneFile, opt upwind.AssetOptions) (workers.Opened, error) {
	asset := upwind.Asset{Kind: upwind.AssetRaster, Name: filepath.Base(s.path), Options: opt, Members: s.members}
	if s.members == nil {
		var err error
		if asset, err = pictureOf(s.path, f.dsm, opt); err != nil {
			return workers.Opened{}, err
		}
	}
	return workers.OpenScene(ctx, asset)
}

// lookAt looks at one scene.
func (f *detectFlags) lookAt(ctx context.Context, s sceneFile, opt upwind.AssetOptions, doc *detectDocument, notes *[]string) error {
	o, err := f.open(ctx, s, opt)
	if err != nil {
		return err
	}
	defer o.Close()
	if *notes = append(*notes, o.Notes...); o.Held != "" {
		*notes = append(*notes, o.Held)
	}
	return f.lookIn(ctx, o, doc, notes)
}

func (f *detectFlags) lookIn(ctx context.Context, o workers.Opened, doc *detectDocument, notes *[]string) error {
	switch {
	case f.model != "":
		return f.lookByModel(ctx, o, doc, notes)
	case f.network != "":
		return f.lookByNetwork(ctx, o, doc, notes)
	}
	return f.look(ctx, o, doc, notes)
}

// learnt reports whether bare soil is told by something of the user's own.
func (f *detectFlags) learnt() bool { return f.model != "" || f.network != "" }

// pictureOf is a picture on files as an asset: a map, or a photograph that a camera's position places.
func pictureOf(path, dsm string, opt upwind.AssetOptions) (upwind.Asset, error) {
	file, size, err := openSized(path)
	if err != nil {
		return upwind.Asset{}, err
	}
	defer file.Close()
	kind, err := ingest.Classify(file, size, path)
	if err != nil {
		return upwind.Asset{}, err
	}
	a := upwind.Asset{Kind: upwind.AssetRaster, Name: filepath.Base(path), Options: opt, Members: []upwind.Member{{Role: upwind.RoleMain, Name: path}}}
	switch kind {
	case ingest.KindPhoto, ingest.KindPhotoTIF:
		a.Kind = upwind.AssetPhoto
	case ingest.KindGeoTIFF, ingest.KindTIFF, ingest.KindPNG:
	default:
		return a, upwind.Refuse(path, "", fmt.Sprintf("it is no picture but %s", kind), "name a GeoTIFF, PNG or drone picture; upwind cloud and scan look at point clouds and lidar scans")
	}
	if dsm != "" {
		a.Members = append(a.Members, upwind.Member{Role: upwind.RoleDSM, Name: dsm})
	}
	return a, nil
}

// look runs the detectors that are asked for and suit the scene.
func (f *detectFlags) look(ctx context.Context, o workers.Opened, doc *detectDocument, notes *[]string) error {
	scene, ran := o.Scene, false
	for _, d := range raster.Detectors {
		if len(f.kinds) > 0 && !slices.ContainsFunc(f.kinds, func(k string) bool { return detectKinds[k] == d.Kind }) {
			continue
		}
		if err := d.Suits(scene.Info()); err != nil {
			*notes = append(*notes, fmt.Sprintf("%s does not look at it: %v", d.Name, err))
			continue
		}
		if ran && (f.mask != "" || f.into != nil) {
			break // the first that suits is the best for the scene
		}
		bar, opt := newBar(d.Name), f.options(scene)
		res, err := d.Detect(ctx, scene, opt, func(done, total int) { bar.set(int64(done), int64(total)) })
		bar.finish()
		if err != nil {
			return err
		}
		ran = true
		*notes = append(*notes, res.Notes...)
		if err := f.take(o, d.Name, d.Version, opt, res, doc); err != nil {
			return err
		}
	}
	if !ran {
		return fmt.Errorf("no detector suits this picture: %s", strings.Join(*notes, "; "))
	}
	return nil
}

const modelDetector, modelVersion = "bare-soil-model", 3

// lookByModel tells bare soil by a model of the user's own.
func (f *detectFlags) lookByModel(ctx context.Context, o workers.Opened, doc *detectDocument, notes *[]string) error {
	file, err := os.Open(f.model)
	if err != nil {
		return notOpened(f.model, err)
	}
	defer file.Close()
	m, err := forest.Read(f.model, file)
	if err != nil {
		return err
	}
	class := slices.Index(m.About.Classes, f.class)
	if class < 0 {
		return usageError{fmt.Errorf("--class: the model knows %s, not %q", strings.Join(m.About.Classes, ", "), f.class)}
	}
	src, err := raster.DeriveFor(o.Source, o.Scene.Info().Bands, m.About.Features)
	if err != nil {
		return err
	}
	bar, opt := newBar(modelDetector), f.options(o.Scene)
	res, err := raster.SoilByModel(ctx, o.Scene, src, m, class, opt, func(done, total int) { bar.set(int64(done), int64(total)) })
	bar.finish()
	if err != nil {
		return err
	}
	*notes = append(*notes, res.Notes...)
	return f.take(o, modelDetector, modelVersion, opt, res, doc)
}

const networkDetector, networkVersion = "bare-soil-network", 1

// lookByNetwork tells bare soil by a network of the user's own.
func (f *detectFlags) lookByNetwork(ctx context.Context, o workers.Opened, doc *detectDocument, notes *[]string) (err error) {
	r, closeNetwork, err := openNetwork(f.network)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeNetwork()) }()
	bar, opt := newBar(networkDetector), f.options(o.Scene)
	res, err := network.Soil(ctx, o.Scene, filepath.Base(f.network), r, f.class, opt, func(done, total int) { bar.set(int64(done), int64(total)) })
	bar.finish()
	if err != nil {
		return err
	}
	*notes = append(*notes, res.Notes...)
	return f.take(o, networkDetector, networkVersion, opt, res, doc)
}

// options ask a detector for its mask only where it is to be written.
func (f *detectFlags) options(scene raster.Scene) raster.Options {
	opt := raster.Options{MinAreaM2: f.minAreaM2, Mask: f.into}
	if f.mask != "" {
		opt.Mask = raster.NewMask(scene.Info().Width, scene.Info().Height)
	}
	return opt
}

// take puts what a detector saw into the document and, where asked for, its mask on the disk.
func (f *detectFlags) take(o workers.Opened, detector string, version int, opt raster.Options, res raster.Result, doc *detectDocument) error {
	job := upwind.HashID("detect", detector, version, doc.Inputs, f.bands, f.class, f.crs, f.ground, f.minAreaM2)
	for i := range res.Detections {
		res.Detections[i].ID = upwind.DetectionID(job, i)
		res.Detections[i].Provenance = upwind.Provenance{JobID: job, Detector: detector, DetectorVersion: version, Inputs: doc.Inputs}
	}
	doc.Detectors = append(doc.Detectors, detector)
	doc.Detections = append(doc.Detections, res.Detections...)
	if f.mask == "" {
		return nil
	}
	return f.writeMask(o.Source.Info(), opt.Mask)
}

// writeMask writes the classes on the picture's own pixels, where it lies.
func (f *detectFlags) writeMask(si raster.SourceInfo, m *raster.Mask) error {
	nodata := float64(raster.MaskAbstain)
	r := gdal.Raster{Width: m.Width, Height: m.Height, Bands: []any{m.Pix}, NoData: &nodata, Classes: true, Descriptions: []string{"0 no, 1 yes, 255 abstained or no data"}}
	if si.GeoTransform != nil {
		r.GeoTransform, r.CRS = si.GeoTransform, si.CRS
		if f.crs != "" {
			r.CRS = strings.ToUpper(f.crs)
		}
	}
	return gdal.WriteCOG(f.mask, r)
}
