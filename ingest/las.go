package ingest

import (
	"errors"
	"fmt"
	"io"

	"upwind/ingest/photo"
	"upwind/lidar/las"
)

// classifyLAS opens a point cloud, compressed or not, as far as its header, records and chunk table: what is cut
// off or describes itself wrongly is refused here and not hours later.
func classifyLAS(r io.ReaderAt, size int64, name string) (Kind, error) {
	rd, err := las.OpenNamed(name, r, size)
	switch {
	case err != nil:
		return "", err
	case uint64(rd.Count()) < rd.Header().StatedPoints:
		return "", broken(name, "LAS", fmt.Errorf("%w: its header states %d points, the file has room for %d", photo.ErrTruncated, rd.Header().StatedPoints, rd.Count()))
	case rd.Count() == 0:
		return "", broken(name, "LAS", errors.New("it has no points"))
	}
	return KindLAS, nil
}

// lasHasCRS reports whether a cloud names its reference system.
func lasHasCRS(r io.ReaderAt, size int64) bool {
	rd, err := las.OpenNamed("", r, size)
	return err == nil && rd.CRS().Stated()
}
