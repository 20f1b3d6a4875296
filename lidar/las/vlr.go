package las

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

const (
	vlrHeaderSize  = 54
	evlrHeaderSize = 60
	// maxEVLRBody is how much of an extended record is kept: reference systems take a few KiB, waveforms
	// take gigabytes and are never asked for.
	maxEVLRBody = 1 << 20
)

// VLR is a variable length record. The body of an extended one longer than 1 MiB is left in the file.
type VLR struct {
	UserID      string
	RecordID    uint16
	Description string
	Length      uint64 // as written
	Data        []byte
	Extended    bool
}

// readVLRs reads the records between the header and the points. It stops at the first that does not fit.
func (r *Reader) readVLRs() error {
	pos, end := int64(r.h.HeaderSize), int64(r.h.PointOffset)
	buf := make([]byte, end-pos)
	if _, err := r.src.ReadAt(buf, pos); err != nil && err != io.EOF {
		return r.passing(err)
	}
	for i := uint32(0); i < r.h.VLRCount; i++ {
		if len(buf) < vlrHeaderSize {
			r.warn("the header states %d records, %d fit before the points", r.h.VLRCount, i)
			return nil
		}
		v := VLR{UserID: cString(buf[2:18]), RecordID: binary.LittleEndian.Uint16(buf[18:]),
			Length:      uint64(binary.LittleEndian.Uint16(buf[20:])),
			Description: cString(buf[22:54])}
		if uint64(len(buf)-vlrHeaderSize) < v.Length {
			r.warn("record %d (%s %d) states %d bytes, %d are left before the points", i+1, v.UserID, v.RecordID, v.Length, len(buf)-vlrHeaderSize)
			return nil
		}
		v.Data = buf[vlrHeaderSize : vlrHeaderSize+v.Length : vlrHeaderSize+v.Length]
		buf = buf[vlrHeaderSize+v.Length:]
		r.vlrs = append(r.vlrs, v)
	}
	return nil
}

// readEVLRs reads the extended records behind the points.
func (r *Reader) readEVLRs() error {
	if r.h.EVLRCount == 0 {
		return nil
	}
	if r.h.EVLROffset < uint64(r.h.PointOffset) || r.h.EVLROffset > uint64(r.size) {
		r.warn("extended records are said to start at byte %d of %d", r.h.EVLROffset, r.size)
		return nil
	}
	pos := int64(r.h.EVLROffset)
	var head [evlrHeaderSize]byte
	var kept uint64
	for i := uint32(0); i < r.h.EVLRCount; i++ {
		if r.size-pos < evlrHeaderSize {
			r.warn("the header states %d extended records, the file holds %d", r.h.EVLRCount, i)
			return nil
		}
		if _, err := r.src.ReadAt(head[:], pos); err != nil && err != io.EOF {
			return r.passing(err)
		}
		pos += evlrHeaderSize
		v := VLR{UserID: cString(head[2:18]), RecordID: binary.LittleEndian.Uint16(head[18:]),
			Length: binary.LittleEndian.Uint64(head[20:]), Description: cString(head[28:60]), Extended: true}
		if v.Length > uint64(r.size-pos) {
			r.warn("extended record %d (%s %d) states %d bytes, the file has %d left", i+1, v.UserID, v.RecordID, v.Length, r.size-pos)
			return nil
		}
		if v.Length <= maxEVLRBody && kept+v.Length <= 4*maxEVLRBody {
			v.Data = make([]byte, v.Length)
			if _, err := r.src.ReadAt(v.Data, pos); err != nil && err != io.EOF {
				return r.passing(err)
			}
			kept += v.Length
		}
		pos += int64(v.Length)
		r.evlrs = append(r.evlrs, v)
	}
	return nil
}

// maxWarnings keeps a hostile file from filling memory with complaints.
const maxWarnings = 32

func (r *Reader) warn(format string, a ...any) {
	w := fmt.Sprintf(format, a...)
	if len(r.warnings) < maxWarnings && !slices.Contains(r.warnings, w) {
		r.warnings = append(r.warnings, w)
	}
}
