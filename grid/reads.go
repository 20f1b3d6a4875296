package grid

import (
	"cmp"
	"slices"

	"upwind"
)

// read takes the lock for reading, with every candidate assessed. Folding leaves that to the readers, so that
// rebuilding a book from a long ledger assesses each candidate once and not once an event.
func (b *Book) read() {
	b.mu.RLock()
	for len(b.stale) > 0 {
		b.mu.RUnlock()
		b.mu.Lock()
		for _, r := range b.stale {
			r.assess()
			r.stale = false
		}
		b.stale = nil
		b.mu.Unlock()
		b.mu.RLock()
	}
}

// Candidate returns one candidate, also one that was merged or rejected.
func (b *Book) Candidate(id string) (upwind.Candidate, bool) {
	b.read()
	defer b.mu.RUnlock()
	if r := b.recs[id]; r != nil {
		return r.c, true
	}
	return upwind.Candidate{}, false
}

// Standing returns where a candidate stands.
func (b *Book) Standing(id string) (Standing, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if r := b.recs[id]; r != nil {
		return r.st, true
	}
	return Standing{}, false
}

// Resolve follows merges from a candidate to the one that holds its evidence now.
func (b *Book) Resolve(id string) (string, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for range len(b.recs) + 1 {
		r := b.recs[id]
		if r == nil {
			return "", false
		}
		if r.st.MergedInto == "" {
			return id, true
		}
		id = r.st.MergedInto
	}
	return "", false
}

// All returns every candidate that was not merged into another, by score from high to low, then by id.
func (b *Book) All() []upwind.Candidate {
	b.read()
	defer b.mu.RUnlock()
	if snap := b.sorted.Load(); snap != nil {
		return slices.Clone(*snap)
	}
	snap := b.snapshot()
	b.sorted.Store(&snap) // no event can come in while the lock is held for reading
	return slices.Clone(snap)
}

func (b *Book) snapshot() []upwind.Candidate {
	recs := make([]*record, 0, b.live)
	for _, r := range b.recs {
		if r.st.State != upwind.StateMerged {
			recs = append(recs, r)
		}
	}
	slices.SortFunc(recs, func(x, y *record) int {
		return cmp.Or(cmp.Compare(y.c.Score, x.c.Score), cmp.Compare(x.c.ID, y.c.ID))
	})
	out := make([]upwind.Candidate, len(recs))
	for i, r := range recs {
		out[i] = r.c
	}
	return out
}

// Len is the number of candidates in [Book.All].
func (b *Book) Len() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.live
}

// HasEvidence reports whether a detection or trace needs no more merging: all events it causes were applied, or it
// was set aside.
func (b *Book) HasEvidence(id string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	t := b.evidence[id]
	return t != nil && t.done
}

// CandidatesOf returns the ids of the candidates a detection or trace speaks for, sorted.
func (b *Book) CandidatesOf(evidenceID string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	t := b.evidence[evidenceID]
	if t == nil {
		return nil
	}
	return slices.Sorted(slices.Values(t.cands))
}

// Writable returns the reason why this program must not append to the ledger: it has met an event of a newer
// version. Otherwise nil.
func (b *Book) Writable() error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.newer
}
