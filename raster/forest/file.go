package forest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"upwind"
)

// Model is a forest with what it was learnt from.
type Model struct {
	*Forest
	About About
}

// About says what a model tells and what it was learnt from.
type About struct {
	Version  int      `json:"version"`
	Kind     string   `json:"kind"`     // such as bare-soil
	Classes  []string `json:"classes"`  // their names, in order
	Features []string `json:"features"` // what each is, in order
	Labels   Input    `json:"labels"`
	Scenes   []Input  `json:"scenes"`
	Samples  []int    `json:"samples"` // of each class
	Groups   []int    `json:"groups"`  // of each class: labelled polygons
	Options  Options  `json:"options"`
	// Calibration of each class, from polygons that the forests had not seen.
	Calibration []Curve `json:"calibration"`
}

// Input is a file that was learnt from.
type Input struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

const (
	magic       = "UPWINDRF"
	fileVersion = 2
	// What a file may hold: a forest of a thousand trees on a hundred thousand samples each stays below.
	maxHeader = 1 << 20
	maxTrees  = 10_000
	maxNodes  = 1 << 24
	maxFile   = 2 << 30
)

// Write writes the model: the magic, the length of About and About as JSON, the trees, all in little endian, and the SHA-256 of
// all before it.
func (m *Model) Write(w io.Writer) error {
	m.About.Version = fileVersion
	head, err := json.Marshal(m.About)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(magic)
	put := func(v ...uint32) {
		for _, x := range v {
			b.Write(binary.LittleEndian.AppendUint32(nil, x))
		}
	}
	put(uint32(len(head)))
	b.Write(head)
	put(uint32(len(m.trees)))
	for i := range m.trees {
		t := &m.trees[i]
		put(uint32(len(t.nodes)), uint32(len(t.shares)))
		for _, n := range t.nodes {
			put(uint32(n.feature), uint32(n.child), math.Float32bits(n.at))
		}
		for _, s := range t.shares {
			put(math.Float32bits(s))
		}
	}
	sum := sha256.Sum256(b.Bytes())
	b.Write(sum[:])
	_, err = w.Write(b.Bytes())
	return err
}

// Read reads a model. A file that is none, or was damaged, is a Refusal.
func Read(name string, r io.Reader) (*Model, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return nil, err
	}
	if len(raw) < len(magic)+4+sha256.Size || string(raw[:len(magic)]) != magic {
		return nil, upwind.Refuse(name, "", "it is no model of upwind train", "make one with upwind train")
	}
	body, sum := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(want[:], sum) {
		return nil, upwind.Refuse(name, "", "it is damaged: its checksum does not match", "copy it again")
	}
	m, err := parse(body[len(magic):])
	if err != nil {
		return nil, &upwind.Refusal{File: name, What: "it cannot be read as a model", Do: "make it anew with upwind train", Err: err}
	}
	return m, nil
}

// Probability is the calibrated probability of a class, where p is what [Forest.Predict] gave.
func (m *Model) Probability(p []float64, class int) float64 {
	return m.About.Calibration[class].At(p[class])
}

var errShort = errors.New("it ends too soon")

func parse(raw []byte) (*Model, error) {
	short := false
	take := func() uint32 {
		if len(raw) < 4 {
			short = true
			return 0
		}
		v := binary.LittleEndian.Uint32(raw)
		raw = raw[4:]
		return v
	}
	n := int(take())
	if n > maxHeader || n > len(raw) {
		return nil, errShort
	}
	m := &Model{Forest: &Forest{}}
	if err := json.Unmarshal(raw[:n], &m.About); err != nil {
		return nil, err
	}
	raw = raw[n:]
	m.Features, m.Classes = len(m.About.Features), len(m.About.Classes)
	switch {
	case m.About.Version != fileVersion:
		return nil, fmt.Errorf("it has version %d, this program reads %d", m.About.Version, fileVersion)
	case m.Features < 1 || m.Features > maxFeatures || m.Classes < 2 || m.Classes > maxClasses:
		return nil, fmt.Errorf("%d features and %d classes cannot be", m.Features, m.Classes)
	case len(m.About.Samples) != m.Classes || len(m.About.Groups) != m.Classes:
		return nil, fmt.Errorf("it counts samples of %d and polygons of %d classes, of %d", len(m.About.Samples), len(m.About.Groups), m.Classes)
	case len(m.About.Calibration) != m.Classes:
		return nil, fmt.Errorf("it calibrates %d of %d classes", len(m.About.Calibration), m.Classes)
	}
	for _, c := range m.About.Calibration {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	trees := int(take())
	if trees < 1 || trees > maxTrees {
		return nil, fmt.Errorf("%d trees cannot be", trees)
	}
	for i := range trees {
		nodes, shares := int(take()), int(take())
		if nodes < 1 || nodes > maxNodes || shares > maxNodes*m.Classes || 12*nodes+4*shares > len(raw) {
			return nil, errShort
		}
		t := tree{make([]node, nodes), make([]float32, shares)}
		for k := range t.nodes {
			t.nodes[k] = node{int32(take()), int32(take()), math.Float32frombits(take())}
		}
		for k := range t.shares {
			t.shares[k] = math.Float32frombits(take())
		}
		if err := t.check(m.Features, m.Classes); err != nil {
			return nil, fmt.Errorf("tree %d: %w", i, err)
		}
		m.trees = append(m.trees, t)
	}
	if short || len(raw) > 0 {
		return nil, errShort
	}
	return m, nil
}

// check makes sure that every walk through a tree ends at a leaf with shares.
func (t *tree) check(features, classes int) error {
	for k, n := range t.nodes {
		switch {
		case n.feature == leaf:
			if n.child < 0 || int(n.child)+classes > len(t.shares) {
				return fmt.Errorf("the shares of node %d are not there", k)
			}
		case n.feature < 0 || int(n.feature) >= features:
			return fmt.Errorf("node %d asks for feature %d of %d", k, n.feature, features)
		case int(n.child) <= k || int(n.child)+1 >= len(t.nodes):
			return fmt.Errorf("node %d leads to %d of %d", k, n.child, len(t.nodes))
		}
	}
	for _, s := range t.shares {
		if !(s >= 0 && s <= 1) {
			return fmt.Errorf("a share of %v cannot be", s)
		}
	}
	return nil
}
