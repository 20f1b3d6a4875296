package ingest

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"upwind"
)

// ratioFree is how much an archive may unpack to before its ratio counts: small text deflates well.
const ratioFree = 16 << 20

// encrypted is bit 0 of a zip entry's flags, strong encryption bit 6, masked headers bit 13 (APPNOTE 4.4.4).
const encrypted = 1<<0 | 1<<6 | 1<<13

// unzip unpacks an archive into a folder of its own and lists what was in it. The caller removes the folder
// through in.temps.
func (in *intake) unzip(ctx context.Context, s source) ([]source, error) {
	f, err := s.open()
	if err != nil {
		return nil, upwind.Passing(fmt.Errorf("ingest: open %s: %w", s.show, err))
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, upwind.Passing(err)
	}
	z, err := zip.NewReader(f, st.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, &upwind.Refusal{File: s.show, What: "this is a broken zip, or a part of one", Do: "make the archive anew", Err: err}
	}
	if err := in.checkZip(z, st.Size(), s.show); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(in.opt.TempDir, "upwind-zip-")
	if err != nil {
		return nil, upwind.Passing(fmt.Errorf("ingest: unpack %s: %w", s.show, err))
	}
	in.temps = append(in.temps, dir)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, upwind.Passing(err)
	}
	in.roots = append(in.roots, root)
	for _, e := range z.File {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if e.FileInfo().IsDir() || leftBehind(e.Name) {
			continue
		}
		err := extract(ctx, root, e)
		switch {
		case upwind.IsPassing(err):
			return nil, err
		case err != nil:
			shown := path.Join(s.show, strings.ToValidUTF8(e.Name, "_"))
			in.refuse(source{show: shown}, "", &upwind.Refusal{File: shown, What: "it cannot be unpacked", Do: "make the archive anew", Err: err})
			_ = root.Remove(e.Name)
		}
	}
	return in.list(ctx, root, s.show)
}

// checkZip looks at the archive's directory before a byte is unpacked.
func (in *intake) checkZip(z *zip.Reader, size int64, show string) error {
	refuse := func(e *zip.File, what, do string) error {
		where := ""
		if e != nil {
			where = fmt.Sprintf("entry %.80q", e.Name)
		}
		return upwind.Refuse(show, where, what, do)
	}
	if len(z.File) == 0 {
		return refuse(nil, "the archive is empty", "hand in the files it should hold")
	}
	if len(z.File) > in.limits.Files {
		return refuse(nil, fmt.Sprintf("the archive holds more than %d entries", in.limits.Files), "hand in its parts one by one")
	}
	var total uint64
	for _, e := range z.File {
		switch mode := e.Mode(); {
		case !safeName(e.Name):
			return refuse(e, "its name leads outside the archive", "make the archive anew with plain relative names")
		case e.Flags&encrypted != 0:
			return refuse(e, "it is encrypted", "make the archive without a password")
		case mode&fs.ModeSymlink != 0 || !mode.IsDir() && !mode.IsRegular():
			return refuse(e, "it is a link or a device", "put the files themselves into the archive")
		case e.Method != zip.Store && e.Method != zip.Deflate:
			return refuse(e, fmt.Sprintf("its compression method %d is not known", e.Method), "make the archive with deflate")
		}
		if total += e.UncompressedSize64; e.UncompressedSize64 > uint64(in.limits.ZipBytes) || total > uint64(in.limits.ZipBytes) {
			return refuse(nil, fmt.Sprintf("it unpacks to more than %d bytes", in.limits.ZipBytes), "hand in its parts one by one")
		}
	}
	if total > ratioFree && total/uint64(in.limits.ZipRatio) > uint64(size) {
		return refuse(nil, fmt.Sprintf("it unpacks to %d bytes from %d, more than %d to 1", total, size, in.limits.ZipRatio), "hand in the files themselves")
	}
	return nil
}

// safeName: relative, inside, and the same on every system.
func safeName(name string) bool {
	return filepath.IsLocal(name) && !strings.ContainsAny(name, "\\:\x00") && !strings.HasPrefix(name, "/") && len(name) < 4096
}

// extract copies one entry; the zip reader checks length and CRC. An error that is not passing is the
// archive's.
func extract(ctx context.Context, root *os.Root, e *zip.File) error {
	if dir := path.Dir(path.Clean(e.Name)); dir != "." {
		if err := root.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("a name is a file and a folder: %w", errors.Unwrap(err))
		}
	}
	src, err := e.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := root.OpenFile(e.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return errors.New("its name comes twice, or is no file name here")
	}
	in := &watched{ctx: ctx, r: io.LimitReader(src, int64(e.UncompressedSize64)+1)}
	_, err = io.Copy(dst, in)
	closeErr := dst.Close()
	switch {
	case in.err != nil:
		return in.err
	case ctx.Err() != nil:
		return upwind.Passing(ctx.Err())
	case err != nil:
		return upwind.Passing(fmt.Errorf("ingest: unpack: %w", err))
	case closeErr != nil:
		return upwind.Passing(fmt.Errorf("ingest: unpack: %w", closeErr))
	}
	return nil
}

// watched keeps a read error apart from a write error, and stops when the context ends.
type watched struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, w.ctx.Err()
	}
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}
