//go:build !onnx

package main

import (
	"upwind"
	"upwind/raster/network"
)

// openNetwork says that this program was built without a runtime for networks.
func openNetwork(path string) (network.Runner, func() error, error) {
	return nil, nil, upwind.Refuse(path, "", "this program was built without ONNX Runtime", "build it with go build -tags onnx, as docs/onnx.md says")
}

func networkLibrary() string { return "" }
