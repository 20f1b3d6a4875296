package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upwind/grid"
)

// Ledger is the append-only history of every candidate, one subject a candidate, hash-chained. Nothing in it
// can be changed or removed, also not by an operator of NATS.
type Ledger struct{ b *Bus }

// Ledger returns the ledger.
func (b *Bus) Ledger() *Ledger { return &Ledger{b} }

// LedgerEntry is one event with its place in the ledger.
type LedgerEntry struct {
	Seq   uint64
	Event grid.Event
	Live  bool
}

// Expect is what the writer of an event believes. An append whose belief is no longer true changes nothing
// and returns [ErrConflict].
type Expect struct {
	seq   uint64
	fence bool
	any   bool
}

// ExpectNew: the candidate has no event yet.
func ExpectNew() Expect { return Expect{} }

// ExpectSeq: the candidate's newest event is the one at this sequence.
func ExpectSeq(seq uint64) Expect { return Expect{seq: seq} }

// ExpectCounty: the newest event of the whole county is at this sequence ([Ledger.CountySeq]; 0 is none). A
// merger decides on a picture of the county, so it writes only if nobody changed that picture. All events of
// a batch in one county expect the same.
func ExpectCounty(seq uint64) Expect { return Expect{seq: seq, fence: true} }

// ExpectHead: whatever the candidate's newest event is, for facts that hold regardless of what came before.
func ExpectHead() Expect { return Expect{any: true} }

// Draft is an event to be appended and what its writer believes.
type Draft struct {
	Event  grid.Event
	Expect Expect
}

// Append adds one event and returns its sequence. It fills Prev and Hash. Of any number of writers with the
// same belief exactly one succeeds, and a writer whose acknowledgement was lost learns that it had won: an
// event's id must be its own. It returns [ErrNewer] once this process has met an event of a newer program.
func (l *Ledger) Append(ctx context.Context, ev grid.Event, expect Expect) (seq uint64, err error) {
	seqs, err := l.AppendBatch(ctx, []Draft{{ev, expect}})
	if err != nil {
		return 0, err
	}
	return seqs[0], nil
}

// maxBatch is how many events NATS takes in one atomic batch.
const maxBatch = 1000

// AppendBatch adds several events so that either all of them are in the ledger or none: the two events of a
// merge, or all that follows from one detection. The sequences are those of the drafts, in order.
//
// The server compares the whole county's newest sequence, for an ordinary append too: it knows writes under
// way by the very subject they are compared on, so in a cluster a comparison of ledger.<county>.> and one of
// ledger.<county>.<candidate> would not see each other and a chain could fork.
func (l *Ledger) AppendBatch(ctx context.Context, drafts []Draft) (seqs []uint64, err error) {
	if len(drafts) == 0 {
		return nil, nil
	}
	if len(drafts) > maxBatch {
		return nil, fmt.Errorf("bus: %d events are more than one batch may have (%d)", len(drafts), maxBatch)
	}
	for {
		batch, err := l.prepare(ctx, drafts)
		if isConflict(err) {
			if won, werr := l.won(ctx, drafts); won != nil || werr != nil {
				return won, werr
			}
		}
		if err != nil {
			return nil, err
		}
		last, err := l.b.publishBatch(ctx, batch)
		if err == nil {
			return seqsUpTo(last, len(drafts)), nil
		}
		if !wrongSequence(err) {
			return nil, fmt.Errorf("bus: appending %s of %s: %w", drafts[0].Event.Type, drafts[0].Event.Candidate, err)
		}
		if won, werr := l.won(ctx, drafts); won != nil || werr != nil {
			return won, werr
		}
		// The county moved on, or a write under way may yet fail: look again whether the belief still holds.
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

// seqsUpTo are the sequences of a batch, which is stored without gaps.
func seqsUpTo(last uint64, n int) []uint64 {
	seqs := make([]uint64, n)
	for i := range seqs {
		seqs[i] = last - uint64(n-1-i)
	}
	return seqs
}

// picture is what the ledger looked like while a batch was prepared.
type picture struct {
	counties map[string]uint64
	heads    map[string]head // by subject
}

// prepare checks the drafts against what the ledger holds, chains them and makes the messages.
func (l *Ledger) prepare(ctx context.Context, drafts []Draft) ([]*nats.Msg, error) {
	p := picture{counties: map[string]uint64{}, heads: map[string]head{}}
	msgs := make([]*nats.Msg, len(drafts))
	for i, d := range drafts {
		ev := d.Event
		if ev.ID == "" || ev.Candidate == "" {
			return nil, fmt.Errorf("bus: event %q of candidate %q needs both ids", ev.ID, ev.Candidate)
		}
		if _, err := grid.Upcast(ev); err != nil {
			return nil, fmt.Errorf("bus: %w", err)
		}
		subject := ledgerSubject(ev.County, ev.Candidate)
		m := nats.NewMsg(subject)
		// The county is read before its heads: whatever changes after that, the server refuses.
		county, known := p.counties[ev.County]
		if !known {
			h, err := l.head(ctx, countySubject(ev.County))
			if err != nil {
				return nil, err
			}
			county = h.seq
			p.counties[ev.County] = county
			m.Header.Set(jetstream.ExpectedLastSubjSeqSubjHeader, countySubject(ev.County))
			m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(county, 10))
		}
		h, known := p.heads[subject]
		if !known {
			var err error
			if h, err = l.head(ctx, subject); err != nil {
				return nil, err
			}
			if err := d.Expect.check(ev, county, h); err != nil {
				return nil, err
			}
		}
		ev.Prev = h.hash
		ev.Hash = ev.Sum()
		p.heads[subject] = head{seq: h.seq, hash: ev.Hash, id: ev.ID}
		raw, err := json.Marshal(ev)
		if err != nil {
			return nil, fmt.Errorf("bus: event %s: %w", ev.ID, err)
		}
		if err := l.b.putBody(ctx, m, raw); err != nil {
			return nil, err
		}
		msgs[i] = m
	}
	// Whatever event of a newer program this process has met, here or while following, it stops writing.
	if l.b.newer.Load() {
		return nil, fmt.Errorf("bus: not appending: %w", ErrNewer)
	}
	return msgs, nil
}

// check holds a belief against what is.
func (e Expect) check(ev grid.Event, county uint64, h head) error {
	switch {
	case e.fence && county != e.seq:
		return fmt.Errorf("%w: county %s stands at %d, expected %d", ErrConflict, ev.County, county, e.seq)
	case !e.fence && !e.any && h.seq != e.seq:
		return fmt.Errorf("%w: candidate %s stands at %d, expected %d", ErrConflict, ev.Candidate, h.seq, e.seq)
	case h.id == ev.ID:
		return fmt.Errorf("%w: event %s is in the ledger already", ErrConflict, ev.ID)
	}
	return nil
}

// won looks for our own first event among its candidate's. Because a batch is stored whole or not at all,
// its sequences follow. It returns nil when the event is not there.
func (l *Ledger) won(ctx context.Context, drafts []Draft) ([]uint64, error) {
	first := drafts[0].Event
	subject := ledgerSubject(first.County, first.Candidate)
	var from uint64
	if e := drafts[0].Expect; !e.fence && !e.any {
		from = e.seq
	}
	for {
		m, err := l.b.firstFrom(ctx, streamLedger, from+1, subject)
		if err != nil || m == nil {
			return nil, err
		}
		ev, err := l.decode(m.Subject, m.Header, m.Data)
		if err != nil {
			return nil, err
		}
		if ev.ID == first.ID {
			return seqsUpTo(m.Sequence+uint64(len(drafts)-1), len(drafts)), nil
		}
		from = m.Sequence
	}
}

type head struct {
	seq      uint64
	hash, id string
}

// head reads the newest event of a subject.
func (l *Ledger) head(ctx context.Context, subject string) (head, error) {
	m, err := l.b.last(ctx, streamLedger, subject)
	if err != nil || m == nil {
		return head{}, err
	}
	ev, err := l.decode(m.Subject, m.Header, m.Data)
	if err != nil {
		return head{}, err
	}
	return head{seq: m.Sequence, hash: ev.Hash, id: ev.ID}, nil
}

func (l *Ledger) decode(subject string, h nats.Header, data []byte) (ev grid.Event, err error) {
	body, err := l.b.getBody(subject, h, data)
	if err == nil {
		err = json.Unmarshal(body, &ev)
	}
	if err != nil {
		return ev, fmt.Errorf("bus: event on %s: %w", subject, err)
	}
	if _, err := grid.Upcast(ev); errors.Is(err, ErrNewer) {
		l.b.newer.Store(true)
	}
	return ev, nil
}

// History is all events of a candidate, the oldest first.
func (l *Ledger) History(ctx context.Context, county, candidate string) ([]grid.Event, error) {
	var all []grid.Event
	subject := ledgerSubject(county, candidate)
	for from := uint64(1); ; {
		m, err := l.b.firstFrom(ctx, streamLedger, from, subject)
		if err != nil || m == nil {
			return all, err
		}
		ev, err := l.decode(m.Subject, m.Header, m.Data)
		if err != nil {
			return all, err
		}
		all = append(all, ev)
		from = m.Sequence + 1
	}
}

// CandidateSeq is the sequence of a candidate's newest event, 0 when it has none.
func (l *Ledger) CandidateSeq(ctx context.Context, county, candidate string) (uint64, error) {
	return l.seqOf(ctx, ledgerSubject(county, candidate))
}

// CountySeq is the sequence of a county's newest event, 0 when it has none.
func (l *Ledger) CountySeq(ctx context.Context, county string) (uint64, error) {
	return l.seqOf(ctx, countySubject(county))
}

func (l *Ledger) seqOf(ctx context.Context, subject string) (uint64, error) {
	m, err := l.b.last(ctx, streamLedger, subject)
	if err != nil || m == nil {
		return 0, err
	}
	return m.Sequence, nil
}

// Follow calls fn with every event from sequence from on (0 is the first), in order, then with new ones as
// they come, until ctx ends or fn fails.
func (l *Ledger) Follow(ctx context.Context, from uint64, fn func(LedgerEntry) error) error {
	return l.follow(ctx, followOptions{from: from}, fn)
}

func (l *Ledger) follow(ctx context.Context, opt followOptions, fn func(LedgerEntry) error) error {
	return l.b.follow(ctx, streamLedger, opt, func(m message) error {
		ev, err := l.decode(m.subject, m.header, m.data)
		if err != nil {
			return err
		}
		return fn(LedgerEntry{Seq: m.seq, Event: ev, Live: m.live})
	})
}
