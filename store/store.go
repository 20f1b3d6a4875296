package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"upwind"
)

var (
	// ErrNotFound says that no blob has this name.
	ErrNotFound = errors.New("store: no such blob")
	// ErrCorrupt says that a blob's bytes no longer hash to its name.
	ErrCorrupt = errors.New("store: blob is corrupt")
)

// staleTemp is how old a temporary file must be before Open removes it: longer than any upload takes, because
// other processes may share the folder.
const staleTemp = 24 * time.Hour

// Dir is a folder of blobs. Its methods may be called from any goroutine.
type Dir struct{ path string }

// Open makes the folder where it is missing and clears temporary files that a crash left behind.
func Open(path string) (*Dir, error) {
	tmp := filepath.Join(path, "tmp")
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	left, err := os.ReadDir(tmp)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	for _, e := range left {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > staleTemp {
			_ = os.Remove(filepath.Join(tmp, e.Name()))
		}
	}
	return &Dir{path: path}, nil
}

// Path is the folder.
func (d *Dir) Path() string { return d.path }

// Put copies r into the store and returns its name. The blob is durable when Put returns without error; an
// error writing (a full disk, say) is passing and leaves nothing behind.
func (d *Dir) Put(ctx context.Context, r io.Reader) (upwind.Blob, error) {
	f, err := os.CreateTemp(filepath.Join(d.path, "tmp"), "put-*")
	if err != nil {
		return upwind.Blob{}, upwind.Passing(fmt.Errorf("store: %w", err))
	}
	defer os.Remove(f.Name())
	defer f.Close()
	h := sha256.New()
	src := &source{ctx: ctx, r: r}
	n, err := io.Copy(io.MultiWriter(f, h), src)
	if src.err != nil {
		return upwind.Blob{}, fmt.Errorf("store: reading: %w", src.err)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return upwind.Blob{}, upwind.Passing(fmt.Errorf("store: writing a blob: %w", err))
	}
	sum := hex.EncodeToString(h.Sum(nil))
	blob := upwind.Blob{SHA256: sum, Size: n}
	if err := d.publish(f.Name(), sum); err != nil {
		return upwind.Blob{}, upwind.Passing(err)
	}
	return blob, nil
}

// PutBytes is [Dir.Put] for bytes in memory, with their media type.
func (d *Dir) PutBytes(ctx context.Context, b []byte, mediaType string) (upwind.Blob, error) {
	blob, err := d.Put(ctx, bytes.NewReader(b))
	blob.Type = mediaType
	return blob, err
}

func (d *Dir) publish(tmp, sum string) error {
	dst := d.file(sum)
	if _, err := os.Stat(dst); err == nil {
		return nil
	}
	dir := filepath.Dir(dst)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := os.Chmod(tmp, 0o444); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := os.Rename(tmp, dst); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	for _, p := range []string{dir, d.path} {
		if err := syncDir(p); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	return nil
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (d *Dir) file(sum string) string { return filepath.Join(d.path, sum[:2], sum[2:]) }

func checkName(sum string) error {
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
		return fmt.Errorf("%w: %q is not a SHA-256", ErrNotFound, sum)
	}
	return nil
}

// Has reports whether the blob is here.
func (d *Dir) Has(sum string) bool {
	if checkName(sum) != nil {
		return false
	}
	_, err := os.Stat(d.file(sum))
	return err == nil
}

// Open opens a blob for reading without checking its hash; see [Dir.Fetch] for that.
func (d *Dir) Open(sum string) (*os.File, error) {
	if err := checkName(sum); err != nil {
		return nil, err
	}
	f, err := os.Open(d.file(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, sum)
	}
	return f, err
}

// ReadAll returns a blob's bytes, checked against its hash.
func (d *Dir) ReadAll(sum string) ([]byte, error) {
	f, err := d.Open(sum)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("store: reading %s: %w", sum, err)
	}
	if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != sum {
		return nil, fmt.Errorf("%w: %s", ErrCorrupt, sum)
	}
	return b, nil
}

// Fetch copies a blob to dst, checking its hash on the way; on any fault dst does not exist.
func (d *Dir) Fetch(ctx context.Context, sum, dst string) (err error) {
	in, err := d.Open(sum)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(dst, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o444)
	if err != nil {
		return upwind.Passing(fmt.Errorf("store: %w", err))
	}
	defer func() {
		if cerr := out.Close(); err == nil && cerr != nil {
			err = upwind.Passing(cerr)
		}
		if err != nil {
			_ = os.Remove(dst)
		}
	}()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(out, h), &source{ctx: ctx, r: in}); err != nil {
		return upwind.Passing(fmt.Errorf("store: copying %s: %w", sum, err))
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return fmt.Errorf("%w: %s reads as %s", ErrCorrupt, sum, got)
	}
	return nil
}

// Scrub reads every blob and calls bad for each whose bytes do not hash to its name.
func (d *Dir) Scrub(ctx context.Context, bad func(sum string, err error)) error {
	return d.Each(func(sum string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := d.Open(sum)
		if err != nil {
			bad(sum, err)
			return nil
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			bad(sum, err)
		} else if hex.EncodeToString(h.Sum(nil)) != sum {
			bad(sum, ErrCorrupt)
		}
		return nil
	})
}

// Each calls fn with the name of every blob, in order.
func (d *Dir) Each(fn func(sum string) error) error {
	dirs, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	for _, dir := range dirs {
		if len(dir.Name()) != 2 || !dir.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(d.path, dir.Name()))
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		for _, f := range files {
			if sum := dir.Name() + f.Name(); checkName(sum) == nil {
				if err := fn(sum); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// source ends a copy when its context ends, and remembers a fault of the reader, so that it is told apart
// from a fault of the disk being written.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
