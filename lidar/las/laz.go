package las

import "upwind"

// lazRecordID is the record of LASzip, of user "laszip encoded", that describes compressed points.
const lazRecordID = 22204

// refuseCompressed turns compressed files away. A file whose points fill it exactly as plain records is
// plain, even when a converter left the LASzip record behind.
func (r *Reader) refuseCompressed() error {
	laszip := false
	for _, v := range r.vlrs {
		laszip = laszip || v.RecordID == lazRecordID && v.UserID == "laszip encoded"
	}
	if !r.h.compressed {
		if !laszip {
			return nil
		}
		room := uint64(r.size) - uint64(r.h.PointOffset)
		if r.h.StatedPoints <= room/uint64(r.h.RecordLength) {
			r.warn("a LASzip record is present, but the points are not marked as compressed and are read as plain")
			return nil
		}
	}
	return upwind.Refuse(r.name, "byte 104",
		"LAZ is compressed LAS and is not read by this version yet",
		"unpack it to LAS with laszip or pdal translate")
}
