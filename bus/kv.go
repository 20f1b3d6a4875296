package bus

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// KV is a bucket of documents that change; each change has a revision. Keys are any text. NATS clients see
// the same bucket as an ordinary KV with keys escaped as subject tokens.
type KV struct {
	b      *Bus
	bucket string
}

// KVEntry is one change of a key.
type KVEntry struct {
	Key      string
	Value    []byte
	Revision uint64
	Deleted  bool
	Live     bool
}

const (
	headerOp = "KV-Operation" // the name NATS clients know
	opDelete = "DEL"
)

// KV returns a bucket, one of the Bucket constants.
func (b *Bus) KV(bucket string) *KV { return &KV{b, bucket} }

func (k *KV) stream() string            { return "KV_" + k.bucket }
func (k *KV) subject(key string) string { return "$KV." + k.bucket + "." + keyTokens(key) }

// Get returns the value and its revision, or [ErrNotFound].
func (k *KV) Get(ctx context.Context, key string) ([]byte, uint64, error) {
	m, err := k.b.last(ctx, k.stream(), k.subject(key))
	if err != nil {
		return nil, 0, fmt.Errorf("bus: bucket %s, key %s: %w", k.bucket, key, err)
	}
	if m == nil || m.Header.Get(headerOp) != "" {
		return nil, 0, fmt.Errorf("%w: bucket %s, key %s", ErrNotFound, k.bucket, key)
	}
	body, err := k.b.getBody(m.Subject, m.Header, m.Data)
	return body, m.Sequence, err
}

// Put sets a value whatever was there before.
func (k *KV) Put(ctx context.Context, key string, value []byte) (revision uint64, err error) {
	m := nats.NewMsg(k.subject(key))
	if err := k.b.putBody(ctx, m, value); err != nil {
		return 0, err
	}
	return k.overwrite(ctx, m)
}

// overwrite swaps against whatever stands there, so that a repetition after a lost acknowledgement cannot
// undo what another writer put in between.
func (k *KV) overwrite(ctx context.Context, m *nats.Msg) (uint64, error) {
	for {
		old, err := k.b.last(ctx, k.stream(), m.Subject)
		if err != nil {
			return 0, err
		}
		var expect uint64
		if old != nil {
			expect = old.Sequence
		}
		if seq, err := k.b.swap(ctx, k.stream(), m, expect); !isConflict(err) {
			return seq, err
		}
	}
}

// Create sets a value where there is none, or returns [ErrConflict].
func (k *KV) Create(ctx context.Context, key string, value []byte) (revision uint64, err error) {
	revision, err = k.Update(ctx, key, value, 0)
	if err == nil || !isConflict(err) {
		return revision, err
	}
	m, gerr := k.b.last(ctx, k.stream(), k.subject(key))
	if gerr != nil || m == nil || m.Header.Get(headerOp) == "" {
		return 0, err
	}
	return k.Update(ctx, key, value, m.Sequence)
}

// Update replaces the value of the given revision, or returns [ErrConflict].
func (k *KV) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	m := nats.NewMsg(k.subject(key))
	if err := k.b.putBody(ctx, m, value); err != nil {
		return 0, err
	}
	return k.b.swap(ctx, k.stream(), m, revision)
}

// Delete removes a key; a missing one is no error.
func (k *KV) Delete(ctx context.Context, key string) error {
	if _, _, err := k.Get(ctx, key); err != nil {
		if isNotFound(err) {
			return nil
		}
		return err
	}
	m := nats.NewMsg(k.subject(key))
	m.Header.Set(headerOp, opDelete)
	_, err := k.overwrite(ctx, m)
	return err
}

// Keys lists the keys that have a value, sorted.
func (k *KV) Keys(ctx context.Context) ([]string, error) {
	all, err := k.All(ctx)
	keys := make([]string, 0, len(all))
	for key := range all {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys, err
}

// All reads the whole bucket.
func (k *KV) All(ctx context.Context) (map[string][]byte, error) {
	all := map[string][]byte{}
	err := stopAtEnd(ctx, func(ctx context.Context, live func()) error {
		return k.follow(ctx, followOptions{live: live}, func(e KVEntry) error {
			if e.Deleted {
				delete(all, e.Key)
			} else {
				all[e.Key] = e.Value
			}
			return nil
		})
	})
	return all, err
}

func (k *KV) follow(ctx context.Context, opt followOptions, fn func(KVEntry) error) error {
	prefix := "$KV." + k.bucket + "."
	return k.b.follow(ctx, k.stream(), opt, func(m message) error {
		e := KVEntry{Key: keyText(strings.TrimPrefix(m.subject, prefix)), Revision: m.seq, Live: m.live, Deleted: m.header.Get(headerOp) != ""}
		if !e.Deleted {
			body, err := k.b.getBody(m.subject, m.header, m.data)
			if err != nil {
				return err
			}
			e.Value = body
		}
		return fn(e)
	})
}

// swap stores m if the newest message on its subject has the expected sequence, and otherwise returns
// [ErrConflict]. A lost acknowledgement is recognised.
func (b *Bus) swap(ctx context.Context, stream string, m *nats.Msg, expect uint64) (uint64, error) {
	writer := nuid.Next()
	m.Header.Set(headerWriter, writer)
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(expect, 10))
	for {
		seq, err := b.publish(ctx, m)
		if !wrongSequence(err) {
			return seq, err
		}
		head, err := b.last(ctx, stream, m.Subject)
		switch {
		case err != nil:
			return 0, err
		case head != nil && head.Header.Get(headerWriter) == writer:
			return head.Sequence, nil
		case head == nil && expect == 0, head != nil && head.Sequence == expect:
			if err := pause(ctx); err != nil { // another write is under way and may yet fail
				return 0, err
			}
		default:
			return 0, fmt.Errorf("%w: %s", ErrConflict, m.Subject)
		}
	}
}
