package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upwind"
	"upwind/grid"
)

// CloudEvent is one message of the stream GRID: a CloudEvents 1.0 event in the JSON format.
type CloudEvent struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id"`     // of the ledger's event
	Source          string    `json:"source"` // /upwind/ledger/<county>
	Type            string    `json:"type"`   // upwind. and the ledger's type
	Subject         string    `json:"subject"`
	Time            time.Time `json:"time"`
	DataContentType string    `json:"datacontenttype"`
	LedgerSequence  string    `json:"ledgersequence"` // extension; text because CloudEvents integers have 32 bits
	Data            GridData  `json:"data"`
}

// GridData is how a candidate stands after the event.
type GridData struct {
	Version   int                  `json:"version"`
	Candidate string               `json:"candidate"`
	Kind      upwind.CandidateKind `json:"kind"`
	Class     string               `json:"class,omitempty"`
	State     upwind.State         `json:"state"`
	GridCode  string               `json:"grid_code"`
	OfficerID string               `json:"officer_id,omitempty"`
	Lon       float64              `json:"lon"`
	Lat       float64              `json:"lat"`
	SigmaM    float64              `json:"sigma_m"`
	Score     float64              `json:"score"`
	LastSeen  time.Time            `json:"last_seen"`
	Actor     string               `json:"actor"`
	Event     json.RawMessage      `json:"event"` // the data of the ledger's event
}

const headerLedgerSeq = "Upwind-Ledger-Sequence"

// RunProjector keeps the stream GRID in step with the ledger until ctx ends. It resumes behind the last
// ledger sequence that GRID holds, and each message is stored only if GRID still ends where this projector
// thinks it does, so that any number of them at once, or one that is killed anywhere, neither doubles nor
// skips an event. An event of a newer program stops it with [ErrNewer].
func (b *Bus) RunProjector(ctx context.Context) error {
	p := &projector{b: b, book: grid.NewBook()}
	if err := p.sync(ctx); err != nil {
		return err
	}
	return b.Ledger().Follow(ctx, 0, func(e LedgerEntry) error { return p.project(ctx, e) })
}

// Project brings the stream GRID up to the ledger's end and returns. It may run beside [Bus.RunProjector].
func (b *Bus) Project(ctx context.Context) error {
	p := &projector{b: b, book: grid.NewBook()}
	if err := p.sync(ctx); err != nil {
		return err
	}
	return stopAtEnd(ctx, func(ctx context.Context, live func()) error {
		return b.Ledger().follow(ctx, followOptions{live: live}, func(e LedgerEntry) error { return p.project(ctx, e) })
	})
}

type projector struct {
	b      *Bus
	book   *grid.Book
	tail   uint64 // newest sequence of GRID
	ledger uint64 // ledger sequence of that message
}

func (p *projector) sync(ctx context.Context) error {
	m, err := p.b.last(ctx, streamGrid, prefixGrid+".>")
	if err != nil || m == nil {
		return err
	}
	seq, err := strconv.ParseUint(m.Header.Get(headerLedgerSeq), 10, 64)
	if err != nil {
		return fmt.Errorf("bus: message %d of GRID does not say which event it shows: %w", m.Sequence, err)
	}
	p.tail, p.ledger = m.Sequence, seq
	return nil
}

func (p *projector) project(ctx context.Context, e LedgerEntry) error {
	if err := p.book.Apply(e.Event); err != nil {
		if errors.Is(err, ErrNewer) {
			return err
		}
		p.b.cfg.Log.Error("bus: an event of the ledger is not shown on the grid; run upwind doctor --verify", "seq", e.Seq, "err", err)
		return nil
	}
	c, ok := p.book.Candidate(e.Event.Candidate)
	if !ok {
		return nil // set aside: it concerns no place
	}
	for e.Seq > p.ledger {
		m, err := gridMessage(e, c)
		if err != nil {
			return err
		}
		m.Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatUint(p.tail, 10))
		seq, err := p.b.publish(ctx, m)
		switch {
		case err == nil:
			p.tail, p.ledger = seq, e.Seq
		case wrongSequence(err):
			if err := p.sync(ctx); err != nil {
				return err
			}
			if e.Seq > p.ledger {
				if err := pause(ctx); err != nil {
					return err
				}
			}
		default:
			return fmt.Errorf("bus: showing event %d on the grid: %w", e.Seq, err)
		}
	}
	return nil
}

// gridMessage is a pure function of the ledger up to e: a projection made again has the same bytes.
func gridMessage(e LedgerEntry, c upwind.Candidate) (*nats.Msg, error) {
	parts := append(strings.Split(c.GridCode, "/"), "-", "-", "-")
	m := nats.NewMsg(gridSubject(orDash(parts[0]), orDash(parts[1]), orDash(parts[2])))
	m.Header.Set(headerLedgerSeq, strconv.FormatUint(e.Seq, 10))
	ev := e.Event
	data := ev.Data
	if len(data) > MaxInline {
		data = nil // the ledger has it
	}
	var err error
	m.Data, err = json.Marshal(CloudEvent{
		SpecVersion: "1.0", ID: ev.ID, Source: "/upwind/ledger/" + ev.County, Type: "upwind." + ev.Type, Subject: ev.Candidate,
		Time: ev.At.UTC(), DataContentType: "application/json", LedgerSequence: strconv.FormatUint(e.Seq, 10),
		Data: GridData{
			Version: upwind.SchemaVersion, Candidate: c.ID, Kind: c.Kind, Class: c.Class, State: c.State, GridCode: c.GridCode,
			OfficerID: c.OfficerID, Lon: c.Lon, Lat: c.Lat, SigmaM: c.SigmaM, Score: c.Score, LastSeen: c.LastSeen, Actor: ev.Actor, Event: data,
		},
	})
	return m, err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
