package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"upwind/bus"
	"upwind/store"
)

// defaultData is where commands keep and look for data unless told otherwise.
const defaultData = "upwind-data"

func dataFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "data", envOr("UPWIND_DATA_DIR", defaultData), "data folder")
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// home is an opened data folder.
type home struct {
	bus   *bus.Bus
	store *store.Dir
}

func (h *home) Close() { h.bus.Close() }

// blobsIn is the store of a data folder, unless UPWIND_STORE names one that several machines share.
func blobsIn(dir string) string { return envOr("UPWIND_STORE", filepath.Join(dir, "blobs")) }

// openData opens a data folder: through the process that serves it, if there is one, or by serving it for
// as long as this command runs.
func openData(ctx context.Context, dir string) (*home, error) {
	s, err := store.Open(blobsIn(dir))
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be used: %w; name another with --data", dir, err)
	}
	b, err := bus.Join(ctx, bus.Config{Dir: dir, Store: s, Log: slog.Default()})
	if err != nil {
		return nil, err
	}
	return &home{bus: b, store: s}, nil
}

// needData is [openData] for commands that only read: a folder that is not there is a mistake.
func needData(ctx context.Context, dir string) (*home, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("there is no data folder %s; name it with --data, or start with 'upwind ingest'", dir)
	}
	return openData(ctx, dir)
}
