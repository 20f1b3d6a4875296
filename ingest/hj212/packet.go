package hj212

import (
	"fmt"
	"strings"
)

// Bits of Flag. The version stands above them.
const (
	flagAnswer = 1 << 0
	flagSplit  = 1 << 1
	flagShift  = 2
)

// Packet is one segment, read.
type Packet struct {
	QN    string // 17 digits: the exchange; 2005 uploads may lack it
	ST    string // kind of system
	CN    int    // command
	PW    string
	MN    string // device
	Flag  uint8
	Parts int     // PNUM, 0 when the packet is whole
	Part  int     // PNO, from 1
	CP    []Field // in order
	// Notes are departures from the standard that Parse forgave, for the device's file.
	Notes []string
}

// Field is one name=value of CP. Item counts what semicolons part: fields of one item belong together.
type Field struct {
	Name  string // a34004, DataTime
	Sub   string // Rtd, Avg, Flag ...; empty for a name without a dash
	Value string
	Item  int
}

// Answered reports whether the sender wants an answer.
func (p *Packet) Answered() bool { return p.Flag&flagAnswer != 0 }

// Split reports whether the packet is one part of several. Bit 1 alone is no proof: devices set it on whole packets.
func (p *Packet) Split() bool { return p.Parts > 1 }

// Version is what Flag says, which is no proof of what the device speaks.
func (p *Packet) Version() Version { return Version(p.Flag >> flagShift) }

// Get is the value of a field, empty when it is not there.
func (p *Packet) Get(name, sub string) string {
	for i := range p.CP {
		if p.CP[i].Name == name && p.CP[i].Sub == sub {
			return p.CP[i].Value
		}
	}
	return ""
}

// ParseError is what is wrong with a segment, and where.
type ParseError struct {
	Field string // QN, ST, ... or CP
	What  string
}

func (e *ParseError) Error() string { return "hj212: " + e.Field + ": " + e.What }

// limits of the header, characters of the value (2017, table 1). MN is 24 there; 2005 has any 14, and devices send from 7.
const (
	lenQN     = 17
	maxLenST  = 5
	maxLenPW  = 32
	maxLenMN  = 64
	maxParts  = 9999
	maxFields = 1000
)

// Parse reads a segment. It forgives what devices and the standard's own samples do: a semicolon missing before CP
// or left over before the closing &&, blanks, header fields in any order, data without an item's flag. It copies what it keeps.
func Parse(segment []byte) (Packet, error) {
	var p Packet
	err := p.parse(string(segment))
	return p, err
}

func (p *Packet) parse(s string) error {
	head, body, err := p.cut(s)
	if err != nil {
		return err
	}
	seen := 0
	for head != "" {
		var field string
		field, head, _ = strings.Cut(head, ";")
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		if !ok {
			if name != "" {
				return &ParseError{"header", fmt.Sprintf("%q is no name=value", clip(name))}
			}
			continue
		}
		bit, err := p.header(name, value)
		if err != nil {
			return err
		}
		if seen&bit != 0 {
			return &ParseError{name, "stands twice"}
		}
		seen |= bit
	}
	switch {
	case seen&sawMN == 0:
		return &ParseError{"MN", "is missing: which device is it?"}
	case seen&sawCN == 0:
		return &ParseError{"CN", "is missing: what does it want?"}
	}
	return p.fields(body)
}

// cut parts the header from what stands between && and &&.
func (p *Packet) cut(s string) (head, body string, err error) {
	i := strings.Index(s, "CP=")
	if i < 0 {
		return "", "", &ParseError{"CP", "is missing"}
	}
	head = s[:i]
	if n := len(head); n > 0 && head[n-1] != ';' {
		p.note("no semicolon before CP")
	}
	rest := strings.TrimLeft(s[i+3:], " ")
	body, ok := strings.CutPrefix(rest, "&&")
	if !ok {
		return "", "", &ParseError{"CP", "does not begin with &&"}
	}
	j := strings.LastIndex(body, "&&")
	if j < 0 {
		return "", "", &ParseError{"CP", "does not end with &&"}
	}
	if strings.TrimSpace(body[j+2:]) != "" {
		return "", "", &ParseError{"CP", fmt.Sprintf("%q follows the closing &&", clip(body[j+2:]))}
	}
	return head, body[:j], nil
}

const (
	sawQN = 1 << iota
	sawST
	sawCN
	sawPW
	sawMN
	sawFlag
	sawParts
	sawPart
)

func (p *Packet) header(name, value string) (bit int, err error) {
	number := func(max int) (n int) {
		if n, err = count(value, max); err != nil {
			err = &ParseError{name, err.Error()}
		}
		return n
	}
	switch name {
	case "QN":
		if p.QN = value; !digits(value, lenQN) {
			return 0, &ParseError{name, fmt.Sprintf("%q is not 17 digits YYYYMMDDhhmmsszzz", clip(value))}
		}
		return sawQN, nil
	case "ST":
		if p.ST = value; value == "" || len(value) > maxLenST || !plain(value) {
			return 0, &ParseError{name, fmt.Sprintf("%q is no kind of system", clip(value))}
		}
		return sawST, nil
	case "CN":
		p.CN = number(9999)
		return sawCN, err
	case "PW":
		if p.PW = value; len(value) > maxLenPW {
			return 0, &ParseError{name, "is too long"}
		}
		return sawPW, nil
	case "MN":
		if p.MN = value; !ValidMN(value) {
			return 0, &ParseError{name, fmt.Sprintf("%q is no device number", clip(value))}
		}
		return sawMN, nil
	case "Flag":
		p.Flag = uint8(number(255))
		return sawFlag, err
	case "PNUM":
		p.Parts = number(maxParts)
		return sawParts, err
	case "PNO":
		p.Part = number(maxParts)
		return sawPart, err
	}
	p.note("unknown header field " + clip(name)) // RF of 2025 among them: sent again
	return 0, nil
}

// fields reads CP. Text between // and // may hold any character.
func (p *Packet) fields(s string) error {
	p.CP = make([]Field, 0, min(strings.Count(s, "="), maxFields))
	item := 0
	for len(s) > 0 {
		if len(p.CP) == maxFields {
			return &ParseError{"CP", fmt.Sprintf("has more than %d fields", maxFields)}
		}
		end, sep := fieldEnd(s)
		text := strings.TrimSpace(s[:end])
		if text != "" {
			key, value, ok := strings.Cut(text, "=")
			if !ok {
				return &ParseError{"CP", fmt.Sprintf("%q is no name=value", clip(text))}
			}
			if key == "" {
				return &ParseError{"CP", fmt.Sprintf("%q has no name", clip(text))}
			}
			f := Field{Name: key, Value: value, Item: item}
			if i := strings.IndexByte(key, '-'); i > 0 {
				f.Name, f.Sub = key[:i], key[i+1:]
			}
			p.CP = append(p.CP, f)
		}
		if sep == ';' {
			item++
		}
		s = s[min(end+1, len(s)):]
	}
	return nil
}

// fieldEnd is where a field ends and what ends it: a comma, a semicolon, or 0 at the end.
func fieldEnd(s string) (int, byte) {
	if eq := strings.Index(s, "=//"); eq >= 0 && !strings.ContainsAny(s[:eq], ",;") {
		if close := strings.Index(s[eq+3:], "//"); close >= 0 {
			from := eq + 3 + close + 2
			if i := strings.IndexAny(s[from:], ",;"); i >= 0 {
				return from + i, s[from+i]
			}
			return len(s), 0
		}
	}
	for i := range len(s) {
		if s[i] == ',' || s[i] == ';' {
			return i, s[i]
		}
	}
	return len(s), 0
}

const maxNotes = 8

func (p *Packet) note(s string) {
	if len(p.Notes) < maxNotes {
		p.Notes = append(p.Notes, s)
	}
}

func count(s string, max int) (int, error) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || n > max {
			return 0, fmt.Errorf("%q is no number from 0 to %d", clip(s), max)
		}
		n = 10*n + int(s[i]-'0')
	}
	if s == "" || n > max {
		return 0, fmt.Errorf("%q is no number from 0 to %d", clip(s), max)
	}
	return n, nil
}

func digits(s string, n int) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) == n
}

// ValidMN reports whether a packet may carry this as the number of its device.
func ValidMN(s string) bool { return s != "" && len(s) <= maxLenMN && plain(s) }

// plain reports whether s is letters, digits, dashes and underlines: nothing that means something in a subject or a path.
func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func clip(s string) string { return s[:min(len(s), clipped)] }
