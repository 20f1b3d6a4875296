package las

import (
	"encoding/binary"
	"fmt"

	"upwind"
)

// lazRecordID is the record of LASzip, of user lazUser, that describes compressed points.
const (
	lazRecordID   = 22204
	lazUser       = "laszip encoded"
	lazRecordSize = 34 // without its items
)

// Values of lazInfo.compressor.
const (
	notCompressed    = 0
	onePointwise     = 1 // all points are one chunk
	chunkedPointwise = 2
	chunkedLayered   = 3
)

// Types of items, the parts of a point record.
const (
	itemByte   = 0
	itemPoint  = 6
	itemGPS    = 7
	itemRGB    = 8
	itemWave   = 9
	itemPoint4 = 10
	itemRGB4   = 11
	itemNIR4   = 12
	itemWave4  = 13
	itemByte4  = 14
)

// point4Layers is how many layers item POINT14 has.
const point4Layers = 9

// variableChunks is the chunk size that says that the chunk table counts the points; 0 says so too.
const variableChunks = 1<<32 - 1

type lazItem struct{ kind, size, version int }

// layers is how many layers the item has in compressor 3.
func (i lazItem) layers() int {
	switch i.kind {
	case itemPoint4:
		return point4Layers
	case itemNIR4:
		return 2
	case itemByte4:
		return i.size
	}
	return 1
}

// lazInfo is what a compressed file says about its compression; nil on plain files.
type lazInfo struct {
	compressor uint16
	chunkSize  int64 // points of every chunk but the last; 0 when the chunks vary
	items      []lazItem
	layers     int // of compressor 3
	table      chunkTable
	dataEnd    int64 // where the compressed points end at the latest
	window     int   // bytes that a chunk is read through
}

// Windows on the compressed bytes: of a chunk, and the least of one of its layers.
const (
	chunkWindow = 1 << 20
	layerWindow = 4 << 10
)

// smallestChunk is the least number of bytes of a chunk.
func (l *lazInfo) smallestChunk(record int) int64 {
	if l.compressor == chunkedLayered {
		return int64(record) + 4 + 4*int64(l.layers)
	}
	return int64(record) + 4
}

// recognise finds out whether the points are compressed. The LASzip record tells, not the mark in the
// point format; but points that fill the file as plain records are plain, even where a converter left the
// record behind.
func (r *Reader) recognise() error {
	var record *VLR
	for i := range r.vlrs {
		if v := &r.vlrs[i]; v.RecordID == lazRecordID && v.UserID == lazUser {
			record = v
			break
		}
	}
	switch {
	case record == nil && !r.h.compressed:
		return nil
	case r.h.formatField&0x40 != 0:
		return upwind.Refuse(r.name, "byte 104", "this is LAZ of an experimental kind from before LASzip was published",
			"compress it anew with laszip")
	case record == nil:
		return upwind.Refuse(r.name, "byte 104", "the points are marked as compressed (LAZ), but no LASzip record says how",
			"compress the file anew with laszip, which writes the record")
	case !r.h.compressed:
		room := uint64(r.size) - uint64(r.h.PointOffset)
		if o := r.h.EVLROffset; r.h.EVLRCount > 0 && o >= uint64(r.h.PointOffset) && o < uint64(r.size) {
			room = o - uint64(r.h.PointOffset)
		}
		if r.h.StatedPoints <= room/uint64(r.h.RecordLength) {
			r.warn("a LASzip record is present, but the points are not marked as compressed and are read as plain")
			return nil
		}
		r.warn("the points are compressed (LAZ), but are not marked as such in the header")
	}
	info, err := parseLASzip(record.Data)
	if err == nil && info.compressor == notCompressed {
		return nil
	}
	if err == nil {
		err = info.check(r.h)
	}
	if err != nil {
		return upwind.Refuse(r.name, "LASzip record", err.Error(), "compress the file anew from its source")
	}
	r.laz = info
	return nil
}

func parseLASzip(b []byte) (*lazInfo, error) {
	le := binary.LittleEndian
	if len(b) < lazRecordSize {
		return nil, fmt.Errorf("it has %d bytes of %d", len(b), lazRecordSize)
	}
	info := &lazInfo{window: chunkWindow, compressor: le.Uint16(b), chunkSize: int64(le.Uint32(b[12:]))}
	if info.chunkSize == variableChunks {
		info.chunkSize = 0
	}
	if info.compressor > chunkedLayered {
		return nil, fmt.Errorf("compressor %d is not known, only 1 to 3", info.compressor)
	}
	if coder := le.Uint16(b[2:]); coder != 0 && info.compressor != notCompressed {
		return nil, fmt.Errorf("coder %d is not known, only 0, the arithmetic one", coder)
	}
	n := int(le.Uint16(b[32:]))
	if n == 0 || len(b) < lazRecordSize+6*n {
		return nil, fmt.Errorf("it has %d bytes, too few for its %d items", len(b), n)
	}
	for i := range n {
		at := b[lazRecordSize+6*i:]
		item := lazItem{int(le.Uint16(at)), int(le.Uint16(at[2:])), int(le.Uint16(at[4:]))}
		info.items = append(info.items, item)
		info.layers += item.layers()
	}
	return info, nil
}

// itemsOf are the items a record of the format has, with the versions that are known of each.
func itemsOf(h Header) (items []lazItem, newest []int) {
	add := func(kind, size, version int) {
		items = append(items, lazItem{kind: kind, size: size})
		newest = append(newest, version)
	}
	l, old := layouts[h.Format], h.Format < 6
	pick := func(a, b int) int {
		if old {
			return a
		}
		return b
	}
	if add(pick(itemPoint, itemPoint4), pick(20, 30), pick(2, 4)); old && l.gps > 0 {
		add(itemGPS, 8, 2)
	}
	if l.nir > 0 {
		add(itemNIR4, 8, 4)
	} else if l.rgb > 0 {
		add(pick(itemRGB, itemRGB4), 6, pick(2, 4))
	}
	if l.wave > 0 {
		add(pick(itemWave, itemWave4), waveBytes, pick(1, 4))
	}
	if n := int(h.RecordLength) - baseLength[h.Format]; n > 0 {
		add(pick(itemByte, itemByte4), n, pick(2, 4))
	}
	return items, newest
}

// check compares the items with the point format and the compressor.
func (l *lazInfo) check(h Header) error {
	if (l.compressor == chunkedLayered) != (h.Format >= 6) {
		return fmt.Errorf("compressor %d does not hold point format %d", l.compressor, h.Format)
	}
	if l.compressor == onePointwise {
		l.chunkSize = int64(min(h.StatedPoints, 1<<62))
	}
	want, newest := itemsOf(h)
	for i, item := range l.items {
		if i >= len(want) || item.kind != want[i].kind || item.size != want[i].size {
			return fmt.Errorf("item %d (type %d, %d bytes) is not what point format %d with records of %d bytes has there",
				i+1, item.kind, item.size, h.Format, h.RecordLength)
		}
		oldest := 1
		if l.compressor == chunkedLayered {
			oldest = 2
			if item.kind == itemWave4 {
				oldest = 3
			}
		}
		if item.version < oldest || item.version > newest[i] {
			return fmt.Errorf("item %d (type %d) has version %d, known are %d to %d", i+1, item.kind, item.version, oldest, newest[i])
		}
	}
	if len(l.items) < len(want) {
		return fmt.Errorf("it has %d items, point format %d with records of %d bytes takes %d",
			len(l.items), h.Format, h.RecordLength, len(want))
	}
	return nil
}
