package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"upwind/bus"
	"upwind/store"
)

// workerCommand does jobs on a machine that needs only the NATS address and the store's folder.
func workerCommand() *cobra.Command {
	var (
		natsURL, blobs, work string
		o                    workOptions
	)
	c := &cobra.Command{
		Use:   "worker",
		Short: "do jobs for a server on another machine",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if natsURL == "" || blobs == "" {
				return usageError{errors.New("--nats URL and --store DIR are needed")}
			}
			if err := o.check(); err != nil {
				return err
			}
			ctx := cmd.Context()
			s, err := store.Open(blobs)
			if err != nil {
				return fmt.Errorf("the store %s cannot be used: %w", blobs, err)
			}
			b, err := bus.Connect(ctx, bus.Config{URL: natsURL, Store: s, Token: os.Getenv("UPWIND_NATS_TOKEN"), Log: slog.Default()})
			if err != nil {
				return err
			}
			defer b.Close()
			if work == "" {
				if work, err = os.MkdirTemp("", "upwind-worker-*"); err != nil {
					return err
				}
				defer os.RemoveAll(work)
			}
			w, err := newWorker(b, s, filepath.Join(work, "work"), o)
			if err != nil {
				return err
			}
			slog.Info("working", "roles", o.roles, "slots", o.slots)
			if err := w.Serve(ctx, o.roles, o.slots); err != nil && !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	}
	c.Flags().StringVar(&natsURL, "nats", "", "the server's NATS address (token in UPWIND_NATS_TOKEN)")
	c.Flags().StringVar(&blobs, "store", "", "the store's folder, as this machine sees it")
	c.Flags().StringVar(&work, "work", "", "folder for jobs in progress, not shared with another worker (default: a temporary one)")
	o.flags(c)
	return c
}
