package workers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"upwind"
	"upwind/lidar/scan/plume"
	"upwind/lidar/scan/retrieve"
)

const (
	// maxScanGap is the longest between two scans whose plumes are still followed.
	maxScanGap = 30 * time.Minute
	// beforePrefix tells the files of the earlier scan from those of the later one in a job's folder.
	beforePrefix    = "before-"
	motionDetector  = "lidar-motion"
	motionVersion   = 1
	instrumentPlace = 1e4 // of a degree: two instruments stand further apart than 11 m
)

// instrumentOf names the instrument of a scan by its site and place.
func instrumentOf(id string, lon, lat float64) string {
	return fmt.Sprintf("%s %.0f %.0f", id, lon*instrumentPlace, lat*instrumentPlace)
}

// motionJob follows the plumes of a scan back into the one before.
func motionJob(before, a upwind.Asset) Job {
	members := slices.Clone(a.Members)
	for _, m := range before.Members {
		m.Name = beforePrefix + m.Name
		members = append(members, m)
	}
	return newJob(Job{Kind: KindMotion, Role: roleOf(a.Kind), Inputs: []string{before.ID, a.ID}, Detector: motionDetector,
		DetectorV: motionVersion, Members: members, Asset: &a, Before: &before})
}

// queueMotions queues a job for each scan with plumes that followed another of the same instrument: what moved
// between them is a wind reading.
func (s *Settler) queueMotions(ctx context.Context) (int, error) {
	withPlumes := map[string]bool{}
	for _, d := range s.View.Detections() {
		if d.Kind == upwind.LidarPlume {
			for _, id := range d.Provenance.Inputs {
				withPlumes[id] = true
			}
		}
	}
	byInstrument := map[string][]upwind.Inspection{}
	for _, in := range s.View.Inspections() {
		if in.Kind == upwind.AssetScan && in.Instrument != "" && in.Preview != nil {
			byInstrument[in.Instrument] = append(byInstrument[in.Instrument], in)
		}
	}
	total := 0
	for _, instrument := range slices.Sorted(maps.Keys(byInstrument)) {
		scans := byInstrument[instrument]
		slices.SortFunc(scans, func(a, b upwind.Inspection) int {
			return cmp.Or(a.AcquiredAt.Compare(b.AcquiredAt), cmp.Compare(a.AssetID, b.AssetID))
		})
		for i := 1; i < len(scans); i++ {
			gap := scans[i].AcquiredAt.Sub(scans[i-1].AcquiredAt)
			before, ok := s.View.Asset(scans[i-1].AssetID)
			a, ok2 := s.View.Asset(scans[i].AssetID)
			if !ok || !ok2 || gap <= 0 || gap > maxScanGap || !withPlumes[a.ID] {
				continue
			}
			n, err := s.submit(ctx, motionJob(before, a))
			if err != nil {
				return total, err
			}
			total += n
		}
	}
	return total, nil
}

// motion is the engine of a motion job.
func motion(ctx context.Context, job Job, progress func(Progress)) (Result, error) {
	if job.Asset == nil || job.Before == nil {
		return Result{}, fmt.Errorf("workers: motion job %s names no two scans", job.ID)
	}
	before := *job.Before
	before.Members = slices.Clone(before.Members)
	for i := range before.Members {
		before.Members[i].Name = beforePrefix + before.Members[i].Name
	}
	var products [2]*retrieve.Product
	for i, a := range [2]upwind.Asset{before, *job.Asset} {
		s, err := readScan(ctx, a)
		if err != nil {
			return Result{}, err
		}
		if products[i], err = retrieve.Run(ctx, s, retrieve.Options{}, steps(progress, plume.Detector)); err != nil {
			return Result{}, err
		}
	}
	return Result{Wind: retrieve.Between(products[0], products[1])}, nil
}
