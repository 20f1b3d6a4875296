package grid

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"upwind"
)

const (
	// maxDepth is how deep JSON may nest. A grid needs 9 levels; the standard library's own limit, 10,000, is no
	// protection for recursive code.
	maxDepth = 64
	// maxToken is the longest string or number that is kept. Names and codes are short; a longer one is a fault.
	maxToken = 64 << 10
	// maxFile is the largest grid file that is read. A city of 4,598 cells of 500 vertices takes about 60 MB.
	maxFile = 128 << 20
)

// scanner reads JSON (RFC 8259) as a stream and strictly: UTF-8 without faults, whole surrogate pairs, numbers that fit a
// float64, nesting of at most maxDepth. Every error names the byte.
type scanner struct {
	r     *bufio.Reader
	name  string
	where string // "feature 12", in front of the byte
	off   int64
	depth int
	buf   []byte
}

func newScanner(name string, r io.Reader) *scanner {
	s := &scanner{r: bufio.NewReaderSize(r, 64<<10), name: name}
	if b, err := s.r.Peek(3); err == nil && string(b) == "\xef\xbb\xbf" { // a byte order mark, as Windows writes it
		_, _ = s.r.Discard(3)
		s.off = 3
	}
	return s
}

func (s *scanner) refuse(off int64, format string, args ...any) error {
	where := fmt.Sprintf("byte %d", off)
	if s.where != "" {
		where = s.where + ", " + where
	}
	return upwind.Refuse(s.name, where, fmt.Sprintf(format, args...), "export the grid again as GeoJSON (RFC 7946, UTF-8, WGS84)")
}

func (s *scanner) byte() (byte, error) {
	c, err := s.r.ReadByte()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return 0, s.refuse(s.off, "the file ends in the middle of a value")
		}
		return 0, upwind.Passing(fmt.Errorf("grid: read %s: %w", s.name, err))
	}
	if s.off++; s.off > maxFile {
		return 0, s.refuse(s.off, "the file is larger than %d MiB", maxFile>>20)
	}
	return c, nil
}

func (s *scanner) unread() {
	_ = s.r.UnreadByte()
	s.off--
}

// next returns the next byte that is not white space, which stays unread.
func (s *scanner) next() (byte, error) {
	for {
		c, err := s.byte()
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			s.unread()
			return c, nil
		}
	}
}

func (s *scanner) want(c byte) error {
	got, err := s.next()
	if err != nil {
		return err
	}
	if got != c {
		return s.refuse(s.off, "found %q where %q belongs", got, c)
	}
	_, err = s.byte()
	return err
}

// end makes sure that nothing follows the document.
func (s *scanner) end() error {
	for {
		c, err := s.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return upwind.Passing(fmt.Errorf("grid: read %s: %w", s.name, err))
		}
		if s.off++; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return s.refuse(s.off-1, "found %q after the end of the document", c)
		}
	}
}

// list walks over the members of an array or object between the given brackets, calling item before each.
func (s *scanner) list(open, shut byte, item func() error) error {
	if err := s.want(open); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return s.refuse(s.off-1, "JSON nests deeper than %d", maxDepth)
	}
	defer func() { s.depth-- }()
	if c, err := s.next(); err != nil {
		return err
	} else if c == shut {
		_, err = s.byte()
		return err
	}
	for {
		if err := item(); err != nil {
			return err
		}
		c, err := s.next()
		if err != nil {
			return err
		}
		_, _ = s.byte()
		switch c {
		case shut:
			return nil
		case ',':
		default:
			return s.refuse(s.off-1, "found %q where ',' or %q belongs", c, shut)
		}
	}
}

func (s *scanner) array(item func() error) error { return s.list('[', ']', item) }

func (s *scanner) object(member func(key string) error) error {
	return s.list('{', '}', func() error {
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.want(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// value reads any value: string, number (as its text), bool, nil, map[string]any or []any. Each kept value takes bytes
// of the file, so memory stays within a small multiple of them.
func (s *scanner) value() (any, error) {
	c, err := s.next()
	if err != nil {
		return nil, err
	}
	switch c {
	case '"':
		return s.str()
	case '{':
		m := map[string]any{}
		return m, s.object(func(key string) (err error) {
			m[key], err = s.value()
			return err
		})
	case '[':
		var l []any
		err := s.array(func() error {
			v, err := s.value()
			l = append(l, v)
			return err
		})
		return l, err
	case 't':
		return true, s.literal("true")
	case 'f':
		return false, s.literal("false")
	case 'n':
		return nil, s.literal("null")
	}
	_, text, err := s.number()
	return text, err
}

func (s *scanner) literal(word string) error {
	start := s.off
	for i := range len(word) {
		c, err := s.byte()
		if err != nil {
			return err
		}
		if c != word[i] {
			return s.refuse(start, "an unknown word where %q belongs", word)
		}
	}
	return nil
}
