package las

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
)

// Digest is the SHA-256 of what every reader must find in the points, whatever the file's compression,
// record padding or chunking; n is how many points went into it. Two files with the same points in the same
// order have the same digest, and a decoder that differs in one bit does not.
//
// A point enters as, little-endian: X, Y, Z int32 as stored; intensity uint16; return number, number of
// returns, class (5 bits of formats 0-5), user data uint8; point source uint16; scan angle int16 (formats
// 0-5: the rank, widened); then, if the format has them, GPS time float64, red, green, blue uint16, near
// infrared uint16; then the extra bytes as stored. Flags, scanner channel and waveforms are left out.
//
// The reader is rewound first and all layers are decoded. A file that is cut short has the digest of the
// [Reader.Count] points it holds.
func Digest(ctx context.Context, r *Reader) (sum [32]byte, n int64, err error) {
	h := sha256.New()
	size := int(r.h.RecordLength)
	var out []byte
	err = r.eachBlock(ctx, func(b []byte) error {
		out = out[:0]
		for ; len(b) >= size; b = b[size:] {
			out = r.h.appendCanonical(out, b[:size])
			n++
		}
		_, err := h.Write(out)
		return err
	})
	h.Sum(sum[:0])
	return sum, n, err
}

// appendCanonical appends one record in the form that [Digest] hashes.
func (h *Header) appendCanonical(dst, b []byte) []byte {
	le := binary.LittleEndian
	dst = append(dst, b[:14]...) // x, y, z, intensity
	if h.Format < 6 {
		dst = append(dst, b[14]&7, b[14]>>3&7, b[15]&31, b[17], b[18], b[19])
		dst = le.AppendUint16(dst, uint16(int8(b[16])))
	} else {
		dst = append(dst, b[14]&15, b[14]>>4, b[16], b[17], b[20], b[21], b[18], b[19])
	}
	l := layouts[h.Format]
	if l.gps > 0 {
		dst = append(dst, b[l.gps:l.gps+8]...)
	}
	if l.rgb > 0 {
		dst = append(dst, b[l.rgb:l.rgb+6]...)
	}
	if l.nir > 0 {
		dst = append(dst, b[l.nir:l.nir+2]...)
	}
	return append(dst, b[baseLength[h.Format]:]...)
}

// eachBlock calls fn with all records from the first to the last, whole ones with all layers, a few hundred
// KiB at a time. The block is fn's until it returns.
func (r *Reader) eachBlock(ctx context.Context, fn func(b []byte) error) (err error) {
	wanted := r.sel
	if err := r.Rewind(); err != nil {
		return err
	}
	if err := r.Select(AllLayers); err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, r.Select(wanted)) }()
	size := int64(r.h.RecordLength)
	block := make([]byte, min(r.count, max(1, readBlock/size))*size)
	for r.next < r.count {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(r.count-r.next, int64(len(block))/size)
		if err := r.rec.read(block[:n*size]); err != nil {
			return err
		}
		r.next += n
		if err := fn(block[:n*size]); err != nil {
			return err
		}
	}
	return nil
}
