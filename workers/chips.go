package workers

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"sort"

	"github.com/disintegration/imaging"

	"upwind"
)

// chipQuality is that of JPEG chips: outlines stay clean.
const chipQuality = 85

// errNoDetector is told when a job asks for a detector that this program does not have: a newer one may.
func errNoDetector(name string) error {
	return upwind.Passing(errors.New("this worker has no detector " + name + " of that version; update it"))
}

// eachChip calls cut for the most probable detections, which get a picture each.
func eachChip(found []upwind.Detection, cut func(d *upwind.Detection) error) error {
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return found[order[i]].Probability > found[order[j]].Probability })
	for _, i := range order[:min(len(order), maxChips)] {
		if err := cut(&found[i]); err != nil {
			return err
		}
	}
	return nil
}

// leaveChip leaves an image as a chip of a detection.
func leaveChip(d *upwind.Detection, img image.Image) error {
	var b bytes.Buffer
	if err := imaging.Encode(&b, img, imaging.JPEG, imaging.JPEGQuality(chipQuality)); err != nil {
		return fmt.Errorf("workers: encoding a chip: %w", err)
	}
	blob, err := leaveBlob(b.Bytes(), "chip", "image/jpeg")
	if err == nil {
		d.Chips = append(d.Chips, blob)
	}
	return err
}
