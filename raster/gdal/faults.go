package gdal

import (
	"errors"
	"fmt"

	"github.com/airbusgeo/godal"
)

// maxWarnings bounds what a file full of faults can make us keep.
const maxWarnings = 20

// faults collects GDAL's messages: failures become the error of the call, warnings are kept.
type faults struct {
	warnings []string
	dropped  int
}

func (f *faults) handle(ec godal.ErrorCategory, code int, msg string) error {
	if ec >= godal.CE_Failure {
		return errors.New(msg)
	}
	if ec == godal.CE_Warning {
		f.add(msg)
	}
	return nil
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
