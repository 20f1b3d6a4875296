package nodeodm

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"upwind"
)

// Results are the files that are kept of an archive of results, where OpenDroneMap puts them.
var results = []struct {
	name   string
	needed bool
}{{"odm_orthophoto/odm_orthophoto.tif", true}, {"odm_dem/dsm.tif", false}, {"odm_georeferencing/odm_georeferenced_model.laz", false}}

// maxResultBytes bounds one of them: 20 GB are 2.5 Gpixel.
const maxResultBytes = 40 << 30

// Unpack takes the orthophoto, the surface model and the point cloud out of an archive, under their own folders, and returns their paths.
func Unpack(archive, dir string) (out []string, err error) {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return nil, &upwind.Refusal{File: archive, What: "the server's archive of results is damaged", Do: "fetch it again", Err: err}
	}
	defer z.Close()
	for _, r := range results {
		f, err := z.Open(r.name)
		if err != nil {
			if r.needed {
				return out, upwind.Refuse(archive, "", "it holds no "+r.name, "look at the server's own page why it made no orthophoto")
			}
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(r.name))
		err = write(path, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return out, &upwind.Refusal{File: archive, Where: r.name, What: "it cannot be unpacked", Do: "make room, or fetch it again", Err: err}
		}
		out = append(out, path)
	}
	return out, nil
}

// write copies to a file that appears under its name when it is whole.
func write(path string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp := path + ".part"
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(r, maxResultBytes+1))
	if err == nil && n > maxResultBytes {
		err = fmt.Errorf("it is larger than %d bytes", int64(maxResultBytes))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return os.Rename(tmp, path)
}
