package format

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"upwind"
	"upwind/lidar/scan"
)

// Bounds on what is handed in. A turn of a scanning Licel with 5 channels of 60 km is 167 MB.
const (
	maxFiles      = 20000
	maxFileBytes  = 256 << 20
	maxTotalBytes = 1 << 30
	headBytes     = 8 << 10 // what Sniff sees
)

// File is one file of a scan.
type File struct {
	Name string // as the user knows it
	Path string // where it lies on disk; netCDF is read only from there. May be empty
	Size int64
	R    io.ReaderAt
}

// Bytes is a File in memory.
func Bytes(name string, b []byte) File {
	return File{Name: name, Size: int64(len(b)), R: bytes.NewReader(b)}
}

// Options are what the user states and the files do not.
type Options struct {
	// Site is the site file: what it states goes before what the files state.
	Site scan.Site
	// UTCOffset is how far the instrument's clock is ahead of UTC: -5 h where it shows UTC-5.
	UTCOffset time.Duration
	// Start is the time of records that carry none.
	Start time.Time
	// Salvage uses the whole rays of a damaged lone file instead of refusing it.
	Salvage bool
	// TriggerDelay moves the ranges of Licel datasets by the bin shift their headers state. The arrays
	// stay as recorded, so the first bins get ranges below zero.
	TriggerDelay bool
	// NetCDF opens netCDF files; without it they are refused.
	NetCDF NetCDF
}

// Input is what a format's reader is given: the files it recognised, and those that lie beside them.
type Input struct {
	Files, Beside []File
	Options       Options
}

// Format is a line of the registry.
type Format struct {
	Name  string // as in [scan.Scan.Format], but netCDF names its layout there
	Title string // for people
	// Sniff says whether a file that starts with head is of this format.
	Sniff func(head []byte, name string) bool
	Read  func(ctx context.Context, in Input) (*scan.Scan, error)
}

// Formats are the formats that are read; the first whose Sniff says yes reads the file.
var Formats = []Format{
	{"licel", "Licel and Raymetrics scanning", sniffLicel, readLicel},
	{"polar-csv", "Upwind polar table (CSV)", sniffPolarCSV, eachFile("polar-csv", parsePolarCSV)},
	{"polar-jsonl", "Upwind polar table (JSON lines)", sniffPolarJSON, eachFile("polar-jsonl", parsePolarJSON)},
	{"halo-hpl", "HALO Photonics .hpl", sniffHalo, eachFile("halo-hpl", parseHalo)},
	{"sigma-mpl", "SigmaMPL .mpl", sniffMPL, eachFile("sigma-mpl", parseMPL)},
	{"vaisala-cl", "Vaisala CL31 and CL51 messages", sniffCL, eachFile("vaisala-cl", parseCL)},
	{"netcdf", "netCDF: E-PROFILE, CL61, SCC, CfRadial", sniffNetCDF, eachFile("netcdf", parseNetCDF)},
}

// beside are files that instruments leave next to their scans. Alone they are refused in words.
var beside = []struct {
	sniff    func(head []byte, name string) bool
	what, do string
}{
	{sniffExport, "it is a table exported by the lidar vendor's software, with no more than its printed digits", "hand in the Licel file it was made from"},
	{sniffHaloBackground, "it is the background (noise) record of a HALO lidar, not a scan", "hand in the .hpl files; their intensity is already relative to it"},
	{sniffINI, "it is a settings file of the lidar's software, not a scan", "hand it in together with the folder of the scan"},
}

const doKnownFormats = "hand in Licel, .hpl, .mpl, CL31/CL51 messages, netCDF (E-PROFILE, CL61, SCC, CfRadial) or a polar table as in docs/formats/polar.md"

// Read reads the files of one scan.
func Read(ctx context.Context, files []File, opt Options) (*scan.Scan, error) {
	if err := bound(files); err != nil {
		return nil, err
	}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	in := Input{Options: opt}
	known, strange := map[int][]File{}, []string{}
	for _, f := range files {
		head, err := headOf(f)
		if err != nil {
			return nil, err
		}
		kind, what, do := recognise(head, f)
		switch {
		case kind >= 0:
			known[kind] = append(known[kind], f)
		case what != "" && len(files) > 1:
			in.Beside = append(in.Beside, f)
		case len(files) == 1:
			if what == "" {
				what, do = "it is in no lidar format that is known here", doKnownFormats
			}
			return nil, upwind.Refuse(f.Name, "", what, do)
		default:
			strange = append(strange, f.Name)
		}
	}
	of, err := oneFormat(known, strange)
	if err != nil {
		return nil, err
	}
	in.Files = known[of]
	s, err := Formats[of].Read(ctx, in)
	if err != nil {
		return nil, err
	}
	if len(strange) > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: in no lidar format that is known here; left out", some(strange)))
	}
	return s, nil
}

func bound(files []File) error {
	if len(files) == 0 {
		return upwind.Refuse("", "", "no files", "hand in the files of a scan")
	}
	if len(files) > maxFiles {
		return upwind.Refuse(files[0].Name, "", fmt.Sprintf("and %d more files are more than %d", len(files)-1, maxFiles), "hand in one scan at a time")
	}
	var total int64
	for _, f := range files {
		if f.Size > maxFileBytes {
			return upwind.Refuse(f.Name, "", fmt.Sprintf("%d bytes are more than %d", f.Size, int64(maxFileBytes)), "cut it into scans")
		}
		total += f.Size
	}
	if total > maxTotalBytes {
		return upwind.Refuse(files[0].Name, "", fmt.Sprintf("the files have %d bytes together, more than %d", total, int64(maxTotalBytes)), "hand in one scan at a time")
	}
	return nil
}

// recognise finds the format of a file, or else says what it is beside one; what is "" when unknown.
func recognise(head []byte, f File) (kind int, what, do string) {
	if f.Size == 0 {
		return -1, "the file is empty", "copy it again from the instrument"
	}
	base := filepath.Base(f.Name)
	for i, x := range Formats {
		if x.Sniff(head, base) {
			return i, "", ""
		}
	}
	for _, x := range beside {
		if x.sniff(head, base) {
			return -1, x.what, x.do
		}
	}
	return -1, "", ""
}

// oneFormat is the only format among the files, or a refusal.
func oneFormat(known map[int][]File, strange []string) (int, error) {
	found, counts := -1, []string{}
	var first string
	for i, x := range Formats {
		if n := len(known[i]); n > 0 {
			if found < 0 {
				found, first = i, known[i][0].Name
			}
			counts = append(counts, fmt.Sprintf("%d %s", n, x.Name))
		}
	}
	switch {
	case len(counts) > 1:
		return 0, upwind.Refuse(first, "", "lies among files of other formats: "+strings.Join(counts, ", "), "hand in one scan at a time")
	case found < 0 && len(strange) > 0:
		return 0, upwind.Refuse(some(strange), "", "none is in a lidar format that is known here", doKnownFormats)
	case found < 0:
		return 0, upwind.Refuse("", "", "the files hold no scan, only what lies beside one", doKnownFormats)
	}
	return found, nil
}

func headOf(f File) ([]byte, error) {
	head := make([]byte, min(f.Size, headBytes))
	n, err := f.R.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, upwind.Passing(fmt.Errorf("format: reading %s: %w", f.Name, err))
	}
	return head[:n], nil
}

// load reads a whole file.
func load(f File) ([]byte, error) {
	b := make([]byte, min(f.Size, maxFileBytes))
	n, err := f.R.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, upwind.Passing(fmt.Errorf("format: reading %s: %w", f.Name, err))
	}
	return b[:n], nil
}
