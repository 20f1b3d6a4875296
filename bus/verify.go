package bus

import (
	"context"
	"fmt"

	"upwind/grid"
)

// Break is a place where the ledger is not what was written.
type Break struct {
	Seq       uint64 // of the event at fault, or of the first one missing
	Candidate string // empty for a gap
	What      string
}

func (b Break) String() string {
	if b.Candidate == "" {
		return fmt.Sprintf("sequence %d: %s", b.Seq, b.What)
	}
	return fmt.Sprintf("sequence %d, candidate %s: %s", b.Seq, b.Candidate, b.What)
}

// Verify reads the whole ledger and checks that no sequence is missing, that every event hashes to its
// hash, and that it names the one before it of its candidate.
func (l *Ledger) Verify(ctx context.Context) ([]Break, error) {
	v := &verifier{heads: map[string]string{}, next: 1}
	err := stopAtEnd(ctx, func(ctx context.Context, live func()) error {
		return l.b.follow(ctx, streamLedger, followOptions{live: live}, func(m message) error {
			ev, err := l.decode(m.subject, m.header, m.data)
			if err != nil {
				v.gap(m.seq)
				v.breaks = append(v.breaks, Break{m.seq, "", err.Error()})
				return nil
			}
			v.event(m.seq, m.subject, ev)
			return nil
		})
	})
	if err != nil {
		return v.breaks, err
	}
	info, err := l.b.streamInfo(ctx, streamLedger)
	if err == nil && v.next <= info.State.LastSeq {
		v.gap(info.State.LastSeq + 1)
	}
	return v.breaks, err
}

type verifier struct {
	heads  map[string]string
	next   uint64
	breaks []Break
}

func (v *verifier) gap(seq uint64) {
	if seq > v.next {
		v.breaks = append(v.breaks, Break{v.next, "", fmt.Sprintf("%d events are missing", seq-v.next)})
	}
	v.next = seq + 1
}

func (v *verifier) event(seq uint64, subject string, ev grid.Event) {
	v.gap(seq)
	bad := func(format string, args ...any) {
		v.breaks = append(v.breaks, Break{seq, ev.Candidate, fmt.Sprintf(format, args...)})
	}
	if want := ledgerSubject(ev.County, ev.Candidate); want != subject {
		bad("it stands under %s and not under %s", subject, want)
	}
	if sum := ev.Sum(); sum != ev.Hash {
		bad("it hashes to %.12s and says %.12s", sum, ev.Hash)
	}
	if prev := v.heads[subject]; prev != ev.Prev {
		bad("it follows %.12s and names %.12s", prev, ev.Prev)
	}
	v.heads[subject] = ev.Hash
}
