package las

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	encodingWaveInside = 1 << 1 // of Header.GlobalEncoding: waveform packets stand behind the points
	recordWavePackets  = 65535  // of user LASF_Spec
)

// back writes what follows the points, the extended records and the waveform packets, and the offsets in
// the header that lead there.
func (rw *rewriter) back() error {
	h, le := rw.r.h, binary.LittleEndian
	var kept uint32
	first, wave := uint64(0), uint64(0)
	at := int64(h.EVLROffset)
	for _, v := range rw.r.evlrs {
		n := evlrHeaderSize + int64(v.Length)
		if !ofCompression(v) {
			if kept++; kept == 1 {
				first = uint64(rw.out.n)
			}
			if uint64(at) == h.waveOffset {
				wave = uint64(rw.out.n)
			}
			if err := rw.copyRange(at, n); err != nil {
				return err
			}
		}
		at += n
	}
	if stated := h.waveOffset > 0 || h.GlobalEncoding&encodingWaveInside != 0; wave == 0 && stated && layouts[h.Format].wave > 0 {
		var err error
		if wave, err = rw.packets(); err != nil {
			return err
		}
	}
	if h.Minor >= 3 && len(rw.head) >= headerSize13 {
		le.PutUint64(rw.head[227:], wave)
		if wave == 0 {
			le.PutUint16(rw.head[6:], h.GlobalEncoding&^encodingWaveInside)
		}
	}
	if h.Minor >= 4 && len(rw.head) >= headerSize14 {
		le.PutUint64(rw.head[235:], first)
		le.PutUint32(rw.head[243:], kept)
	}
	return nil
}

// packets carries the record of waveform packets of LAS 1.3, which is no extended record yet but looks like
// one. It returns 0 when the packets are not there.
func (rw *rewriter) packets() (at uint64, err error) {
	r := rw.r
	lost := func(why string) (uint64, error) {
		r.warnOnce("the waveform packets are not carried over: %s; the points keep their references to them", why)
		return 0, nil
	}
	from := int64(r.h.waveOffset)
	if r.h.waveOffset < uint64(r.h.PointOffset) || r.h.waveOffset > uint64(r.size) || r.size-from < evlrHeaderSize {
		return lost(fmt.Sprintf("they are said to start at byte %d of %d", r.h.waveOffset, r.size))
	}
	var head [evlrHeaderSize]byte
	if _, err := io.ReadFull(io.NewSectionReader(r.src, from, evlrHeaderSize), head[:]); err != nil {
		return 0, r.passing(err)
	}
	// Leica writes LAS_Spec.
	user, id := cString(head[2:18]), binary.LittleEndian.Uint16(head[18:])
	if id != recordWavePackets || user != specUser && user != "LAS_Spec" {
		return lost(fmt.Sprintf("no such record stands at byte %d", from))
	}
	stated, left := binary.LittleEndian.Uint64(head[20:]), r.size-from-evlrHeaderSize
	if stated > uint64(left) {
		r.warnOnce("the waveform packets are said to take %d bytes; the %d that the file has left are carried over", stated, left)
	} else {
		left = int64(stated)
	}
	at = uint64(rw.out.n)
	return at, rw.copyRange(from, evlrHeaderSize+left)
}
