package photo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"upwind/ingest/tiff"
)

// Attitude is a set of angles in degrees: yaw clockwise from true north, pitch up from the horizon (-90 is
// straight down), roll positive with the right side down.
type Attitude struct{ YawDeg, PitchDeg, RollDeg float64 }

// Position is where the camera was. Heights are metres. A nil sigma is not stated.
type Position struct {
	Lon, Lat  float64  // WGS84, degrees
	AbsoluteM *float64 // above the maker's zero: the ellipsoid with RTK, often mean sea level without
	RelativeM *float64 // above the take-off point, which is not the ground in the picture
	RTKFixed  bool
	SigmaE    *float64 // 1-sigma, metres
	SigmaN    *float64
	SigmaUp   *float64
}

// Lens is what the file says about the camera's inside, in pixels of this file's picture.
type Lens struct {
	F35MM   float64 // focal length of a 35 mm camera with the same view, mm; 0 if not stated
	FocalPX float64 // factory calibrated focal length, scaled to this picture; 0 if not stated
	Dewarp  *Brown  // factory calibrated model, scaled to this picture
	Flat    bool    // the picture is already freed of distortion
}

// Picture is the metadata of one drone picture. What the file does not say is nil, zero or empty.
type Picture struct {
	Name          string
	Format        string // jpeg or tiff
	Width, Height int    // of the picture in this file
	FullW, FullH  int    // of the picture as the sensor made it, if the file says so; else the same
	Make, Model   string
	Time          time.Time // UTC; zero if the file does not say
	TimeSource    string    // gps, exif-offset, exif-assumed-zone
	Position      *Position
	Gimbal        *Attitude
	Flight        *Attitude
	Lens          Lens
	Rotated       bool // EXIF orientation other than 1: pixels as stored are still the sensor's
}

// DefaultZone is assumed for a camera clock without an offset: China has one time zone, UTC+8, and the
// program's users are there.
var DefaultZone = time.FixedZone("UTC+8", 8*3600)

// ParseOptions are what a file cannot say about itself.
type ParseOptions struct {
	Zone *time.Location // of a camera clock without an offset; nil means [DefaultZone]
}

// Parse reads the EXIF and XMP of a JPEG, or of a TIFF that holds a drone picture. Only metadata is read.
// The errors are [ErrNotPicture], [ErrTruncated], a broken header or the reader's own; missing metadata is
// no error.
func Parse(r io.ReaderAt, size int64, name string) (Picture, error) {
	return ParseWith(r, size, name, ParseOptions{})
}

// ParseWith is [Parse] with options.
func ParseWith(r io.ReaderAt, size int64, name string, opt ParseOptions) (Picture, error) {
	var head [4]byte
	if size < 4 {
		return Picture{}, fmt.Errorf("%w: %s has %d bytes", ErrTruncated, name, size)
	}
	if _, err := r.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return Picture{}, fmt.Errorf("photo: %s: %w", name, err)
	}
	p := Picture{Name: name}
	var exif, xmp map[string]string
	var err error
	switch {
	case head[0] == 0xff && head[1] == 0xd8:
		p.Format = "jpeg"
		exif, xmp, err = p.fromJPEG(r, size)
	case tiff.Is(head[:]):
		p.Format = "tiff"
		exif, xmp, err = p.fromTIFF(r, size)
	default:
		return Picture{}, fmt.Errorf("%w: %s", ErrNotPicture, name)
	}
	if err != nil {
		return Picture{}, err
	}
	zone := opt.Zone
	if zone == nil {
		zone = DefaultZone
	}
	p.fill(exif, xmp, zone)
	return p, nil
}

func (p *Picture) fromJPEG(r io.ReaderAt, size int64) (exif, xmp map[string]string, err error) {
	h, err := readJPEG(r, size)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	p.Width, p.Height = h.width, h.height
	exif = map[string]string{}
	if f, err := tiff.Open(bytes.NewReader(h.exif), int64(len(h.exif))); err == nil {
		if d, err := f.First(); err == nil {
			exif = tiffFields(d)
		}
	}
	return exif, xmpFields(h.xmp), nil
}

func (p *Picture) fromTIFF(r io.ReaderAt, size int64) (exif, xmp map[string]string, err error) {
	f, err := tiff.Open(r, size)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	d, err := f.First()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	w, h, ok := d.Size()
	if !ok || w > maxSide || h > maxSide {
		return nil, nil, fmt.Errorf("photo: %s: a TIFF of %d x %d pixels is no drone picture", p.Name, w, h)
	}
	p.Width, p.Height = int(w), int(h)
	exif = tiffFields(d)
	for k, v := range gdalFields(d.Bytes(tiff.GDALMetadata)) {
		if exif[k] == "" {
			exif[k] = v
		}
	}
	return exif, xmpFields(d.Bytes(tiff.XMP)), nil
}

// maxSide bounds a picture's side: the largest drone cameras have some 12,000 pixels; JPEG ends at 65,535.
const maxSide = 65535

// HasCameraPosition reports whether the metadata tells where the camera was.
func (p *Picture) HasCameraPosition() bool { return p.Position != nil }
