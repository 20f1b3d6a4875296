package format

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"upwind"
	"upwind/lidar/scan"
)

// Open reads one scan from paths: files, or folders whose files (not whose folders) belong to it.
func Open(ctx context.Context, opt Options, paths ...string) (*scan.Scan, error) {
	var files []File
	for _, p := range paths {
		names, err := expand(p)
		if err != nil {
			return nil, err
		}
		if len(files)+len(names) > maxFiles {
			return nil, upwind.Refuse(filepath.Base(p), "", fmt.Sprintf("more than %d files", maxFiles), "hand in one scan at a time")
		}
		for _, name := range names {
			f, err := stat(name)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
	}
	return Read(ctx, files, opt)
}

// stat makes a File that is opened only while bytes are read: a folder must not need a descriptor a file.
func stat(path string) (File, error) {
	st, err := os.Stat(path)
	if err != nil {
		return File{}, fmt.Errorf("format: %w", err)
	}
	if !st.Mode().IsRegular() {
		return File{}, upwind.Refuse(filepath.Base(path), "", "this is not a plain file", "")
	}
	return File{Name: filepath.Base(path), Path: path, Size: st.Size(), R: lazyFile(path)}, nil
}

// expand is the plain files of a folder, or the path itself.
func expand(path string) ([]string, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("format: %w", err)
	}
	if !st.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, upwind.Passing(fmt.Errorf("format: %w", err))
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, upwind.Refuse(filepath.Base(path), "", "the folder holds no files", "name the folder in which the files of one scan lie")
	}
	return names, nil
}

// lazyFile is a path that is opened for each read.
type lazyFile string

func (p lazyFile) ReadAt(b []byte, off int64) (int, error) {
	f, err := os.Open(string(p))
	if err != nil {
		return 0, err
	}
	n, err := f.ReadAt(b, off)
	return n, errors.Join(err, f.Close())
}
