package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/paulmach/orb"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/scan/plume"
	"upwind/raster"
	"upwind/tracing"
)

// Engines is what a child can do.
var Engines = map[Kind]Engine{
	KindInspect: inspect,
	KindDetect:  detect,
	KindMotion:  motion,
	KindTrace:   trace,
}

const (
	// previewPx is the longer side of an asset's picture on the map.
	previewPx = 1024
	// chipPx is the longer side of the picture of one detection.
	chipPx = 512
	// maxChips bounds the pictures of single detections of one job; the most probable ones get theirs.
	maxChips = 200
	// clockSlack is how far ahead of this machine's clock a picture's may be: a day covers every time zone mistake.
	clockSlack = 24 * time.Hour
)

// detectorVersion is the version of a detector in any of the registries.
func detectorVersion(name string) (int, bool) {
	if d, ok := raster.Find(name); ok {
		return d.Version, true
	}
	if d, ok := lidar.Find(name); ok {
		return d.Version, true
	}
	if name == plume.Detector {
		return plume.Version, true
	}
	return 0, false
}

func inspect(ctx context.Context, job Job, progress func(Progress)) (Result, error) {
	if job.Asset == nil {
		return Result{}, fmt.Errorf("workers: inspect job %s names no asset", job.ID)
	}
	in := upwind.Inspection{Version: upwind.SchemaVersion, AssetID: job.Asset.ID, Kind: job.Asset.Kind, Detectors: []string{}}
	var err error
	switch job.Asset.Kind {
	case upwind.AssetCloud:
		err = inspectCloud(ctx, *job.Asset, &in, progress)
	case upwind.AssetScan:
		err = inspectScan(ctx, *job.Asset, &in, progress)
	case upwind.AssetFields:
		err = inspectFields(ctx, *job.Asset, &in)
	default:
		err = inspectPicture(ctx, *job.Asset, &in, progress)
	}
	if err == nil && job.Asset.Kind != upwind.AssetFields && in.AcquiredAt.After(time.Now().Add(clockSlack)) {
		err = upwind.Refuse(job.Asset.Name, "", "says it was taken on "+in.AcquiredAt.Format(time.DateTime)+" UTC, which is in the future",
			"set the camera's clock, and hand it in with --acquired and the right time")
	}
	return Result{Inspection: &in}, err
}

func detect(ctx context.Context, job Job, progress func(Progress)) (Result, error) {
	if job.Asset == nil || job.Inspection == nil {
		return Result{}, fmt.Errorf("workers: detect job %s names no inspected asset", job.ID)
	}
	switch job.Asset.Kind {
	case upwind.AssetCloud:
		return detectCloud(ctx, job, progress)
	case upwind.AssetScan:
		return detectScan(ctx, job, progress)
	}
	return detectPicture(ctx, job, progress)
}

func trace(ctx context.Context, job Job, progress func(Progress)) (Result, error) {
	if job.Trigger == nil {
		return Result{}, fmt.Errorf("workers: trace job %s has no trigger", job.ID)
	}
	body, err := os.ReadFile(traceInputName)
	if err != nil {
		return Result{}, upwind.Passing(err)
	}
	var in traceInput
	if err := json.Unmarshal(body, &in); err != nil {
		return Result{}, fmt.Errorf("workers: trace job %s: %w", job.ID, err)
	}
	grids, err := readFields(ctx, in)
	if err != nil {
		return Result{}, err
	}
	t, err := tracing.Run(ctx, tracing.Input{Trigger: *job.Trigger, Wind: in.Wind, Grids: grids, Readings: in.Readings, Sites: in.Sites, Evidence: in.Evidence}, steps(progress, "tracing"))
	return Result{Trace: &t}, err
}

// steps turns a count of done and total into progress lines of a stage.
func steps(progress func(Progress), stage string) func(done, total int) {
	return func(done, total int) { progress(Progress{Stage: stage, Done: done, Total: total}) }
}

// edgeSamples is how many points of each side of a picture its footprint is drawn through.
const edgeSamples = 8

// footprint is the outline of what a picture shows, without the parts above the horizon.
func footprint(loc raster.Locator, w, h int) orb.Polygon {
	fw, fh := float64(w), float64(h)
	corners := [][2]float64{{0, 0}, {fw, 0}, {fw, fh}, {0, fh}}
	var ring orb.Ring
	for i, a := range corners {
		b := corners[(i+1)%4]
		for k := range edgeSamples {
			t := float64(k) / edgeSamples
			if lon, lat, _, ok := loc.Locate(a[0]+t*(b[0]-a[0]), a[1]+t*(b[1]-a[1])); ok {
				ring = append(ring, orb.Point{lon, lat})
			}
		}
	}
	if len(ring) < 3 {
		return nil
	}
	return orb.Polygon{append(ring, ring[0])}
}
