package workers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"upwind"
)

// Exit codes of a child. 2 is Go's own on a panic or a fatal error.
const (
	exitDone    = 0
	exitRefused = 10
	exitPassing = 11
	exitOrphan  = 12 // the parent went away
)

// Caps on what a child may answer: a hostile file must not make the parent hold more.
const (
	maxLineBytes   = 16 << 20
	maxResultBytes = 256 << 20
)

// line is one JSON line from a child; exactly one field is set.
type line struct {
	Progress   *Progress          `json:"progress,omitempty"`
	Inspection *upwind.Inspection `json:"inspection,omitempty"`
	Detection  *upwind.Detection  `json:"detection,omitempty"`
	Wind       *upwind.Wind       `json:"wind,omitempty"`
	Trace      *upwind.Trace      `json:"trace,omitempty"`
	Refused    *refusedLine       `json:"refused,omitempty"`
	Passing    string             `json:"passing,omitempty"`
	End        *endLine           `json:"end,omitempty"`
}

// Progress is how far a child is.
type Progress struct {
	Stage string `json:"stage,omitempty"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

type refusedLine struct {
	File  string `json:"file"`
	Where string `json:"where,omitempty"`
	What  string `json:"what"`
	Do    string `json:"do,omitempty"`
}

// endLine closes a result and counts what came before it.
type endLine struct {
	Detections int `json:"detections"`
	Wind       int `json:"wind,omitempty"`
	Documents  int `json:"documents"` // inspections and traces
}

// Result is what a child found, complete with its closing line. Blobs it names lie in the job folder's out/
// under their hash until the worker has stored them.
type Result struct {
	Inspection *upwind.Inspection
	Detections []upwind.Detection
	Wind       []upwind.Wind // that moving plumes show
	Trace      *upwind.Trace
}

var errNoClosingLine = errors.New("the child ended without its closing line")

// readResult reads a child's lines until it closes its output. onProgress is called for each progress line.
func readResult(r io.Reader, onProgress func(Progress)) (Result, error) {
	var (
		res    Result
		closed bool
		total  int
		fault  error
	)
	br := bufio.NewReaderSize(r, 64<<10)
	for {
		raw, err := readLine(br)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Result{}, err
		}
		if total += len(raw); total > maxResultBytes {
			return Result{}, fmt.Errorf("the child's answer is longer than %d MB", maxResultBytes>>20)
		}
		var l line
		if err := json.Unmarshal(raw, &l); err != nil {
			return Result{}, fmt.Errorf("the child's line %.80q is not the protocol's: %w", raw, err)
		}
		switch {
		case closed:
			return Result{}, errors.New("the child went on after its closing line")
		case l.Progress != nil:
			onProgress(*l.Progress)
		case l.Inspection != nil:
			res.Inspection = l.Inspection
		case l.Detection != nil:
			res.Detections = append(res.Detections, *l.Detection)
		case l.Wind != nil:
			res.Wind = append(res.Wind, *l.Wind)
		case l.Trace != nil:
			res.Trace = l.Trace
		case l.Refused != nil:
			fault = upwind.Refuse(l.Refused.File, l.Refused.Where, l.Refused.What, l.Refused.Do)
		case l.Passing != "":
			fault = upwind.Passing(errors.New(l.Passing))
		case l.End != nil:
			closed = l.End.Detections == len(res.Detections) && l.End.Wind == len(res.Wind) && l.End.Documents == res.documents()
		}
	}
	switch {
	case fault != nil:
		return Result{}, fault
	case !closed:
		return Result{}, errNoClosingLine
	}
	return res, nil
}

func (r Result) documents() int {
	n := 0
	if r.Inspection != nil {
		n++
	}
	if r.Trace != nil {
		n++
	}
	return n
}

func readLine(br *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		part, err := br.ReadSlice('\n')
		out = append(out, part...)
		switch {
		case len(out) > maxLineBytes:
			return nil, fmt.Errorf("the child sent a line longer than %d MB", maxLineBytes>>20)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(out) > 0:
			return nil, errNoClosingLine
		case err != nil:
			return nil, err
		}
		return bytes.TrimSpace(out), nil
	}
}

// answer writes a child's lines.
type answer struct {
	mu sync.Mutex // engines report progress from several goroutines
	w  io.Writer
}

func (a *answer) send(l line) error {
	b, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("workers: encoding a result: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err = a.w.Write(append(b, '\n'))
	return err
}

func (a *answer) result(r Result) error {
	for i := range r.Detections {
		if err := a.send(line{Detection: &r.Detections[i]}); err != nil {
			return err
		}
	}
	for i := range r.Wind {
		if err := a.send(line{Wind: &r.Wind[i]}); err != nil {
			return err
		}
	}
	if r.Inspection != nil {
		if err := a.send(line{Inspection: r.Inspection}); err != nil {
			return err
		}
	}
	if r.Trace != nil {
		if err := a.send(line{Trace: r.Trace}); err != nil {
			return err
		}
	}
	return a.send(line{End: &endLine{Detections: len(r.Detections), Wind: len(r.Wind), Documents: r.documents()}})
}
