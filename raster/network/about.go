package network

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"upwind"
)

// Runner executes a network on one tile. in holds the channels one after the other, row by row, and so does what it returns: a probability, or an
// unbounded score, a class.
type Runner interface {
	Run(in []float32) ([]float32, error)
	// Shape is the size of a tile: channels, rows, columns; and the classes it answers.
	Shape() (channels, height, width, classes int)
	// Metadata are the values under the keys of the package's documentation; missing ones are empty.
	Metadata(key string) string
}

// About is what a network says of itself.
type About struct {
	Classes      []string
	ResolutionM  float64
	Threshold    float64
	SmallSegment int
	Overlap      float64 // share of a tile
	Mean, Std    []float64
}

// AboutOf reads a network's metadata, and refuses one that is not for segmentation or does not say what it needs.
func AboutOf(name string, r Runner) (About, error) {
	a := About{Threshold: 0.5, Overlap: 0.15}
	bad := func(key, what string) error {
		return upwind.Refuse(name, key, what, "write the network's metadata as docs/onnx.md says")
	}
	if t := strings.ToLower(r.Metadata("model_type")); t != "segmentor" && t != "seg" {
		return a, bad("model_type", fmt.Sprintf("%q: only networks for segmentation are run", t))
	}
	names := map[string]string{}
	if err := json.Unmarshal([]byte(r.Metadata("class_names")), &names); err != nil || len(names) == 0 {
		return a, bad("class_names", "it should be a JSON object of numbers and names")
	}
	channels, _, _, classes := r.Shape()
	for k := range len(names) {
		n, ok := names[strconv.Itoa(k)]
		if !ok {
			return a, bad("class_names", fmt.Sprintf("class %d has no name", k))
		}
		a.Classes = append(a.Classes, n)
	}
	if len(a.Classes) != classes && !(classes == 1 && len(a.Classes) == 2) { // one output tells the second class from the first
		return a, bad("class_names", fmt.Sprintf("it names %d classes, the network answers %d", len(a.Classes), classes))
	}
	read := func(key string, to *float64, scale float64) error {
		text := r.Metadata(key)
		if text == "" {
			return nil
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !(v >= 0) {
			return bad(key, fmt.Sprintf("%q is no number", text))
		}
		*to = v * scale
		return nil
	}
	small := 0.0
	for _, f := range []struct {
		key   string
		to    *float64
		scale float64
	}{{"resolution", &a.ResolutionM, 0.01}, {"seg_thresh", &a.Threshold, 1}, {"tiles_overlap", &a.Overlap, 0.01}, {"seg_small_segment", &small, 1}} {
		if err := read(f.key, f.to, f.scale); err != nil {
			return a, err
		}
	}
	a.SmallSegment = int(small)
	if a.ResolutionM == 0 {
		return a, bad("resolution", "it does not say at what resolution it was trained")
	}
	if a.Overlap > 0.5 || a.Threshold > 1 {
		return a, bad("tiles_overlap, seg_thresh", "tiles overlap by half at most, and a threshold is at most 1")
	}
	for _, f := range []struct {
		key   string
		to    *[]float64
		usual float64
	}{{"standardization_mean", &a.Mean, 0}, {"standardization_std", &a.Std, 1}} {
		if text := r.Metadata(f.key); text != "" {
			if err := json.Unmarshal([]byte(text), f.to); err != nil || len(*f.to) != channels {
				return a, bad(f.key, fmt.Sprintf("it should be a list of %d numbers", channels))
			}
			continue
		}
		*f.to = slices.Repeat([]float64{f.usual}, channels)
	}
	if slices.Contains(a.Std, 0) {
		return a, bad("standardization_std", "a standard deviation of 0")
	}
	return a, nil
}
