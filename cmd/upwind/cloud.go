package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar/las"
)

// cloudCommand works on point clouds as files: no server, no data folder.
func cloudCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cloud",
		Short: "work on point clouds (LAS, LAZ, COPC) as files: info, hash, ground, surface, piles, soil, change",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no 'cloud %s': 'upwind cloud --help' lists what there is", args[0])}
			}
			return cmd.Help()
		},
	}
	mb := c.PersistentFlags().Int("memory-mb", walledMemoryMB, "memory the command may use")
	c.AddCommand(cloudInfo(mb), cloudHash(mb), cloudGround(mb), cloudSurface(mb), cloudPiles(mb), cloudSoil(mb), cloudChange(mb))
	return c
}

// cloudFile is an open point cloud.
type cloudFile struct {
	*las.Reader
	path string
	file *os.File
}

func openCloudFile(path string) (*cloudFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, notOpened(path, err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = upwind.Refuse(path, "", "this is no file", "name LAS, LAZ or COPC files")
	}
	var r *las.Reader
	if err == nil {
		r, err = las.OpenNamed(filepath.Base(path), f, st.Size())
	}
	if err == nil {
		err = r.Threads(runtime.GOMAXPROCS(0))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &cloudFile{Reader: r, path: path, file: f}, nil
}

// Close waits for chunks decoded ahead, then closes the file.
func (c *cloudFile) Close() error {
	err := c.Reader.Close()
	return errors.Join(err, c.file.Close())
}

// notOpened is the refusal of a path that cannot be opened.
func notOpened(path string, err error) error {
	r := upwind.Refuse(path, "", "it cannot be opened", "check the name and who may read it")
	if errors.Is(err, os.ErrNotExist) {
		r.What = "there is no such file"
		r.Do = "check the name"
	}
	return r
}

// openSized opens a file for a reader that needs its size.
func openSized(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, notOpened(path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// eachFile runs fn on every file. A file at fault is told and the rest is done; the error says how many were.
func eachFile(cmd *cobra.Command, paths []string, fn func(path string) error) error {
	failed := 0
	for _, p := range paths {
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		if err := fn(p); err != nil {
			failed++
			fmt.Fprintln(cmd.ErrOrStderr(), "upwind:", err)
		}
	}
	if failed > 0 {
		return exitError(exitFailed)
	}
	return nil
}

// inputID is the id of an input in a document: the hash of its bytes.
func inputID(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", notOpened(path, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", upwind.Passing(fmt.Errorf("reading %s: %w", path, err))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func inputIDs(paths []string) ([]string, error) {
	out := make([]string, len(paths))
	for i, p := range paths {
		id, err := inputID(p)
		if err != nil {
			return nil, err
		}
		out[i] = id
	}
	return out, nil
}

// writeWhole writes a file that appears under its name only when it is whole.
func writeWhole(path string, write func(f *os.File) error) error {
	tmp := path + ".part"
	f, err := os.Create(tmp)
	if err != nil {
		return upwind.Refuse(path, "", "it cannot be written: "+err.Error(), "name another output with -o")
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp) // the first error is the one to tell
	}
	return err
}

// output is where a document goes: the named file, or standard output.
func output(cmd *cobra.Command, path string, write func(w io.Writer) error) error {
	if path == "" {
		return write(cmd.OutOrStdout())
	}
	return writeWhole(path, func(f *os.File) error { return write(f) })
}

// outputs are the paths that a command behind walls must be able to write.
func outputs(paths ...string) (out []string) {
	for _, p := range paths {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}
