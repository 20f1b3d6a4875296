package upwind

import (
	"errors"
	"strings"
)

// Refusal is a permanent fault of an input: trying again gives the same answer. It reads as one sentence
// that names the file, the place in it, what is wrong and what to do.
type Refusal struct {
	File  string // as the user knows it
	Where string // line, column, band, byte, ...; may be empty
	What  string // what is wrong
	Do    string // what the user can do about it; may be empty
	Err   error  // the fault underneath; may be nil
}

// Refuse builds a [Refusal].
func Refuse(file, where, what, do string) *Refusal {
	return &Refusal{File: file, Where: where, What: what, Do: do}
}

func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString(r.File)
	if r.Where != "" {
		b.WriteString(", " + r.Where)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(r.What)
	if r.Err != nil {
		b.WriteString(" (" + r.Err.Error() + ")")
	}
	if r.Do != "" {
		b.WriteString("; " + r.Do)
	}
	return b.String()
}

func (r *Refusal) Unwrap() error { return r.Err }

// IsRefusal reports whether err is, or wraps, a [Refusal].
func IsRefusal(err error) bool {
	var r *Refusal
	return errors.As(err, &r)
}

// PassingError marks a fault of the surroundings (a full disk, a lost connection): the same work may
// succeed later, so nothing is given up.
type PassingError struct{ Err error }

// Passing wraps err as a [PassingError]; nil stays nil.
func Passing(err error) error {
	if err == nil {
		return nil
	}
	return &PassingError{Err: err}
}

func (p *PassingError) Error() string { return p.Err.Error() }
func (p *PassingError) Unwrap() error { return p.Err }

// IsPassing reports whether err is, or wraps, a [PassingError].
func IsPassing(err error) bool {
	var p *PassingError
	return errors.As(err, &p)
}
