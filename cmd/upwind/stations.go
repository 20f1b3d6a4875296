package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"

	"upwind/ingest/hj212"
	"upwind/workers"
)

// hj212Feed is the name of the stations' feed in the logs.
const hj212Feed = "hj212"

// listen takes what stations send, once the view knows what they have sent already.
func (m *machine) listen(ctx context.Context, o runOptions, parts *sync.WaitGroup, out io.Writer) error {
	ln, err := net.Listen("tcp", o.hj212)
	if err != nil {
		return fmt.Errorf("stations cannot be listened to at %s: %w; choose another address with --hj212", o.hj212, err)
	}
	if err := m.view.WaitReady(ctx); err != nil {
		return errors.Join(err, ln.Close())
	}
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "listener"
	}
	feed := &workers.Feed{Name: hj212Feed, Bus: m.bus, View: m.view}
	doctor := hj212.NewDoctor()
	server := &hj212.Server{Lookup: feed.Device, Publish: feed.Publish, Doctor: doctor, Log: slog.Default(), SetClocks: o.setClocks}
	watch := &workers.DeviceWatch{Listener: name, Doctor: doctor, Feed: feed, Log: slog.Default()}
	parts.Go(func() {
		if err := server.Serve(ctx, ln); err != nil && ctx.Err() == nil {
			slog.Error("listening to stations ended", "err", err)
		}
	})
	parts.Go(func() { _ = watch.Run(ctx) })
	_, err = fmt.Fprintf(out, "Stations are listened to at %s, %d of them registered\n", ln.Addr(), len(m.view.Stations()))
	return err
}
