package format

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"upwind"
)

// lines walks the lines of a text without their ends.
type lines struct {
	name string
	rest []byte
	n    int // of the line last given, 1-based
}

func (l *lines) next() ([]byte, bool) {
	if len(l.rest) == 0 {
		return nil, false
	}
	line := l.rest
	if i := bytes.IndexByte(l.rest, '\n'); i >= 0 {
		line, l.rest = l.rest[:i], l.rest[i+1:]
	} else {
		l.rest = nil
	}
	l.n++
	return bytes.TrimSuffix(line, []byte{'\r'}), true
}

// refuse names the line last given; field counts from 1, 0 means the whole line.
func (l *lines) refuse(field int, what, do string) *upwind.Refusal {
	where := fmt.Sprintf("line %d", l.n)
	if field > 0 {
		where += fmt.Sprintf(", field %d", field)
	}
	return upwind.Refuse(l.name, where, what, do)
}

// number reads a finite decimal number: no hexadecimals, no names.
func number(s string) (float64, bool) {
	if s == "" || len(s) > 40 || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// whole reads an integer in lo..hi.
func whole(s string, lo, hi int) (int, bool) {
	v, err := strconv.Atoi(s)
	return v, err == nil && v >= lo && v <= hi
}

// quoted shortens what a file says for a message, and keeps it printable.
func quoted[T string | []byte](s T) string {
	const most = 40
	text := string(s[:min(len(s), most)])
	if len(s) > most {
		text += "..."
	}
	return strconv.Quote(strings.ToValidUTF8(text, "?"))
}

// some lists a few names and counts the rest.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// plural is "1 ray" or "3 rays".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// maxNotes bounds what a folder full of faults can make us say.
const maxNotes = 60

// capNotes keeps the first notes and counts the rest.
func capNotes(notes []string) []string {
	if len(notes) <= maxNotes {
		return notes
	}
	return append(notes[:maxNotes:maxNotes], fmt.Sprintf("and %d more notes", len(notes)-maxNotes))
}
