package grid

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"upwind"
)

// number reads one number. Its text must follow the grammar of JSON and fit a float64.
func (s *scanner) number() (float64, string, error) {
	if _, err := s.next(); err != nil {
		return 0, "", err
	}
	start := s.off
	s.buf = s.buf[:0]
	for {
		c, err := s.r.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, "", upwind.Passing(fmt.Errorf("grid: read %s: %w", s.name, err))
		}
		s.off++
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			s.unread()
			break
		}
		if s.buf = append(s.buf, c); len(s.buf) > maxToken {
			return 0, "", s.refuse(start, "a number of more than %d digits", maxToken)
		}
	}
	if !validNumber(s.buf) {
		return 0, "", s.refuse(start, "%.40q is not a number", s.buf)
	}
	f, err := strconv.ParseFloat(string(s.buf), 64)
	if err != nil {
		return 0, "", s.refuse(start, "the number %.40s overflows", s.buf)
	}
	return f, string(s.buf), nil
}

// validNumber checks the grammar -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?.
func validNumber(b []byte) bool {
	i := 0
	digits := func() int {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i - from
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	zero := i < len(b) && b[i] == '0'
	if n := digits(); n == 0 || zero && n > 1 {
		return false
	}
	if i < len(b) && b[i] == '.' {
		if i++; digits() == 0 {
			return false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if digits() == 0 {
			return false
		}
	}
	return i == len(b)
}

// str reads one string.
func (s *scanner) str() (string, error) {
	if err := s.want('"'); err != nil {
		return "", err
	}
	start := s.off - 1
	out := s.buf[:0]
	defer func() { s.buf = out[:0] }()
	for {
		c, err := s.byte()
		if err != nil {
			return "", err
		}
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				return "", s.refuse(start, "a string is not valid UTF-8")
			}
			return string(out), nil
		case c < 0x20:
			return "", s.refuse(s.off-1, "a control character inside a string")
		case c == '\\':
			if out, err = s.escape(out); err != nil {
				return "", err
			}
		default:
			out = append(out, c)
		}
		if len(out) > maxToken {
			return "", s.refuse(start, "a string longer than %d bytes", maxToken)
		}
	}
}

func (s *scanner) escape(out []byte) ([]byte, error) {
	at := s.off - 1
	c, err := s.byte()
	if err != nil {
		return out, err
	}
	const escapes, meaning = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if i := strings.IndexByte(escapes, c); i >= 0 {
		return append(out, meaning[i]), nil
	}
	if c != 'u' {
		return out, s.refuse(at, "unknown escape %q", []byte{'\\', c})
	}
	r, err := s.hex4(at)
	if err != nil {
		return out, err
	}
	if utf16.IsSurrogate(r) {
		for _, want := range []byte(`\u`) {
			if c, err := s.byte(); err != nil {
				return out, err
			} else if c != want {
				return out, s.refuse(at, "half a surrogate pair")
			}
		}
		low, err := s.hex4(at)
		if err != nil {
			return out, err
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return out, s.refuse(at, "half a surrogate pair")
		}
	}
	return utf8.AppendRune(out, r), nil
}

func (s *scanner) hex4(at int64) (rune, error) {
	var b [4]byte
	for i := range b {
		c, err := s.byte()
		if err != nil {
			return 0, err
		}
		b[i] = c
	}
	v, err := strconv.ParseUint(string(b[:]), 16, 16)
	if err != nil {
		return 0, s.refuse(at, "broken escape \\u%q", b)
	}
	return rune(v), nil
}
