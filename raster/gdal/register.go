package gdal

/*
#cgo pkg-config: gdal
#include <stdlib.h>
#include "cpl_conv.h"
#include "cpl_error.h"

static void upwindQuiet(void) { CPLSetErrorHandler(CPLQuietErrorHandler); }
#include "ogr_srs_api.h"
*/
import "C"

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/airbusgeo/godal"
)

// readDrivers may open files. COG is registered beside them for writing only; a COG is read as GTiff.
var readDrivers = []string{"GTiff", "JPEG", "PNG", "JP2OpenJPEG"}

// settings are GDAL's configuration for the life of the process.
var settings = [][2]string{
	{"GDAL_CACHEMAX", "64"},                          // MiB of decoded blocks; the default is 5 % of the machine
	{"GDAL_PAM_ENABLED", "NO"},                       // neither reads nor writes .aux.xml
	{"GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR"},    // no look at siblings
	{"GDAL_DRIVER_PATH", "disable"},                  // no plugins
	{"GDAL_ERROR_ON_LIBJPEG_WARNING", "YES"},         // a cut JPEG is an error, not grey rows
	{"GDAL_JPEG_TO_RGB", "YES"},                      // CMYK and YCbCr come as RGB
	{"GTIFF_POINT_GEO_IGNORE", "NO"},                 // PixelIsPoint moves the origin by half a pixel, as the standard says
	{"JPEGMEM", "262144"},                            // KiB libjpeg may hold
	{"CPL_VSIL_CURL_ALLOWED_EXTENSIONS", ".none"},    // /vsicurl/ opens nothing
	{"CPL_CURL_ENABLE_VSIMEM", "NO"},                 //
	{"GDAL_HTTP_TIMEOUT", "1"},                       //
	{"OGR_GEOJSON_MAX_OBJ_SIZE", "1"},                //
	{"GDAL_MAX_BAND_COUNT", "256"},                   // as maxBands
	{"GDAL_NUM_THREADS", "1"},                        // the same bytes whatever the machine
	{"OGR_CURRENT_DATE", "2000-01-01T00:00:00.000Z"}, // last_change of a GeoPackage: the same bytes whatever the day
	{"PROJ_NETWORK", "OFF"},                          //
	{"OSR_DEFAULT_AXIS_MAPPING_STRATEGY", "TRADITIONAL_GIS_ORDER"},
}

var (
	registerOnce sync.Once
	registerErr  error
)

// Register sets GDAL up for this process: settings, no network, and the allow-list of drivers. Open and the
// other entries call it; a second call does nothing.
func Register() error {
	registerOnce.Do(func() {
		for _, s := range settings {
			key, value := C.CString(s[0]), C.CString(s[1])
			C.CPLSetConfigOption(key, value)
			C.free(unsafe.Pointer(key))
			C.free(unsafe.Pointer(value))
		}
		C.upwindQuiet() // for the few calls that take no logger
		C.OSRSetPROJEnableNetwork(0)
		if err := godal.RegisterRaster(godal.GTiff, "COG", "JPEG", "PNG", "JP2OpenJPEG"); err != nil {
			registerErr = fmt.Errorf("gdal: registering drivers: %w", err)
		}
	})
	return registerErr
}

// Version is the release of the GDAL library that is linked, such as 3.6.2, once it is set up.
func Version() (string, error) {
	v := godal.Version()
	return fmt.Sprintf("%d.%d.%d", v.Major(), v.Minor(), v.Revision()), Register()
}
