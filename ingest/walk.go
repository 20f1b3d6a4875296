package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"upwind"
)

// source is a file to look at.
type source struct {
	show string // as the user knows it: the path, or archive.zip/inner/path
	rel  string // below the folder or archive it came from, with slashes
	open func() (*os.File, error)
}

func (s source) base() string { return strings.ToValidUTF8(path.Base(s.rel), "_") }

// leftBehind are files that systems put beside the user's.
func leftBehind(rel string) bool {
	base := path.Base(rel)
	return strings.HasPrefix(base, ".") || strings.HasPrefix(rel, "__MACOSX/") || strings.Contains(rel, "/__MACOSX/") ||
		base == "Thumbs.db" || base == "desktop.ini"
}

// gather lists the files of a path: itself, or those of the folder in the order of their names.
func (in *intake) gather(ctx context.Context, p string) ([]source, error) {
	st, err := os.Stat(p)
	if err != nil {
		what := "it cannot be opened"
		if errors.Is(err, fs.ErrNotExist) {
			what = "there is no such file or folder"
		}
		return nil, upwind.Refuse(p, "", what, "check the path")
	}
	switch {
	case st.IsDir():
		root, err := os.OpenRoot(p)
		if err != nil {
			return nil, upwind.Refuse(p, "", "the folder cannot be opened", "check who may read it")
		}
		in.roots = append(in.roots, root)
		return in.list(ctx, root, p)
	case !st.Mode().IsRegular():
		return nil, upwind.Refuse(p, "", "this is no file and no folder", Accepted)
	}
	return []source{{show: p, rel: filepath.Base(p), open: func() (*os.File, error) { return os.Open(p) }}}, nil
}

// list walks a root. Links are named in the report and not followed; [os.Root] keeps every open inside.
func (in *intake) list(ctx context.Context, root *os.Root, show string) ([]source, error) {
	var out []source
	err := fs.WalkDir(root.FS(), ".", func(rel string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		shown := path.Join(filepath.ToSlash(show), rel)
		switch {
		case err != nil:
			in.refuse(source{show: shown}, "", upwind.Refuse(shown, "", "it cannot be read", "check who may read it"))
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case leftBehind(rel):
			in.report.Ignored++
			return nil
		case !d.Type().IsRegular():
			in.refuse(source{show: shown}, "", upwind.Refuse(shown, "", "this is a link or a device, which is not followed", "hand in the file it points to"))
			return nil
		}
		if len(out) >= in.limits.Files {
			return upwind.Refuse(show, "", fmt.Sprintf("the folder holds more than %d files", in.limits.Files), "hand in its parts one by one")
		}
		out = append(out, source{show: shown, rel: rel, open: func() (*os.File, error) { return root.Open(rel) }})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
