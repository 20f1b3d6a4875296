//go:build onnx

// Package onnx runs networks by ONNX Runtime, a shared library that is loaded when it is needed. It is built with the tag onnx only.
package onnx

import (
	"fmt"
	"os"
	"path/filepath"

	ort "github.com/yalue/onnxruntime_go"

	"upwind"
	"upwind/raster/network"
)

// LibraryEnv names the runtime's shared library, where it is not the system's libonnxruntime.so.
const LibraryEnv = "ONNXRUNTIME_LIB"

// Network is an opened ONNX file.
type Network struct {
	session                          *ort.DynamicAdvancedSession
	channels, height, width, classes int
	metadata                         map[string]string
}

var _ network.Runner = (*Network)(nil)

// keys are the metadata that package network reads.
var keys = []string{"model_type", "class_names", "resolution", "seg_thresh", "seg_small_segment", "tiles_overlap", "standardization_mean", "standardization_std"}

// Open opens a network with one input of a fixed size, one picture at a time, and one output.
func Open(path string) (*Network, error) {
	name := filepath.Base(path)
	if !ort.IsInitialized() {
		if lib := os.Getenv(LibraryEnv); lib != "" {
			ort.SetSharedLibraryPath(lib)
		}
		if err := ort.InitializeEnvironment(); err != nil {
			return nil, &upwind.Refusal{File: name, What: "ONNX Runtime cannot be loaded", Do: "install its shared library and name it with " + LibraryEnv, Err: err}
		}
	}
	bad := func(what string, err error) error {
		return &upwind.Refusal{File: name, What: what, Do: "export the network with one input and one output of fixed size, docs/onnx.md", Err: err}
	}
	in, out, err := ort.GetInputOutputInfo(path)
	if err != nil {
		return nil, bad("it is no network that ONNX Runtime reads", err)
	}
	if len(in) != 1 || len(out) != 1 || len(in[0].Dimensions) != 4 || len(out[0].Dimensions) != 4 {
		return nil, bad(fmt.Sprintf("it has %d inputs and %d outputs", len(in), len(out)), nil)
	}
	i, o := in[0].Dimensions, out[0].Dimensions
	n := &Network{channels: int(i[1]), height: int(i[2]), width: int(i[3]), classes: int(o[1]), metadata: map[string]string{}}
	const most = 4096
	if n.channels < 1 || n.height < 16 || n.width < 16 || n.height > most || n.width > most || n.classes < 1 || o[2] != i[2] || o[3] != i[3] {
		return nil, bad(fmt.Sprintf("its input is %v and its output %v: sizes must be fixed, and the same", i, o), nil)
	}
	meta, err := ort.GetModelMetadata(path)
	if err != nil {
		return nil, bad("its metadata cannot be read", err)
	}
	defer func() { _ = meta.Destroy() }() // it was only read
	for _, k := range keys {
		v, ok, err := meta.LookupCustomMetadataMap(k)
		if err != nil {
			return nil, bad("its metadata cannot be read", err)
		}
		if ok {
			n.metadata[k] = v
		}
	}
	if n.session, err = ort.NewDynamicAdvancedSession(path, []string{in[0].Name}, []string{out[0].Name}, nil); err != nil {
		return nil, bad("it cannot be loaded", err)
	}
	return n, nil
}

// Shape is [network.Runner.Shape].
func (n *Network) Shape() (channels, height, width, classes int) {
	return n.channels, n.height, n.width, n.classes
}

// Metadata is [network.Runner.Metadata].
func (n *Network) Metadata(key string) string { return n.metadata[key] }

// Run is [network.Runner.Run].
func (n *Network) Run(in []float32) ([]float32, error) {
	x, err := ort.NewTensor(ort.NewShape(1, int64(n.channels), int64(n.height), int64(n.width)), in)
	if err != nil {
		return nil, err
	}
	defer func() { _ = x.Destroy() }() // it was only read
	outputs := []ort.Value{nil}
	if err := n.session.Run([]ort.Value{x}, outputs); err != nil {
		return nil, err
	}
	defer func() { _ = outputs[0].Destroy() }() // it is copied below
	y, ok := outputs[0].(*ort.Tensor[float32])
	if !ok {
		return nil, fmt.Errorf("its output is a %T and no 32-bit numbers", outputs[0])
	}
	return append([]float32(nil), y.GetData()...), nil
}

// Close releases the network.
func (n *Network) Close() error { return n.session.Destroy() }
