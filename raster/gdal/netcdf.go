package gdal

/*
#cgo pkg-config: gdal
#include <stdlib.h>
#include "gdal.h"
#include "cpl_conv.h"
#include "cpl_error.h"
#include "cpl_string.h"

static GDALDatasetH upwindOpenNetCDF(const char *path) {
	const char *drivers[] = {"netCDF", NULL};
	const char *none[] = {NULL};
	CPLErrorReset();
	return GDALOpenEx(path, GDAL_OF_READONLY | GDAL_OF_MULTIDIM_RASTER, drivers, NULL, none);
}

static char **upwindArrayNames(GDALGroupH group) {
	char *all[] = {"SHOW_ALL=YES", "SHOW_ZERO_DIM=YES", NULL};
	return GDALGroupGetMDArrayNames(group, all);
}

static char *upwindAttribute(GDALAttributeH a) {
	if (a == NULL) return NULL;
	const char *s = GDALAttributeReadAsString(a);
	char *copy = s ? CPLStrdup(s) : NULL;
	GDALAttributeRelease(a);
	return copy;
}
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/airbusgeo/godal"

	"upwind"
	"upwind/lidar/scan/format"
)

// Limits on a netCDF file.
const (
	maxNetCDFVariables = 2000
	maxNetCDFDepth     = 4       // groups in groups
	maxNetCDFDims      = 8       //
	maxNetCDFValues    = 1 << 25 // of one variable: 256 MiB as float64
	netCDFFreeBytes    = 1 << 26 // below this no ratio to the file's size is asked
	netCDFFill         = 9.9e36  // netCDF's default fill value for floats is 9.969e36
)

// NetCDF opens netCDF files through GDAL's multidimensional interface, which knows variables of any number
// of dimensions. Its driver is registered when the first file is opened, and [Open] never uses it.
type NetCDF struct{}

var (
	_ format.NetCDF     = NetCDF{}
	_ format.NetCDFFile = (*netCDFFile)(nil)
)

var (
	netCDFOnce sync.Once
	netCDFErr  error
	netCDFMu   sync.Mutex // neither HDF5 nor netCDF is made for two threads
)

// registerNetCDF adds the driver. HDF5 must not load filters from shared objects that a file names.
func registerNetCDF() error {
	netCDFOnce.Do(func() {
		if netCDFErr = Register(); netCDFErr != nil {
			return
		}
		if netCDFErr = os.Setenv("HDF5_PLUGIN_PRELOAD", "::"); netCDFErr != nil {
			return
		}
		if err := godal.RegisterRaster("netCDF"); err != nil {
			netCDFErr = fmt.Errorf("gdal: registering netCDF: %w", err)
		}
		findHDF5()
	})
	return netCDFErr
}

// netCDFFile is an opened file. It serves one goroutine at a time.
type netCDFFile struct {
	path, name string
	size       int64
	ds         C.GDALDatasetH
	root       C.GDALGroupH
	arrays     map[string]C.GDALMDArrayH
	variables  []format.NetCDFVariable
}

var netCDFMagic = [][]byte{[]byte("CDF\x01"), []byte("CDF\x02"), []byte("CDF\x05"), []byte("\x89HDF\r\n\x1a\n")}

// sniffNetCDF refuses what is no plain file that starts as netCDF does.
func sniffNetCDF(abs, name string) (size int64, hdf5 bool, err error) {
	st, err := os.Stat(abs)
	if err != nil {
		return 0, false, fmt.Errorf("gdal: %w", err)
	}
	if !st.Mode().IsRegular() {
		return 0, false, upwind.Refuse(name, "", "this is not a plain file", "")
	}
	f, err := os.Open(abs)
	if err != nil {
		return 0, false, fmt.Errorf("gdal: %w", err)
	}
	defer f.Close()
	var head [8]byte
	n, err := io.ReadFull(f, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, false, upwind.Passing(fmt.Errorf("gdal: reading %s: %w", name, err))
	}
	for _, m := range netCDFMagic {
		if bytes.HasPrefix(head[:n], m) {
			return st.Size(), m[0] != 'C', nil
		}
	}
	return 0, false, upwind.Refuse(name, "", "the content is not that of a netCDF file", "hand in a netCDF file")
}

// OpenNetCDF opens a netCDF file of the classic formats or of netCDF-4.
func (NetCDF) OpenNetCDF(path string) (format.NetCDFFile, error) {
	if err := registerNetCDF(); err != nil {
		return nil, err
	}
	name := filepath.Base(path)
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("gdal: %s: %w", path, err)
	}
	if strings.HasPrefix(abs, "/vsi") || strings.ContainsAny(abs, "\x00") {
		return nil, upwind.Refuse(name, "", "this is not a path of a file", "move the file out of a folder whose name starts with /vsi")
	}
	size, hdf5, err := sniffNetCDF(abs, name)
	if err != nil {
		return nil, err
	}
	netCDFMu.Lock()
	defer netCDFMu.Unlock()
	runtime.LockOSThread() // GDAL keeps its last error by thread
	defer runtime.UnlockOSThread()
	c := C.CString(abs)
	defer C.free(unsafe.Pointer(c))
	quietHDF5()
	if hdf5 {
		if err := refuseStrays(abs, name); err != nil {
			return nil, err
		}
	}
	f := &netCDFFile{path: abs, name: name, size: size, arrays: map[string]C.GDALMDArrayH{}}
	if f.ds = C.upwindOpenNetCDF(c); f.ds == nil {
		return nil, &upwind.Refusal{File: name, What: "GDAL cannot open it as netCDF", Do: doNotCompacted, Err: f.lastError()}
	}
	if f.root = C.GDALDatasetGetRootGroup(f.ds); f.root == nil {
		return nil, errors.Join(upwind.Refuse(name, "", "it holds no variables", doNotCompacted), f.release())
	}
	if err := f.list(f.root, "", 0); err != nil {
		return nil, errors.Join(err, f.release())
	}
	return f, nil
}

// lastError is GDAL's own word on the last failure of this thread.
func (f *netCDFFile) lastError() error {
	msg := C.GoString(C.CPLGetLastErrorMsg())
	if msg == "" {
		return nil
	}
	return errors.New(strings.ReplaceAll(msg, f.path, f.name))
}

// list collects the variables of a group and of the groups in it.
func (f *netCDFFile) list(group C.GDALGroupH, prefix string, depth int) error {
	for _, name := range goStrings(C.upwindArrayNames(group)) {
		if len(f.arrays) >= maxNetCDFVariables {
			return upwind.Refuse(f.name, "", fmt.Sprintf("more than %d variables", maxNetCDFVariables), doNotCompacted)
		}
		c := C.CString(name)
		a := C.GDALGroupOpenMDArray(group, c, nil)
		C.free(unsafe.Pointer(c))
		if a == nil {
			continue
		}
		v, ok := describeArray(a)
		v.Name = prefix + name
		if _, twice := f.arrays[v.Name]; !ok || twice {
			C.GDALMDArrayRelease(a)
			continue
		}
		f.arrays[v.Name] = a
		f.variables = append(f.variables, v)
	}
	if depth == maxNetCDFDepth {
		return nil
	}
	for _, name := range goStrings(C.GDALGroupGetGroupNames(group, nil)) {
		c := C.CString(name)
		g := C.GDALGroupOpenGroup(group, c, nil)
		C.free(unsafe.Pointer(c))
		if g == nil {
			continue
		}
		at := prefix
		if at == "" {
			at = "/"
		}
		err := f.list(g, at+name+"/", depth+1)
		C.GDALGroupRelease(g)
		if err != nil {
			return err
		}
	}
	return nil
}

// goStrings copies and frees a GDAL list of strings.
func goStrings(list **C.char) (out []string) {
	n := int(C.CSLCount(C.CSLConstList(unsafe.Pointer(list))))
	for _, s := range unsafe.Slice(list, n) {
		out = append(out, C.GoString(s))
	}
	C.CSLDestroy(list)
	return out
}

// describeArray reads shape and kind; ok is false for compounds and more dimensions than are read.
func describeArray(a C.GDALMDArrayH) (v format.NetCDFVariable, ok bool) {
	t := C.GDALMDArrayGetDataType(a)
	class := C.GDALExtendedDataTypeGetClass(t)
	C.GDALExtendedDataTypeRelease(t)
	v.Text = class == C.GEDTC_STRING
	var n C.size_t
	dims := C.GDALMDArrayGetDimensions(a, &n)
	defer C.GDALReleaseDimensions(dims, n)
	for _, d := range unsafe.Slice(dims, int(n)) {
		size := uint64(C.GDALDimensionGetSize(d))
		v.Dims = append(v.Dims, C.GoString(C.GDALDimensionGetName(d)))
		v.Shape = append(v.Shape, int(min(size, math.MaxInt32)))
	}
	return v, class != C.GEDTC_COMPOUND && n <= maxNetCDFDims
}

// Variables are in the file's order, those of groups after those of the root.
func (f *netCDFFile) Variables() []format.NetCDFVariable { return f.variables }

// Attribute is an attribute as text; "units" is also found where GDAL keeps it apart.
func (f *netCDFFile) Attribute(variable, name string) (string, bool) {
	netCDFMu.Lock()
	defer netCDFMu.Unlock()
	return f.attribute(variable, name)
}

func (f *netCDFFile) attribute(variable, name string) (string, bool) {
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	var s *C.char
	if f.ds == nil {
		return "", false
	}
	if variable == "" {
		s = C.upwindAttribute(C.GDALGroupGetAttribute(f.root, c))
	} else {
		a, ok := f.arrays[variable]
		if !ok {
			return "", false
		}
		if name == "units" {
			if u := C.GoString(C.GDALMDArrayGetUnit(a)); u != "" {
				return u, true
			}
		}
		s = C.upwindAttribute(C.GDALMDArrayGetAttribute(a, c))
	}
	if s == nil {
		return "", false
	}
	defer C.VSIFree(unsafe.Pointer(s))
	return C.GoString(s), true
}

// Close releases the file. Closing twice is no error.
func (f *netCDFFile) Close() error {
	netCDFMu.Lock()
	defer netCDFMu.Unlock()
	return f.release()
}

func (f *netCDFFile) release() error {
	for _, a := range f.arrays {
		C.GDALMDArrayRelease(a)
	}
	f.arrays = nil
	if f.root != nil {
		C.GDALGroupRelease(f.root)
		f.root = nil
	}
	if f.ds != nil {
		C.GDALClose(f.ds)
		f.ds = nil
	}
	return nil
}
