package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// streamTable is every stream but those of the buckets. None allows direct gets: a follower of a replicated
// stream may answer those with what was true a moment ago.
func streamTable() []jetstream.StreamConfig {
	limits := func(name, prefix string) jetstream.StreamConfig {
		return jetstream.StreamConfig{Name: name, Subjects: []string{prefix + ".>"}, Storage: jetstream.FileStorage}
	}
	aged := func(name, prefix string, age time.Duration) jetstream.StreamConfig {
		s := limits(name, prefix)
		s.MaxAge, s.Compression = age, jetstream.S2Compression // readings repeat themselves: a tenth is left
		return s
	}
	jobs := limits(streamJobs, prefixJobs)
	jobs.Retention = jetstream.WorkQueuePolicy
	jobs.MaxMsgsPerSubject, jobs.Discard, jobs.DiscardNewPerSubject = 1, jetstream.DiscardNew, true
	dead := limits(streamDead, prefixDead)
	dead.MaxMsgsPerSubject = 1
	ledger := limits(streamLedger, prefixLedger)
	ledger.DenyDelete, ledger.DenyPurge, ledger.AllowAtomicPublish = true, true, true
	audit := limits(streamAudit, prefixAudit)
	audit.DenyDelete, audit.DenyPurge = true, true
	return []jetstream.StreamConfig{
		limits(streamAssets, prefixAssets), limits(streamInspections, prefixInspections),
		limits(streamDetections, prefixDetections), limits(streamTraces, prefixTraces),
		aged(streamObsMinute, prefixObsMinute, obsMinuteAge), aged(streamObsHour, prefixObsHour, obsHourAge),
		jobs, dead, ledger, limits(streamGrid, prefixGrid), audit, aged(streamDevices, prefixDevices, obsHourAge),
	}
}

// buckets are the KV buckets that every bus has.
var buckets = []string{BucketDone, BucketAttempts, BucketGrids, BucketSites, BucketOfficers, BucketStations, BucketDevices, BucketAccounts, BucketSessions}

// bucketStream is a stream that NATS clients know as the KV bucket of this name.
func bucketStream(bucket string) jetstream.StreamConfig {
	s := jetstream.StreamConfig{
		Name: "KV_" + bucket, Subjects: []string{"$KV." + bucket + ".>"}, Storage: jetstream.FileStorage,
		MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DenyDelete: true, AllowRollup: true,
	}
	if bucket == BucketSessions {
		s.MaxAge = sessionTTL
	}
	return s
}

func (b *Bus) ensureStreams(ctx context.Context) error {
	table := streamTable()
	for _, name := range buckets {
		table = append(table, bucketStream(name))
	}
	for _, s := range table {
		s.Replicas = b.cfg.Replicas
		if err := b.ensureStream(ctx, s); err != nil {
			return fmt.Errorf("bus: stream %s: %w", s.Name, err)
		}
	}
	return nil
}

// ensureStream makes a stream, or raises the number of its copies; it waits for a cluster to come together.
func (b *Bus) ensureStream(ctx context.Context, want jetstream.StreamConfig) error {
	return retry(ctx, 0, func(ctx context.Context) error {
		s, err := b.js.Stream(ctx, want.Name)
		if err == nil {
			have := s.CachedInfo().Config
			if have.Replicas >= want.Replicas {
				return nil
			}
			have.Replicas = want.Replicas
			_, err = b.js.UpdateStream(ctx, have)
			return err
		}
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
		_, err = b.js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return nil // another server of the cluster was quicker
		}
		if apiCode(err) == codeNoPeers {
			return fmt.Errorf("waiting for enough servers to keep %d copies: %w", want.Replicas, errNotYet)
		}
		return err
	})
}

var errNotYet = errors.New("not ready yet")
