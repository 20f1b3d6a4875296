package bus

import (
	"context"
	"sort"

	"github.com/nats-io/nats.go/jetstream"
)

// Stats is what a metrics page wants to know.
type Stats struct {
	Streams     []StreamStats  `json:"streams"`     // by name; buckets are streams named KV_<bucket>
	Outstanding map[string]int `json:"outstanding"` // queued and leased jobs by role
	Leased      map[string]int `json:"leased"`      // of those, leased
	Dead        int            `json:"dead"`        // copies in DEAD
}

// StreamStats is the size of one stream.
type StreamStats struct {
	Name     string `json:"name"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	LastSeq  uint64 `json:"last_seq"`
}

func (b *Bus) streamInfo(ctx context.Context, name string) (info *jetstream.StreamInfo, err error) {
	s, err := b.stream(ctx, name)
	if err != nil {
		return nil, err
	}
	err = retry(ctx, patience, func(ctx context.Context) (err error) {
		info, err = s.Info(ctx)
		return err
	})
	return info, err
}

// Stats asks the server for the size of every stream and of the queue.
func (b *Bus) Stats(ctx context.Context) (Stats, error) {
	st := Stats{Outstanding: map[string]int{}, Leased: map[string]int{}}
	names := []string{}
	for _, s := range streamTable() {
		names = append(names, s.Name)
	}
	for _, k := range buckets {
		names = append(names, b.KV(k).stream())
	}
	sort.Strings(names)
	for _, name := range names {
		info, err := b.streamInfo(ctx, name)
		if err != nil {
			return st, err
		}
		st.Streams = append(st.Streams, StreamStats{name, info.State.Msgs, info.State.Bytes, info.State.LastSeq})
		if name == streamDead {
			st.Dead = int(info.State.Msgs)
		}
	}
	return st, b.queueStats(ctx, &st)
}

func (b *Bus) queueStats(ctx context.Context, st *Stats) error {
	s, err := b.stream(ctx, streamJobs)
	if err != nil {
		return err
	}
	list := s.ListConsumers(ctx)
	for c := range list.Info() {
		role := roleOf(c.Config.FilterSubject)
		st.Outstanding[role] = int(c.NumPending) + c.NumAckPending
		st.Leased[role] = c.NumAckPending
	}
	return list.Err()
}
