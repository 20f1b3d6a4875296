package main

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"

	"upwind"
	"upwind/fixtures"
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
	want := make([]uint8, 0, len(mask.Pix))
	for y := range mask.Height {
		for x := range mask.Width {
			want = append(want, truth.GrayAt(x, y).Y)
		}
	}
	f1, abstained = pixelF1(mask, want, image.Rect(0, 0, mask.Width, mask.Height))
	return f1, abstained, nil
}

// pixelF1 is the F1 of a part of a mask where the truth is certain, 255 being uncertain; an abstained pixel counts as not bare.
func pixelF1(mask *raster.Mask, want []uint8, part image.Rectangle) (f1, abstained float64) {
	var tp, fp, fn, skipped, n float64
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			got, is := mask.Row(y)[x], want[y*mask.Width+x]
			if is == raster.MaskAbstain {
				continue
			}
			n++
			switch {
			case got == raster.MaskAbstain:
				skipped++
				fallthrough
			case got == raster.MaskNo:
				fn += float64(is)
			case is == 1:
				tp++
			default:
				fp++
			}
		}
	}
	return 2 * tp / max(1, 2*tp+fp+fn), skipped / max(1, n)
}

// soilSceneSeeds are cities that nothing was made with.
var soilSceneSeeds = []uint64{21, 22, 23}

// soilBlocks cuts a scene into so many parts in each direction.
const soilBlocks = 3

// scoreSceneSoil compares the spectral rules with the truth of simulated satellite scenes, block by block.
func scoreSceneSoil(ctx context.Context, _ string) ([]Figure, error) {
	var blocks, scenes []float64
	for _, seed := range soilSceneSeeds {
		dir, err := os.MkdirTemp("", "upwind-score-*")
		if err != nil {
			return nil, err
		}
		f1, parts, err := sceneSoil(ctx, dir, seed)
		os.RemoveAll(dir)
		if err != nil {
			return nil, err
		}
		scenes, blocks = append(scenes, f1), append(blocks, parts...)
	}
	mean := 0.0
	for _, v := range scenes {
		mean += v / float64(len(scenes))
	}
	return []Figure{{"simulated", "bare soil by spectrum on satellite scenes, pixel F1", mean, "", "0.85",
		fmt.Sprintf("%d cities; %d blocks of 10 km: %.2f to %.2f", len(scenes), len(blocks), slices.Min(blocks), slices.Max(blocks))}}, nil
}

func sceneSoil(ctx context.Context, dir string, seed uint64) (f1 float64, blocks []float64, err error) {
	path, want, err := fixtures.WriteScene(ctx, dir, seed)
	if err != nil {
		return 0, nil, err
	}
	asset, err := pictureOf(path, "", upwind.AssetOptions{})
	if err != nil {
		return 0, nil, err
	}
	opened, err := workers.OpenScene(ctx, asset)
	if err != nil {
		return 0, nil, err
	}
	defer opened.Close()
	mask := raster.NewMask(opened.Scene.Info().Width, opened.Scene.Info().Height)
	d, _ := raster.Find("bare-soil-spectral")
	if _, err := d.Detect(ctx, opened.Scene, raster.Options{Mask: mask}, nil); err != nil {
		return 0, nil, err
	}
	f1, _ = pixelF1(mask, want, image.Rect(0, 0, mask.Width, mask.Height))
	for j := range soilBlocks {
		for i := range soilBlocks {
			b, _ := pixelF1(mask, want, image.Rect(mask.Width*i/soilBlocks, mask.Height*j/soilBlocks, mask.Width*(i+1)/soilBlocks, mask.Height*(j+1)/soilBlocks))
			blocks = append(blocks, b)
		}
	}
	return f1, blocks, nil
}
