package gdal

/*
#include "gdal.h"
#include "cpl_conv.h"
#include "cpl_error.h"

static int upwindReadFloats(GDALMDArrayH a, const GUInt64 *start, const size_t *count, double *to, size_t n) {
	GDALExtendedDataTypeH t = GDALExtendedDataTypeCreate(GDT_Float64);
	CPLErrorReset();
	int ok = GDALMDArrayRead(a, start, count, NULL, NULL, t, to, to, n * sizeof(double));
	GDALExtendedDataTypeRelease(t);
	return ok;
}

static int upwindReadStrings(GDALMDArrayH a, const GUInt64 *start, const size_t *count, char **to, size_t n) {
	GDALExtendedDataTypeH t = GDALExtendedDataTypeCreateString(0);
	CPLErrorReset();
	int ok = GDALMDArrayRead(a, start, count, NULL, NULL, t, to, to, n * sizeof(char *));
	GDALExtendedDataTypeRelease(t);
	return ok;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"unsafe"

	"upwind"
)

// window is a whole variable: its handle, start, counts and number of values.
func (f *netCDFFile) window(variable string, text bool) (a C.GDALMDArrayH, start []C.GUInt64, count []C.size_t, n int, err error) {
	n = 1
	for _, v := range f.variables {
		if v.Name != variable || v.Text != text {
			continue
		}
		start, count = make([]C.GUInt64, max(1, len(v.Shape))), make([]C.size_t, max(1, len(v.Shape)))
		for i, d := range v.Shape {
			if d > 0 && n > maxNetCDFValues/d {
				return nil, nil, nil, 0, upwind.Refuse(f.name, "variable "+variable, fmt.Sprintf("more than %d values", maxNetCDFValues), "cut it into shorter files")
			}
			n, count[i] = n*d, C.size_t(d)
		}
		if a = f.arrays[variable]; a == nil { // closed
			break
		}
		if what := f.heavy(a, int64(n), len(v.Shape)); what != "" {
			return nil, nil, nil, 0, upwind.Refuse(f.name, "variable "+variable, what, doNotCompacted)
		}
		return a, start, count, n, nil
	}
	return nil, nil, nil, 0, upwind.Refuse(f.name, "variable "+variable, "is not there as expected", doNotCompacted)
}

// heavy says what is too much about n values, or about the blocks in which they are stored.
func (f *netCDFFile) heavy(a C.GDALMDArrayH, n int64, dims int) string {
	const each = 8 // bytes
	if n*each > netCDFFreeBytes && n*each > maxRatio*f.size {
		return fmt.Sprintf("%d bytes promise %d values", f.size, n)
	}
	var got C.size_t
	blocks := C.GDALMDArrayGetBlockSize(a, &got)
	defer C.VSIFree(unsafe.Pointer(blocks))
	if blocks == nil || int(got) != dims {
		return ""
	}
	block := int64(1)
	for _, b := range unsafe.Slice(blocks, dims) {
		if b > 0 && uint64(block) > uint64(maxBlockBytes)/each/uint64(b) {
			return fmt.Sprintf("its blocks need more than %d MiB each", maxBlockBytes>>20)
		}
		block *= int64(max(1, b))
	}
	return ""
}

// Floats reads a whole numeric variable: fill values become NaN, scale and offset are applied.
func (f *netCDFFile) Floats(variable string) ([]float64, error) {
	a, start, count, n, err := f.window(variable, false)
	if err != nil || n == 0 {
		return nil, err
	}
	netCDFMu.Lock()
	defer netCDFMu.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	quietHDF5()
	out := make([]float64, n)
	if C.upwindReadFloats(a, &start[0], &count[0], (*C.double)(unsafe.Pointer(&out[0])), C.size_t(n)) == 0 {
		return nil, &upwind.Refusal{File: f.name, Where: "variable " + variable, What: "its values cannot be read", Do: doNotCompacted, Err: f.lastError()}
	}
	f.clean(a, variable, out)
	return out, nil
}

// clean applies fill value, missing_value, scale and offset.
func (f *netCDFFile) clean(a C.GDALMDArrayH, variable string, v []float64) {
	var has C.int
	fill := math.NaN()
	if d := float64(C.GDALMDArrayGetNoDataValueAsDouble(a, &has)); has != 0 {
		fill = d
	}
	missing := math.NaN()
	if s, ok := f.attribute(variable, "missing_value"); ok {
		if _, err := fmt.Sscan(s, &missing); err != nil {
			missing = math.NaN()
		}
	}
	scale, offset := 1.0, 0.0
	if d := float64(C.GDALMDArrayGetScale(a, &has)); has != 0 {
		scale = d
	}
	if d := float64(C.GDALMDArrayGetOffset(a, &has)); has != 0 {
		offset = d
	}
	for i, x := range v {
		switch {
		case x == fill || x == missing || math.Abs(x) >= netCDFFill:
			v[i] = math.NaN()
		case scale != 1 || offset != 0:
			v[i] = x*scale + offset
		}
	}
}

// Strings reads a whole variable of text.
func (f *netCDFFile) Strings(variable string) ([]string, error) {
	a, start, count, n, err := f.window(variable, true)
	if err != nil || n == 0 {
		return nil, err
	}
	netCDFMu.Lock()
	defer netCDFMu.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	quietHDF5()
	list := (**C.char)(C.calloc(C.size_t(n), C.size_t(unsafe.Sizeof((*C.char)(nil)))))
	if list == nil {
		return nil, upwind.Passing(errors.New("gdal: out of memory"))
	}
	defer C.free(unsafe.Pointer(list))
	if C.upwindReadStrings(a, &start[0], &count[0], list, C.size_t(n)) == 0 {
		return nil, &upwind.Refusal{File: f.name, Where: "variable " + variable, What: "its text cannot be read", Do: doNotCompacted, Err: f.lastError()}
	}
	out := make([]string, n)
	for i, s := range unsafe.Slice(list, n) {
		if s != nil {
			out[i] = C.GoString(s)
			C.VSIFree(unsafe.Pointer(s))
		}
	}
	return out, nil
}
