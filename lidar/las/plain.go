package las

import (
	"errors"
	"fmt"
	"io"
)

// plain is the record source of uncompressed LAS.
type plain struct {
	r   *Reader
	pos int64 // bytes behind the first point
}

func (p *plain) read(dst []byte) error {
	_, err := p.readSome(dst)
	return err
}

func (p *plain) readSome(dst []byte) (int, error) {
	at, record := int64(p.r.h.PointOffset)+p.pos, int(p.r.h.RecordLength)
	n, err := p.r.src.ReadAt(dst, at)
	if n < len(dst) {
		if err == nil || errors.Is(err, io.EOF) { // io.EOF is kept for the end of the points
			err = io.ErrUnexpectedEOF
		}
		err = p.r.passing(fmt.Errorf("point %d, byte %d: %w", p.pos/int64(record)+int64(n/record), at, err))
		p.pos += int64(n - n%record)
		return n / record, err
	}
	p.pos += int64(n)
	return n / record, nil
}

func (p *plain) seek(point int64) error {
	p.pos = point * int64(p.r.h.RecordLength)
	return nil
}
