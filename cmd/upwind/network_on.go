//go:build onnx

package main

import (
	"os"

	"upwind/raster/network"
	"upwind/raster/network/onnx"
)

// openNetwork opens an ONNX file; close it when done.
func openNetwork(path string) (network.Runner, func() error, error) {
	n, err := onnx.Open(path)
	if err != nil {
		return nil, nil, err
	}
	return n, n.Close, nil
}

// networkLibrary is the runtime that must be readable behind the walls.
func networkLibrary() string { return os.Getenv(onnx.LibraryEnv) }
