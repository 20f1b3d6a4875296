package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"sync"

	"upwind"
	"upwind/store"
)

// DefaultCacheBytes bounds the members a worker keeps between jobs.
const DefaultCacheBytes = 8 << 30

// outDir is the only place in a job's folder where its child may write.
const outDir = "out"

// Folders lays out job folders: exactly the job's members under their own names, and an empty out/. Members
// come from a cache whose files were hashed when they entered it, as hard links that nobody may write.
type Folders struct {
	store *store.Dir
	root  string
	limit int64
	mu    sync.Mutex // one fetch and one clean-up at a time
}

// NewFolders uses root, which it empties: what lies there belonged to a worker that is gone. Two workers
// must not share it.
func NewFolders(s *store.Dir, root string, cacheBytes int64) (*Folders, error) {
	if err := os.RemoveAll(filepath.Join(root, "jobs")); err != nil {
		return nil, fmt.Errorf("workers: %w", err)
	}
	for _, d := range []string{"jobs", "cache"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o700); err != nil {
			return nil, fmt.Errorf("workers: %w", err)
		}
	}
	return &Folders{store: s, root: root, limit: cacheBytes}, nil
}

// Lay makes a folder for the members. The caller removes it.
func (f *Folders) Lay(ctx context.Context, members []upwind.Member) (string, error) {
	dir, err := os.MkdirTemp(filepath.Join(f.root, "jobs"), "job-*")
	if err != nil {
		return "", upwind.Passing(err)
	}
	if err := f.fill(ctx, dir, members); err != nil {
		os.RemoveAll(dir)
		return "", err
	}
	return dir, nil
}

func (f *Folders) fill(ctx context.Context, dir string, members []upwind.Member) error {
	if err := os.Mkdir(filepath.Join(dir, outDir), 0o700); err != nil {
		return upwind.Passing(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range members {
		if m.Name != filepath.Base(m.Name) || m.Name == outDir || m.Name == "." || m.Name == ".." {
			return upwind.Refuse(m.Name, "", "is not a plain file name", "rename it")
		}
		cached := filepath.Join(f.root, "cache", m.SHA256)
		if _, err := os.Stat(cached); errors.Is(err, fs.ErrNotExist) {
			if err := f.store.Fetch(ctx, m.SHA256, cached); err != nil {
				if errors.Is(err, store.ErrCorrupt) {
					return upwind.Refuse(m.Name, "", "its stored bytes have changed since it was handed in", "hand it in again")
				}
				return upwind.Passing(fmt.Errorf("workers: fetching %s: %w", m.Name, err))
			}
		}
		if err := os.Link(cached, filepath.Join(dir, m.Name)); err != nil {
			return upwind.Passing(fmt.Errorf("workers: laying out %s: %w", m.Name, err))
		}
	}
	return f.trim()
}

// trim removes the members used longest ago until the cache is within its limit. Open jobs hold links of
// their own.
func (f *Folders) trim() error {
	entries, err := os.ReadDir(filepath.Join(f.root, "cache"))
	if err != nil {
		return upwind.Passing(err)
	}
	var infos []fs.FileInfo
	var total int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			infos = append(infos, info)
			total += info.Size()
		}
	}
	sort.Slice(infos, func(i, j int) bool { return infos[i].ModTime().Before(infos[j].ModTime()) })
	for _, info := range infos {
		if total <= f.limit {
			break
		}
		if err := os.Remove(filepath.Join(f.root, "cache", info.Name())); err != nil {
			return upwind.Passing(err)
		}
		total -= info.Size()
	}
	return nil
}

// storeBlob moves a blob that a child left in out/ into the store, and checks that it is what the child says.
func storeBlob(ctx context.Context, s *store.Dir, dir string, b upwind.Blob) error {
	root, err := os.OpenRoot(filepath.Join(dir, outDir))
	if err != nil {
		return upwind.Passing(err)
	}
	defer func() { _ = root.Close() }() // it was only read
	in, err := root.Open(b.SHA256)
	if err != nil {
		return fmt.Errorf("workers: the result names a blob that is not there: %w", err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() != b.Size {
		return fmt.Errorf("workers: the result's blob %s is not the %d bytes it names", b.SHA256, b.Size)
	}
	got, err := s.Put(ctx, in)
	if err != nil {
		return err
	}
	if got.SHA256 != b.SHA256 {
		return fmt.Errorf("workers: the result's blob %s hashes to %s", b.SHA256, got.SHA256)
	}
	return nil
}

// leaveBlob is the child's side of [storeBlob].
func leaveBlob(data []byte, role, mediaType string) (upwind.Blob, error) {
	sum := sha256.Sum256(data)
	b := upwind.Blob{Role: role, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data)), Type: mediaType}
	if err := os.WriteFile(filepath.Join(outDir, b.SHA256), data, 0o600); err != nil {
		return b, upwind.Passing(err)
	}
	return b, nil
}
