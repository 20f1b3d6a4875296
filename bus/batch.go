package bus

import (
	"context"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

// publishBatch stores messages as one atomic batch and returns the sequence of the last one. A single
// message needs no batch.
func (b *Bus) publishBatch(ctx context.Context, msgs []*nats.Msg) (last uint64, err error) {
	if len(msgs) == 1 {
		return b.publish(ctx, msgs[0])
	}
	err = retry(ctx, patience, func(ctx context.Context) error {
		id := nuid.Next() // a new one each try: the server forgets a batch that was cut off
		for i, m := range msgs {
			m.Header.Set(headerBatchID, id)
			m.Header.Set(headerBatchSeq, strconv.Itoa(i+1))
			if i < len(msgs)-1 {
				if err := b.nc.PublishMsg(m); err != nil {
					return err
				}
				continue
			}
			m.Header.Set(headerBatchCommit, "1")
			ack, err := b.js.PublishMsg(ctx, m)
			if err != nil {
				return err
			}
			last = ack.Sequence
			if b.loseAck != nil && b.loseAck(m.Subject) {
				return nats.ErrTimeout
			}
		}
		return nil
	})
	return last, err
}

// Headers of an atomic batch, NATS ADR-50; nats.go 1.55 has no names for them.
const (
	headerBatchID     = "Nats-Batch-Id"
	headerBatchSeq    = "Nats-Batch-Sequence"
	headerBatchCommit = "Nats-Batch-Commit"
)
