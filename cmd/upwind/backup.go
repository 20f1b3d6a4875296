package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// Entries of a backup, in this order: the messages first, so that every blob they name is there when the
// blobs are copied after them.
const (
	backupBus   = "bus.dump"
	backupBlobs = "blobs/"
)

func backupCommand() *cobra.Command {
	var dir, to string
	c := &cobra.Command{
		Use:   "backup",
		Short: "write everything, messages and files, into one tar, while the server runs or not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return usageError{errors.New("name the file to write with -o")}
			}
			h, err := needData(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer h.Close()
			n, err := backup(cmd.Context(), h, to)
			if err != nil {
				return fmt.Errorf("backup to %s: %w", to, err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s holds every message and %d files\n", to, n)
			return err
		},
	}
	dataFlag(c, &dir)
	c.Flags().StringVarP(&to, "out", "o", "", "file to write")
	return c
}

// backup writes next to its target and renames at the end: a backup that is cut off leaves no file that
// looks like one.
func backup(ctx context.Context, h *home, to string) (blobs int, err error) {
	part, err := os.CreateTemp(filepath.Dir(to), ".backup-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(part.Name())
	defer part.Close()
	dump, err := os.CreateTemp(filepath.Dir(to), ".dump-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(dump.Name())
	defer dump.Close()
	if err := h.bus.Dump(ctx, dump); err != nil {
		return 0, err
	}
	w := tar.NewWriter(part)
	if err := addFile(w, backupBus, dump); err != nil {
		return 0, err
	}
	err = h.store.Each(func(sum string) error {
		f, err := h.store.Open(sum)
		if err != nil {
			return err
		}
		defer f.Close()
		blobs++
		return errors.Join(ctx.Err(), addFile(w, backupBlobs+sum, f))
	})
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = part.Sync()
	}
	if err != nil {
		return blobs, err
	}
	return blobs, os.Rename(part.Name(), to)
}

func addFile(w *tar.Writer, name string, f *os.File) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size})
	}
	if err == nil {
		_, err = io.Copy(w, f)
	}
	return err
}

func restoreCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "bring a backup into an empty data folder",
		Args:  needArgs(1, "the backup to restore"),
		RunE: func(cmd *cobra.Command, args []string) error {
			left, err := os.ReadDir(dir)
			if err == nil && len(left) > 0 {
				return fmt.Errorf("%s is not empty: a backup goes into a new folder; name one with --data", dir)
			}
			h, err := openData(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer h.Close()
			n, err := restore(cmd.Context(), h, args[0])
			if err != nil {
				return fmt.Errorf("restoring %s: %w", args[0], err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is restored: every message and %d files\n", dir, n)
			return err
		},
	}
	dataFlag(c, &dir)
	return c
}

// restore brings in the files first: a message must never name one that is not there.
func restore(ctx context.Context, h *home, from string) (blobs int, err error) {
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	dump, err := os.CreateTemp("", "upwind-dump-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(dump.Name())
	defer dump.Close()
	r := tar.NewReader(in)
	whole := false
	for {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return blobs, fmt.Errorf("it is cut short or damaged: %w", err)
		}
		switch {
		case head.Name == backupBus:
			if _, err := io.Copy(dump, r); err != nil {
				return blobs, err
			}
			whole = true
		case strings.HasPrefix(head.Name, backupBlobs):
			b, err := h.store.Put(ctx, r)
			if err != nil {
				return blobs, err
			}
			if want := path.Base(head.Name); b.SHA256 != want {
				return blobs, fmt.Errorf("file %s in it is damaged: its bytes hash to %s", want, b.SHA256)
			}
			blobs++
		}
	}
	if !whole {
		return blobs, fmt.Errorf("it has no entry %s: not a backup of upwind", backupBus)
	}
	if _, err := dump.Seek(0, io.SeekStart); err != nil {
		return blobs, err
	}
	return blobs, h.bus.Load(ctx, dump)
}
