package gdal

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

typedef int64_t hid; // HDF5 1.10 and later

// The few functions of HDF5, which GDAL's netCDF driver brings along, that are asked directly.
static struct {
	int (*eset_auto)(hid, void *, void *);
	hid (*fopen)(const char *, unsigned, hid);
	int (*fclose)(hid);
	int (*lvisit)(hid, int, int, int (*)(hid, const char *, const void *, void *), void *);
	hid (*dopen)(hid, const char *, hid);
	int (*dclose)(hid);
	hid (*dplist)(hid);
	int (*pclose)(hid);
	int (*externals)(hid);
	int (*layout)(hid);
} h5;

static void *h5sym(const char *name, const char *older) {
	void *f = dlsym(RTLD_DEFAULT, name);
	return f || !older ? f : dlsym(RTLD_DEFAULT, older);
}

static void upwindFindHDF5(void) {
	*(void **)&h5.eset_auto = h5sym("H5Eset_auto2", NULL);
	*(void **)&h5.fopen = h5sym("H5Fopen", NULL);
	*(void **)&h5.fclose = h5sym("H5Fclose", NULL);
	*(void **)&h5.lvisit = h5sym("H5Lvisit1", "H5Lvisit");
	*(void **)&h5.dopen = h5sym("H5Dopen2", NULL);
	*(void **)&h5.dclose = h5sym("H5Dclose", NULL);
	*(void **)&h5.dplist = h5sym("H5Dget_create_plist", NULL);
	*(void **)&h5.pclose = h5sym("H5Pclose", NULL);
	*(void **)&h5.externals = h5sym("H5Pget_external_count", NULL);
	*(void **)&h5.layout = h5sym("H5Pget_layout", NULL);
}

// HDF5 prints its errors unless it is told not to, in each thread.
static void upwindQuietHDF5(void) {
	if (h5.eset_auto) h5.eset_auto(0, NULL, NULL);
}

// strays stops at a link or dataset that lies in another file: a link type of 64 or more (external or
// user-defined, the first member of H5L_info_t), raw data in external files, a virtual layout (3).
static int strays(hid group, const char *name, const void *info, void *unused) {
	int type = *(const int *)info;
	if (type >= 64) return 1;
	if (type != 0) return 0;
	hid d = h5.dopen(group, name, 0);
	if (d < 0) return 0;
	hid p = h5.dplist(d);
	int found = p < 0 || h5.externals(p) != 0 || h5.layout(p) == 3;
	if (p >= 0) h5.pclose(p);
	h5.dclose(d);
	return found;
}

// upwindStrays is 1 for an HDF5 file that refers to other files, 0 for one that does not, -1 where HDF5
// cannot be asked or cannot read the file.
static int upwindStrays(const char *path) {
	upwindQuietHDF5();
	if (!h5.fopen || !h5.fclose || !h5.lvisit || !h5.dopen || !h5.dclose || !h5.dplist || !h5.pclose || !h5.externals || !h5.layout) return -1;
	hid f = h5.fopen(path, 0, 0);
	if (f < 0) return -1;
	int found = h5.lvisit(f, 0, 2, strays, NULL); // by name, in native order
	h5.fclose(f);
	return found;
}
*/
import "C"

import (
	"unsafe"

	"upwind"
)

// HDF5, in which netCDF-4 is written, lets a file say that its numbers lie in another one: raw data of
// /etc/passwd, links, virtual datasets. The library follows without a word, so it is asked before.

// findHDF5 looks up the library that GDAL brings along.
func findHDF5() { C.upwindFindHDF5() }

// quietHDF5 keeps HDF5 from printing on the current thread.
func quietHDF5() { C.upwindQuietHDF5() }

// refuseStrays refuses an HDF5 file that refers to other files, or that cannot be asked.
func refuseStrays(abs, name string) error {
	path := C.CString(abs)
	defer C.free(unsafe.Pointer(path))
	switch C.upwindStrays(path) {
	case 0:
		return nil
	case 1:
		return upwind.Refuse(name, "", "some of its variables lie in other files", "copy them into one file (nccopy, h5repack)")
	}
	return upwind.Refuse(name, "", "HDF5 cannot read it", doNotCompacted)
}
