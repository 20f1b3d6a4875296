package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"upwind"
)

// The classic format (NetCDF Users Guide, appendix B) states where every variable lies. The library reads
// zeros beyond the end of a cut file; [classicFault] finds the cut.

const maxClassicHeader = 16 << 20

const (
	classicDimensions = 10
	classicVariables  = 11
	classicAttributes = 12
)

// classicSizes are the bytes of the types 1 (byte) to 11 (uint64).
var classicSizes = [...]int64{0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8}

// classic walks a header; bad is set once it ends too early or makes no sense.
type classic struct {
	b       []byte
	at      int
	version byte
	bad     bool
}

// count reads a size: 4 bytes, 8 in version 5.
func (c *classic) count() int64 {
	if c.version == 5 {
		return c.long()
	}
	return c.int32()
}

func (c *classic) take(n int64) []byte {
	if c.bad || n < 0 || n > int64(len(c.b)-c.at) {
		c.bad = true
		return nil
	}
	b := c.b[c.at : c.at+int(n)]
	c.at += int(n)
	return b
}

func (c *classic) int32() int64 {
	if b := c.take(4); b != nil {
		return int64(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (c *classic) long() int64 {
	if b := c.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (c *classic) name() string {
	n := c.count()
	b := c.take(n)
	c.take((4 - n%4) % 4)
	return string(b)
}

// list reads the tag and length of a list that is of one kind or absent.
func (c *classic) list(kind int64) int64 {
	tag, n := c.int32(), c.count()
	if n < 0 || tag != kind && (tag != 0 || n != 0) {
		c.bad = true
		return 0
	}
	return n
}

func (c *classic) skipAttributes() {
	for n := c.list(classicAttributes); n > 0 && !c.bad; n-- {
		c.name()
		kind, count := c.int32(), c.count()
		if kind < 1 || kind >= int64(len(classicSizes)) || count < 0 || count > maxClassicHeader {
			c.bad = true
			return
		}
		bytes := count * classicSizes[kind]
		c.take(bytes + (4-bytes%4)%4)
	}
}

// classicVariable is where a variable lies. count is its values, of one record if it grows by records.
type classicVariable struct {
	name         string
	begin, bytes int64
	records      bool
}

// variable reads one; ok is false when it makes no sense.
func (c *classic) variable(dims []int64) (v classicVariable) {
	v.name = c.name()
	count := int64(1)
	for i, n := int64(0), c.count(); i < n && !c.bad; i++ {
		d := c.count()
		if d < 0 || d >= int64(len(dims)) {
			c.bad = true
			return v
		}
		switch size := dims[d]; {
		case size == 0 && i == 0:
			v.records = true
		case size > 0 && count > 1<<40/size:
			c.bad = true
		default:
			count *= size
		}
	}
	c.skipAttributes()
	kind := c.int32()
	c.count() // the padded size, which may overflow and is not needed
	if c.version == 1 {
		v.begin = c.int32()
	} else {
		v.begin = c.long()
	}
	if kind < 1 || kind >= int64(len(classicSizes)) || v.begin < 0 {
		c.bad = true
		return v
	}
	v.bytes = count * classicSizes[kind]
	return v
}

// classicFault says what is wrong with a file of the classic format; nil for other files.
func classicFault(f File) error {
	head := make([]byte, min(f.Size, maxClassicHeader))
	n, err := f.R.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return upwind.Passing(fmt.Errorf("format: reading %s: %w", f.Name, err))
	}
	if head = head[:n]; len(head) < 4 || string(head[:3]) != "CDF" {
		return nil
	}
	c := &classic{b: head, at: 4, version: head[3]}
	records := c.count()
	var dims []int64
	for n := c.list(classicDimensions); n > 0 && !c.bad; n-- {
		c.name()
		dims = append(dims, c.count())
	}
	c.skipAttributes()
	var variables []classicVariable
	for n := c.list(classicVariables); n > 0 && !c.bad; n-- {
		variables = append(variables, c.variable(dims))
	}
	if c.bad {
		return upwind.Refuse(f.Name, fmt.Sprintf("byte %d", c.at), "the netCDF header is damaged or cut off", doCopyAgain)
	}
	return classicCut(f, variables, records)
}

// classicCut compares the ends of variables with the file's end. The records of all growing variables
// follow each other, each padded to 4 bytes unless there is only one such variable.
func classicCut(f File, variables []classicVariable, records int64) error {
	const streaming = 1<<32 - 1 // records are counted by the file's size
	stride, growing := int64(0), 0
	for _, v := range variables {
		if v.records {
			stride, growing = stride+v.bytes+(4-v.bytes%4)%4, growing+1
		}
	}
	for _, v := range variables {
		end := v.begin + v.bytes
		if v.records {
			if growing == 1 {
				stride = v.bytes
			}
			if records == 0 || records >= streaming || records < 0 {
				continue
			}
			if stride > 0 && records > (1<<50)/stride {
				return upwind.Refuse(f.Name, "variable "+v.name, fmt.Sprintf("%d records cannot be in %d bytes", records, f.Size), doCopyAgain)
			}
			end += (records - 1) * stride
		}
		if end > f.Size {
			return upwind.Refuse(f.Name, "variable "+v.name, fmt.Sprintf("the file ends at byte %d, before the variable's end at byte %d", f.Size, end), doCopyAgain)
		}
	}
	return nil
}
