package main

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"upwind/raster"
	"upwind/raster/gdal"
	"upwind/raster/sequence"
)

// firstSmoke is the number of the first frame of camera_sequence with smoke; the thirteen before it are of a sunrise.
const firstSmoke = "img100.jpeg"

// scoreCamera looks for smoke in the frames of one camera, each judged with those before it only, and in single frames of other cameras.
func scoreCamera(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	paths, err := framesOf(filepath.Join(shared, "raster/camera_sequence"))
	if err != nil {
		return nil, err
	}
	start := slices.IndexFunc(paths, func(p string) bool { return filepath.Base(p) == firstSmoke })
	var w sequence.Watcher
	alarms, found := 0, 0
	for i, p := range paths {
		img, err := decoded(p)
		if err != nil {
			return nil, err
		}
		got, err := w.Add(filepath.Base(p), img)
		switch {
		case err != nil:
			return nil, err
		case len(got.Plumes) > 0 && i < start:
			alarms++
		case len(got.Plumes) > 0:
			found++
		}
	}
	out := []Figure{
		{"real", fmt.Sprintf("smoke in the frames of a camera: alarms in %d frames before it", start), float64(alarms), "", "0", "a sunrise"},
		{"real", fmt.Sprintf("smoke in the frames of a camera: found of %d frames", len(paths)-start), float64(found), "", "16", "the first shows another light than the frames before it, and is not judged"},
	}
	more, err := scoreSingleFrames(ctx, filepath.Join(shared, "raster/camera_smoke"))
	return append(out, more...), err
}

// overlap counts the pixels of a mask of smoke and of what was found.
type overlap struct{ both, found, smoke float64 }

func (o overlap) iou() float64 {
	if o.both == 0 {
		return 0
	}
	return o.both / (o.found + o.smoke - o.both)
}

// scoreSingleFrames compares plumes with the hand-drawn ones by date: frames one by one, and the second of two frames of one camera with the first.
func scoreSingleFrames(ctx context.Context, dir string) ([]Figure, error) {
	if err := gdal.Register(); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "images", "*.jpg"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	dates := map[string]*overlap{}
	var pairs overlap
	pairsSeen, seen, before := 0, 0, ""
	for _, file := range files {
		date, camera := filepath.Base(file)[:8], strings.SplitN(filepath.Base(file), "__", 2)[0]
		found, err := singleFrame(ctx, file)
		if err != nil {
			return nil, err
		}
		if dates[date] == nil {
			dates[date] = &overlap{}
		}
		if err := dates[date].add(ctx, file, found); err != nil {
			return nil, err
		}
		if before != "" && strings.HasPrefix(filepath.Base(before), camera) {
			pairsSeen++
			second, err := secondFrame(before, file)
			if err != nil {
				return nil, err
			}
			if second.Count(raster.MaskYes) > 0 {
				seen++
			}
			if err := pairs.add(ctx, file, second); err != nil {
				return nil, err
			}
		}
		before = file
	}
	sum, hit := 0.0, 0
	for _, o := range dates {
		if sum += o.iou(); o.both > 0 {
			hit++
		}
	}
	return []Figure{
		{"real", "smoke in single frames, IoU, mean of the dates", sum / float64(len(dates)), "", "", fmt.Sprintf("%d of %d dates with any of it found: far smoke in one frame is beyond these rules", hit, len(dates))},
		{"real", "smoke in the second of two frames of one camera, IoU", pairs.iou(), "", "", fmt.Sprintf("%d of %d pairs with a plume; both frames have smoke, a minute apart", seen, pairsSeen)},
	}, nil
}

// singleFrame is the mask of smoke in one frame.
func singleFrame(ctx context.Context, file string) (*raster.Mask, error) {
	ds, err := gdal.Open(file)
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	s, err := raster.NewScene(ds, raster.SceneOptions{})
	if err != nil {
		return nil, err
	}
	m := raster.NewMask(s.Info().Width, s.Info().Height)
	d, _ := raster.Find("smoke-veil")
	_, err = d.Detect(ctx, s, raster.Options{Mask: m}, nil)
	return m, err
}

// secondFrame is the mask of smoke in the second of two frames, judged with the first.
func secondFrame(first, second string) (*raster.Mask, error) {
	var w sequence.Watcher
	var m *raster.Mask
	for _, p := range []string{first, second} {
		img, err := decoded(p)
		if err != nil {
			return nil, err
		}
		got, err := w.Add(filepath.Base(p), img)
		if err != nil {
			return nil, err
		}
		m = raster.NewMask(img.Bounds().Dx(), img.Bounds().Dy())
		for _, plume := range got.Plumes {
			m.FillRing(plume.Outline[0], raster.MaskYes)
		}
	}
	return m, nil
}

// add counts the pixels of a frame's mask of smoke.
func (o *overlap) add(ctx context.Context, file string, found *raster.Mask) error {
	base := filepath.Base(file)
	ds, err := gdal.Open(filepath.Join(filepath.Dir(filepath.Dir(file)), "masks", strings.TrimSuffix(base, ".jpg")+".png"))
	if err != nil {
		return err
	}
	defer ds.Close()
	px := make([][]float32, 1)
	if err := ds.Read(ctx, image.Rect(0, 0, found.Width, found.Height), []int{1}, px); err != nil {
		return err
	}
	for i, v := range px[0] {
		is, said := v > 0, found.Pix[i] == raster.MaskYes
		if is {
			o.smoke++
		}
		if said {
			o.found++
		}
		if is && said {
			o.both++
		}
	}
	return nil
}
