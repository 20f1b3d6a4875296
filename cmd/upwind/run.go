package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"upwind/bus"
	"upwind/store"
	"upwind/workers"
)

// runOptions are the flags of `upwind run`.
type runOptions struct {
	data, listen, blobs string
	hosts               []string
	natsURL, natsListen string
	clusterName         string
	clusterServer       string
	clusterListen       string
	clusterRoutes       []string
	replicas            int
	hj212               string
	setClocks           bool
	demo, once          bool
	seed                uint64
	work                workOptions
}

// workOptions are what run and worker share.
type workOptions struct {
	roles    []string
	slots    int
	memoryMB int
}

func (w *workOptions) flags(c *cobra.Command) {
	c.Flags().StringSliceVar(&w.roles, "roles", workers.Roles, "kinds of jobs to do")
	c.Flags().IntVar(&w.slots, "slots", runtime.NumCPU(), "jobs of a role at once")
	c.Flags().IntVar(&w.memoryMB, "memory-mb", workers.DefaultMemoryMB, "memory limit of one job's process")
}

func (w *workOptions) check() error {
	if w.slots < 1 || w.memoryMB < 128 {
		return usageError{errors.New("--slots must be 1 or more and --memory-mb 128 or more")}
	}
	for _, r := range w.roles {
		if !slices.Contains(workers.Roles, r) {
			return usageError{fmt.Errorf("--roles: %q is none of %s", r, strings.Join(workers.Roles, ", "))}
		}
	}
	return nil
}

func runCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run",
		Short: "everything in one process: server, workers, map",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.work.check(); err != nil {
				return err
			}
			return run(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	dataFlag(c, &o.data)
	f := c.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8480", "address of the map; port 0 picks a free one")
	f.StringSliceVar(&o.hosts, "host", nil, "host name the map may be called by, besides the address it listens on")
	f.StringVar(&o.blobs, "store", "", "folder of the blobs, shared where there are more machines (default DATA/blobs, or UPWIND_STORE)")
	f.StringVar(&o.natsURL, "nats", "", "use this NATS cluster instead of the server inside (token in UPWIND_NATS_TOKEN)")
	f.StringVar(&o.natsListen, "nats-listen", "", "open the server inside to other machines at this address (token in UPWIND_NATS_TOKEN)")
	f.StringVar(&o.clusterName, "cluster", "", "join servers inside several processes under this name")
	f.StringVar(&o.clusterServer, "cluster-server", "", "this server's name in the cluster, always the same")
	f.StringVar(&o.clusterListen, "cluster-listen", "", "address for the cluster's other servers")
	f.StringSliceVar(&o.clusterRoutes, "cluster-routes", nil, "addresses of the other servers")
	f.IntVar(&o.replicas, "replicas", 1, "copies of every stream: 1, or 3 on a cluster")
	f.StringVar(&o.hj212, "hj212", "", "listen to stations that speak HJ 212 at this address, as :9212; the registry of stations says who may send")
	f.BoolVar(&o.setClocks, "set-clocks", false, "send the time to stations whose clock is off")
	f.BoolVar(&o.demo, "demo", false, "make a simulated city, hand it in, and compare what is found with the truth")
	f.Uint64Var(&o.seed, "seed", 1, "of the simulated city")
	f.BoolVar(&o.once, "once", false, "end when nothing is left to do")
	o.work.flags(c)
	return c
}

func (o runOptions) config(s *store.Dir) bus.Config {
	cfg := bus.Config{Dir: o.data, Listen: o.natsListen, Replicas: o.replicas, Store: s, Token: os.Getenv("UPWIND_NATS_TOKEN"), Log: slog.Default()}
	if o.natsURL != "" {
		cfg.Dir, cfg.URL = "", o.natsURL
	}
	if o.clusterName != "" {
		cfg.Cluster = &bus.Cluster{Name: o.clusterName, ServerName: o.clusterServer, Listen: o.clusterListen, Routes: o.clusterRoutes}
	}
	return cfg
}

// machine is what one process runs.
type machine struct {
	bus     *bus.Bus
	store   *store.Dir
	view    *bus.View
	worker  *workers.Worker
	settler *workers.Settler
}

func run(ctx context.Context, o runOptions, out io.Writer) error {
	blobs := o.blobs
	if blobs == "" {
		blobs = blobsIn(o.data)
	}
	s, err := store.Open(blobs)
	if err != nil {
		return fmt.Errorf("the data folder %s cannot be used: %w; name another with --data", o.data, err)
	}
	b, err := bus.Connect(ctx, o.config(s))
	if err != nil {
		return err
	}
	defer b.Close()
	vctx, stop := context.WithCancel(ctx)
	defer stop()
	view, err := bus.NewView(vctx, b)
	if err != nil {
		return err
	}
	w, err := newWorker(b, s, filepath.Join(o.data, "work"), o.work)
	if err != nil {
		return err
	}
	m := &machine{bus: b, store: s, view: view, worker: w, settler: &workers.Settler{Bus: b, View: view, Store: s, Log: slog.Default()}}
	return m.serve(ctx, o, out)
}

func newWorker(b *bus.Bus, s *store.Dir, dir string, o workOptions) (*workers.Worker, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	folders, err := workers.NewFolders(s, dir, workers.DefaultCacheBytes)
	if err != nil {
		return nil, err
	}
	ended := func(j workers.Job, peak int64) {
		slog.Debug("a child ended", "job", j.ID, "kind", j.Kind, "peak_mb", peak>>20)
	}
	return &workers.Worker{Bus: b, Store: s, Folders: folders, Runner: workers.Runner{Exe: exe, MemoryMB: o.memoryMB, Ended: ended}, Log: slog.Default()}, nil
}

// serve runs all parts until ctx ends, or with --once until nothing is left to do. The parts that only end
// with their context are waited for, so that no job is cut off without being handed back.
func (m *machine) serve(ctx context.Context, o runOptions, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer stop()
	parts.Go(func() { _ = m.worker.Serve(ctx, o.work.roles, o.work.slots) })
	parts.Go(func() {
		if err := m.bus.RunProjector(ctx); err != nil && ctx.Err() == nil {
			slog.Error("the grid's projection stopped", "err", err)
		}
	})
	if o.hj212 != "" {
		if err := m.listen(ctx, o, &parts, out); err != nil {
			return err
		}
	}
	where := ""
	if !o.once {
		site, err := m.openSite(ctx, o)
		if err != nil {
			return err
		}
		parts.Go(func() { site.serve(ctx) })
		where = site.where()
		fmt.Fprint(out, where)
	}
	if o.demo {
		if err := m.demo(ctx, o, out); err != nil {
			return err
		}
		if o.once {
			return nil
		}
		fmt.Fprint(out, "\n"+where)
	}
	if o.once {
		return m.once(ctx, out)
	}
	if err := m.settler.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// once works until nothing is left to do and says what came of it.
func (m *machine) once(ctx context.Context, out io.Writer) error {
	if err := m.drain(ctx); err != nil {
		return err
	}
	dead, err := m.bus.Jobs().Dead(ctx)
	if err != nil {
		return err
	}
	for _, d := range dead {
		fmt.Fprintf(out, "given up: %s\n", d.Reason)
	}
	for _, in := range m.view.Inspections() {
		if in.Held != "" {
			fmt.Fprintf(out, "held off the map: %s\n", in.Held)
		}
	}
	_, err = fmt.Fprintf(out, "%d candidate targets, %d detections, %d traces; %d jobs given up\n",
		m.view.Book().Len(), len(m.view.Detections()), len(m.view.Traces()), len(dead))
	return err
}

// drain works until nothing is left to do.
func (m *machine) drain(ctx context.Context) error {
	bar := newBar("working")
	defer bar.finish()
	most := 0
	err := m.settler.Drain(ctx, func(outstanding int) {
		most = max(most, outstanding)
		bar.set(int64(most-outstanding), int64(most))
	})
	if err != nil {
		return err
	}
	return m.bus.Project(ctx)
}
