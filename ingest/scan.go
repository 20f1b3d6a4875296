package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"upwind"
	"upwind/lidar/scan"
	"upwind/lidar/scan/format"
)

// maxRays bounds the files of one scan: instruments that write a file a ray turn in some hundred steps.
const maxRays = 1500

// classifyScan recognises what a lidar writes; "" when it is nothing of the kind.
func classifyScan(r io.ReaderAt, size int64, name string) (Kind, error) {
	head := make([]byte, min(size, format.HeadBytes))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return "", fmt.Errorf("ingest: read %s: %w", name, err)
	}
	switch known, beside := format.Known(head, name); {
	case known != "":
		return KindScan, nil
	case beside:
		return KindBeside, nil
	}
	return "", nil
}

// isLidarSite reports whether a JSON document is the site file of a lidar.
func isLidarSite(r io.ReaderAt, size int64) bool {
	const most = 4 << 20
	if size > most {
		return false
	}
	b, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	return err == nil && scan.IsSite(b)
}

// scansOf finds which files make a scan: for the first file of each scan all its files, in order. Files of a
// ray each, in one folder, are one scan; other formats hold a scan a file. A site file counts for all scans of
// its folder, and so does what else a lidar leaves beside them.
func scansOf(files []source, kinds []Kind, faults []error) map[int][]int {
	byFolder, beside := map[string]int{}, map[string][]int{}
	out := map[int][]int{}
	for i := range files {
		folder := path.Dir(files[i].rel)
		switch {
		case faults[i] != nil:
		case kinds[i] == KindBeside || kinds[i] == KindLidar:
			beside[folder] = append(beside[folder], i)
		case kinds[i] == KindScan && fileIsRay(files[i]):
			first, ok := byFolder[folder]
			if !ok {
				byFolder[folder], first = i, i
			}
			out[first] = append(out[first], i)
		case kinds[i] == KindScan:
			out[i] = []int{i}
		}
	}
	for first := range out {
		out[first] = append(out[first], beside[path.Dir(files[first].rel)]...)
	}
	return out
}

// fileIsRay reports whether a file's format holds one ray a file.
func fileIsRay(s source) bool {
	f, err := s.open()
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, format.HeadBytes)
	n, _ := f.ReadAt(head, 0) // a short file has a short head
	known, _ := format.Known(head[:n], s.base())
	return known == "licel"
}

// takeScan takes the files of one scan as one asset, named after the folder when it has many.
func (in *intake) takeScan(ctx context.Context, files []source, kinds []Kind, of []int) error {
	first := files[of[0]]
	if len(of) > maxRays {
		return upwind.Refuse(first.show, "", fmt.Sprintf("it is one of %d files of rays in one folder, more than a scan has", len(of)), "put each turn into a folder of its own")
	}
	name := first.base()
	parts := make([]part, len(of))
	rays := 0
	for i, n := range of {
		parts[i] = part{files[n], upwind.RoleRay, kinds[n]}
		switch kinds[n] {
		case KindScan:
			rays++
		case KindLidar:
			parts[i].role = upwind.RoleSite
		}
	}
	if folder := path.Base(path.Dir(path.Clean(first.show))); rays > 1 && folder != "." && folder != "/" {
		name = folder
	}
	return in.take(ctx, name, parts)
}
