package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"

	"upwind"
)

const (
	// headerBlob names the body of a message that was too large for it; the message holds an [upwind.Blob].
	headerBlob = "Upwind-Blob"
	// headerWriter tells one attempt to create from another, so that a writer whose acknowledgement was
	// lost knows its own message.
	headerWriter = "Upwind-Writer"

	// maxBody bounds what is read back for one message. The largest honest body is a grid tree of some
	// thousand cells.
	maxBody = 256 << 20
)

// putBody sets a message's body, a JSON document, in the store when it is large.
func (b *Bus) putBody(ctx context.Context, m *nats.Msg, body []byte) error {
	if len(body) <= MaxInline {
		m.Data = body
		return nil
	}
	if b.cfg.Store == nil {
		return fmt.Errorf("bus: %s: %d bytes is more than a message holds (%d) and this bus has no store", m.Subject, len(body), MaxInline)
	}
	if len(body) > maxBody {
		return fmt.Errorf("bus: %s: %d bytes is more than a document may have (%d)", m.Subject, len(body), maxBody)
	}
	blob, err := b.cfg.Store.PutBytes(ctx, body, "application/json")
	if err != nil {
		return fmt.Errorf("bus: %s: %w", m.Subject, err)
	}
	if m.Data, err = json.Marshal(blob); err != nil {
		return err
	}
	m.Header.Set(headerBlob, blob.SHA256)
	return nil
}

// getBody is the inverse of putBody; a body from the store is checked against its hash.
func (b *Bus) getBody(subject string, h nats.Header, data []byte) ([]byte, error) {
	sum := h.Get(headerBlob)
	if sum == "" {
		return data, nil
	}
	if b.cfg.Store == nil {
		return nil, fmt.Errorf("bus: the body of %s is in the store (%s) and this bus has none", subject, sum)
	}
	f, err := b.cfg.Store.Open(sum)
	if err != nil {
		return nil, fmt.Errorf("bus: body of %s: %w", subject, err)
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxBody+1))
	if err != nil {
		return nil, upwind.Passing(fmt.Errorf("bus: body of %s: %w", subject, err))
	}
	if got := sha256.Sum256(body); hex.EncodeToString(got[:]) != sum {
		return nil, fmt.Errorf("bus: body of %s: %w: %s", subject, errCorruptBody, sum)
	}
	return body, nil
}

var errCorruptBody = errors.New("the store's bytes no longer hash to their name")
