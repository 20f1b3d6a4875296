package main

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"upwind"
	"upwind/raster"
	"upwind/raster/gdal"
	"upwind/workers"
)

// scoreColourSoil compares the colour rules with the hand-drawn masks. On caliterra the colours were looked at while
// drawing, so its figure flatters the rules.
func scoreColourSoil(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	if err := gdal.Register(); err != nil {
		return nil, err
	}
	var out []Figure
	for _, pic := range []struct{ path, goal, note string }{
		{"drone_oblique/images/100_0005_0018.tif", "0.85", "rule of the labels' page 0.724, forest of the other site 0.601"},
		{"drone_oblique/images/100_0005_0136.tif", "0.40", "1 % of it is bare; rule of the labels' page 0.127"},
		{"drone_earthworks/caliterra_ortho.png", "0.90", "flattering: colour was looked at while drawing"},
	} {
		path := filepath.Join(shared, "raster", pic.path)
		f1, abstained, err := soilF1(ctx, path, filepath.Join(shared, "raster/labels", filepath.Base(path)+".bare.png"))
		if err != nil {
			return nil, err
		}
		out = append(out, Figure{"real", "bare soil, colour rules, pixel F1, " + filepath.Base(path), f1, "", pic.goal,
			fmt.Sprintf("%s; abstained on %.0f %%", pic.note, 100*abstained)})
	}
	return out, nil
}

// soilF1 is the pixel F1 where the label is certain; an abstained pixel counts as not bare. The picture is opened as jobs open it: one that knows where it
// was taken has a scale.
func soilF1(ctx context.Context, path, label string) (f1, abstained float64, err error) {
	asset, err := pictureOf(path, "", upwind.AssetOptions{})
	if err != nil {
		return 0, 0, err
	}
	opened, err := workers.OpenScene(ctx, asset)
	if err != nil {
		return 0, 0, err
	}
	defer opened.Close()
	scene := opened.Scene
	d, ok := raster.Find("bare-soil-colour")
	if !ok {
		return 0, 0, fmt.Errorf("there is no colour rule for bare soil")
	}
	mask := raster.NewMask(scene.Info().Width, scene.Info().Height)
	if _, err := d.Detect(ctx, scene, raster.Options{Mask: mask}, func(int, int) {}); err != nil {
		return 0, 0, err
	}
	f, err := os.Open(label)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		return 0, 0, err
	}
	truth, ok := img.(*image.Gray)
	if !ok || truth.Bounds().Dx() != mask.Width || truth.Bounds().Dy() != mask.Height {
		return 0, 0, fmt.Errorf("%s does not fit its picture", label)
	}
	var tp, fp, fn, skipped, n float64
	for y := range mask.Height {
		for x, got := range mask.Row(y) {
			want := truth.GrayAt(x, y).Y
			if want == raster.MaskAbstain {
				continue
			}
			n++
			switch {
			case got == raster.MaskAbstain:
				skipped++
				fallthrough
			case got == raster.MaskNo:
				fn += float64(want)
			case want == 1:
				tp++
			default:
				fp++
			}
		}
	}
	return 2 * tp / max(1, 2*tp+fp+fn), skipped / max(1, n), nil
}
