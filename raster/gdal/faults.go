package gdal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/airbusgeo/godal"
)

// maxWarnings bounds what a file full of faults can make us keep.
const maxWarnings = 20

// faults collects GDAL's messages: failures become the error of the call, warnings are kept.
type faults struct {
	path, name string // GDAL's words name the path; people know the file by its name
	warnings   []string
	dropped    int
}

func (f *faults) handle(ec godal.ErrorCategory, code int, msg string) error {
	if ec >= godal.CE_Failure {
		return errors.New(f.shorten(msg))
	}
	if ec == godal.CE_Warning {
		f.add(f.shorten(msg))
	}
	return nil
}

func (f *faults) shorten(msg string) string {
	if f.path == "" {
		return msg
	}
	return strings.ReplaceAll(msg, f.path, f.name)
}

func (f *faults) add(msg string) {
	if len(f.warnings) < maxWarnings {
		f.warnings = append(f.warnings, msg)
	} else {
		f.dropped++
	}
}

func (f *faults) list() []string {
	out := append([]string(nil), f.warnings...)
	if f.dropped > 0 {
		out = append(out, fmt.Sprintf("and %d more", f.dropped))
	}
	return out
}
