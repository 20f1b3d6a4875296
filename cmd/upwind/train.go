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
	"text/tabwriter"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/raster"
	"upwind/raster/forest"
	"upwind/raster/gdal"
)

// trainFlags are the flags of `upwind train`.
type trainFlags struct {
	labels, out, kind string
	features, bands   []string
	folds             int
	opt               forest.Options
	asJSON            bool
	memoryMB          int
}

func trainCommand() *cobra.Command {
	f := &trainFlags{}
	c := &cobra.Command{
		Use:   "train --labels F.geojson SCENE... -o MODEL",
		Short: "learn the classes of ground from labelled polygons; says by cross-validation how well",
		Long: "train grows a random forest on the bands of the pixels whose centres lie in labelled polygons (property class), and says how well it tells\n" +
			"polygons that it has not seen: they are dealt into folds, each class evenly, and each fold is told by a forest that was grown without it.",
		Args: needArgs(1, "the scenes"),
		RunE: func(cmd *cobra.Command, scenes []string) error { return f.run(cmd, scenes) },
	}
	p := c.Flags()
	p.StringVar(&f.labels, "labels", "", "labelled polygons, GeoJSON, each with a property class")
	p.StringVarP(&f.out, "output", "o", "", "write the model to this file")
	p.StringVar(&f.kind, "kind", string(upwind.BareSoil), "what the model is for")
	p.StringSliceVar(&f.features, "features", nil, "what to learn from beside the bands: indices, texture")
	p.StringSliceVar(&f.bands, "bands", nil, "which band is what, for indices, e.g. blue=1,green=2,red=3,nir=4")
	p.IntVar(&f.folds, "folds", 4, "folds of the cross-validation")
	p.IntVar(&f.opt.Trees, "trees", 100, "trees of the forest")
	p.BoolVar(&f.opt.Balanced, "balanced", false, "weigh all classes alike, however many pixels each has")
	p.Uint64Var(&f.opt.Seed, "seed", 1, "of the forest and of the folds")
	p.BoolVar(&f.asJSON, "json", false, "one JSON document")
	p.IntVar(&f.memoryMB, "memory-mb", walledMemoryMB, "memory the command may use")
	return c
}

func (f *trainFlags) run(cmd *cobra.Command, scenes []string) error {
	switch {
	case f.labels == "":
		return usageError{errors.New("--labels needs the labelled polygons, GeoJSON")}
	case f.folds < 2 || f.opt.Trees < 1:
		return usageError{errors.New("--folds is 2 or more and --trees 1 or more")}
	}
	if err := behindWalls(append(slices.Clone(scenes), f.labels), outputs(f.out), f.memoryMB); err != nil {
		return err
	}
	if err := gdal.Register(); err != nil {
		return err
	}
	opt, err := assetOptions(f.bands, "", "", "")
	if err != nil {
		return usageError{err}
	}
	set, err := readTrainingSet(cmd.Context(), f.labels, scenes, f.features, opt.Bands)
	if err != nil {
		return err
	}
	for _, n := range set.notes {
		fmt.Fprintln(cmd.ErrOrStderr(), "upwind: "+n)
	}
	held, err := forest.CrossValidate(cmd.Context(), set.samples, set.group, set.groupClass, f.folds, f.opt.Seed, f.opt)
	if err != nil {
		return err
	}
	bar := newBar("growing")
	model := &forest.Model{About: set.about}
	model.About.Kind, model.About.Options, model.About.Calibration = f.kind, f.opt, held.Curves()
	model.Forest, err = forest.Train(cmd.Context(), set.samples, f.opt, func(done, total int) { bar.set(int64(done), int64(total)) })
	bar.finish()
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := writeWhole(f.out, func(w *os.File) error { return model.Write(w) }); err != nil {
			return err
		}
	}
	if f.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "about": model.About, "folds": f.folds, "confusion": held.Tally.N})
	}
	return set.write(cmd.OutOrStdout(), &held, f.folds)
}

// trainingSet is what labels say of the pixels of scenes.
type trainingSet struct {
	samples    forest.Samples
	group      []int   // of each sample: its polygon on its scene
	groupClass []uint8 // of each group
	about      forest.About
	notes      []string
	features   []string       // groups of features beside the bands
	bands      map[string]int // what bands are, where it is stated
}

func readTrainingSet(ctx context.Context, labels string, scenes, features []string, bands map[string]int) (*trainingSet, error) {
	file, err := readLabels(labels)
	if err != nil {
		return nil, err
	}
	set := &trainingSet{features: features, bands: bands}
	if set.about.Labels, err = inputOf(labels); err != nil {
		return nil, err
	}
	for _, l := range file.labels {
		if !slices.Contains(set.about.Classes, l.Class) {
			set.about.Classes = append(set.about.Classes, l.Class)
		}
	}
	slices.Sort(set.about.Classes)
	k := len(set.about.Classes)
	set.samples.Classes, set.about.Samples, set.about.Groups = k, make([]int, k), make([]int, k)
	for _, path := range scenes {
		if err := set.add(ctx, file, path); err != nil {
			return nil, err
		}
	}
	for c, name := range set.about.Classes {
		if set.about.Samples[c] == 0 {
			return nil, upwind.Refuse(labels, "", fmt.Sprintf("no pixel of the scenes lies in a polygon of class %s", name), "label ground that the scenes show, or leave the class out")
		}
		if set.about.Groups[c] < 2 {
			set.notes = append(set.notes, fmt.Sprintf("class %s has one polygon only: cross-validation can say nothing about it", name))
		}
	}
	if k < 2 {
		return nil, upwind.Refuse(labels, "", "all polygons are of one class", "label what is to be told apart from it as well")
	}
	return set, nil
}

// add takes a scene in.
func (set *trainingSet) add(ctx context.Context, file *labelFile, path string) (err error) {
	ds, err := gdal.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ds.Close()) }()
	var src raster.Source = ds
	if len(set.features) > 0 {
		roles, err := raster.FindBands(ds.Info(), set.bands)
		if err != nil {
			return err
		}
		if src, err = raster.Derive(ds, roles, set.features); err != nil {
			return err
		}
	}
	si := src.Info()
	names := raster.BandNames(si)
	if set.about.Features == nil {
		set.about.Features, set.samples.Features = names, len(names)
	} else if !slices.Equal(names, set.about.Features) {
		return upwind.Refuse(path, "", fmt.Sprintf("its bands are %v, those of the first scene %v", names, set.about.Features), "train on scenes of one sensor")
	}
	in, err := inputOf(path)
	if err != nil {
		return err
	}
	set.about.Scenes = append(set.about.Scenes, in)
	labels, err := file.on(si)
	if err != nil {
		return err
	}
	pixels, disputed, empty, err := raster.Labelled(ctx, src, labels)
	if err != nil {
		return err
	}
	if disputed+empty > 0 {
		set.notes = append(set.notes, fmt.Sprintf("%s: %d pixels are left out that polygons of different classes claim, and %d without data", path, disputed, empty))
	}
	groups := map[int]int{}
	for _, p := range pixels {
		c := slices.Index(set.about.Classes, labels[p.Label].Class)
		g, ok := groups[p.Label]
		if !ok {
			g = len(set.groupClass)
			groups[p.Label] = g
			set.groupClass = append(set.groupClass, uint8(c))
			set.about.Groups[c]++
		}
		set.samples.X, set.samples.Class = append(set.samples.X, p.Values...), append(set.samples.Class, uint8(c))
		set.group = append(set.group, g)
		set.about.Samples[c]++
	}
	return nil
}

// write tells how well polygons were told that a forest had not seen.
func (set *trainingSet) write(out io.Writer, held *forest.Validation, folds int) error {
	t := held.Tally
	fmt.Fprintf(out, "%d pixels of %d polygons; told by forests that had not seen their polygon (%d folds):\n", set.samples.Len(), len(set.groupClass), folds)
	w := tabwriter.NewWriter(out, 2, 4, 2, ' ', 0)
	fmt.Fprint(w, "class\tpolygons\tpixels\tF1\trecall\tBrier\tcalibrated")
	for _, name := range set.about.Classes {
		fmt.Fprintf(w, "\tas %s", name)
	}
	fmt.Fprintln(w)
	for c, name := range set.about.Classes {
		share, calibrated := held.Brier(c)
		fmt.Fprintf(w, "%s\t%d\t%d\t%.3f\t%.3f\t%.4f\t%.4f", name, set.about.Groups[c], set.about.Samples[c], t.F1(c), t.Recall(c, c), share, calibrated)
		for _, n := range t.N[c] {
			fmt.Fprintf(w, "\t%d", n)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// inputOf is a file's name and hash.
func inputOf(path string) (forest.Input, error) {
	id, err := inputID(path)
	return forest.Input{Name: filepath.Base(path), SHA256: id}, err
}
