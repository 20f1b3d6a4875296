package bus

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// dumpVersion is the version of the dump's format.
const dumpVersion = 1

const manifestName = "manifest.json"

// manifest is the first file of a dump.
type manifest struct {
	Version int            `json:"version"`
	Files   []manifestFile `json:"files"`
}

type manifestFile struct {
	Name     string `json:"name"` // <stream>.jsonl
	Stream   string `json:"stream"`
	Messages int    `json:"messages"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
}

// line is one message in a dump.
type line struct {
	Seq     uint64            `json:"seq"`
	Subject string            `json:"subject"`
	Time    time.Time         `json:"time"`
	Header  map[string]string `json:"header,omitempty"`
	Data    []byte            `json:"data"`
}

// dumpOrder lists what a dump holds. A dump is taken while work goes on, so what names something is read
// before what it names: jobs, then the records of finished ones, then the ledger, then the results it
// cites, then their assets. GRID is left out because it is made again from the ledger, sessions because
// nobody should stay signed in through a restore.
func dumpOrder() []string {
	kv := func(bucket string) string { return "KV_" + bucket }
	return []string{
		streamJobs, streamDead, kv(BucketDone), kv(BucketAttempts), streamLedger, streamTraces, streamDetections, streamInspections,
		streamObsMinute, streamObsHour, streamDevices, streamAssets, streamAudit,
		kv(BucketGrids), kv(BucketSites), kv(BucketOfficers), kv(BucketStations), kv(BucketAccounts),
	}
}

// Dump writes everything that [Bus.Load] needs to make the same state elsewhere, on an embedded server or a
// cluster alike: a tar of one JSONL file a stream, behind a manifest with counts and checksums. Bodies above
// MaxInline stay in the store and are named by hash: copy its folder too. While it is made the dump needs
// room in the temporary folder.
func (b *Bus) Dump(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp("", "upwind-dump-*")
	if err != nil {
		return fmt.Errorf("bus: dump: %w", err)
	}
	defer os.RemoveAll(dir)
	m := manifest{Version: dumpVersion}
	for _, stream := range dumpOrder() {
		f, err := b.dumpStream(ctx, dir, stream)
		if err != nil {
			return fmt.Errorf("bus: dump of %s: %w", stream, err)
		}
		m.Files = append(m.Files, f)
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	tw := tar.NewWriter(w)
	if err := tw.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(raw))}); err != nil {
		return fmt.Errorf("bus: dump: %w", err)
	}
	if _, err := tw.Write(raw); err != nil {
		return fmt.Errorf("bus: dump: %w", err)
	}
	for _, f := range m.Files {
		if err := addFile(tw, dir, f); err != nil {
			return fmt.Errorf("bus: dump: %w", err)
		}
	}
	return tw.Close()
}

func addFile(tw *tar.Writer, dir string, f manifestFile) error {
	in, err := os.Open(filepath.Join(dir, f.Name))
	if err != nil {
		return err
	}
	defer in.Close()
	if err := tw.WriteHeader(&tar.Header{Name: f.Name, Mode: 0o600, Size: f.Size}); err != nil {
		return err
	}
	_, err = io.Copy(tw, in)
	return err
}

func (b *Bus) dumpStream(ctx context.Context, dir, stream string) (manifestFile, error) {
	mf := manifestFile{Name: stream + ".jsonl", Stream: stream}
	f, err := os.OpenFile(filepath.Join(dir, mf.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return mf, err
	}
	defer f.Close()
	h := sha256.New()
	buf := bufio.NewWriter(f)
	enc := json.NewEncoder(io.MultiWriter(buf, h))
	write := func(m message) error {
		mf.Messages++
		return enc.Encode(line{Seq: m.seq, Subject: m.subject, Time: m.at.UTC(), Header: ownHeaders(m.header), Data: m.data})
	}
	if stream == streamJobs {
		err = b.eachJob(ctx, write)
	} else {
		err = stopAtEnd(ctx, func(ctx context.Context, live func()) error {
			return b.follow(ctx, stream, followOptions{live: live}, write)
		})
	}
	if err == nil {
		err = buf.Flush()
	}
	if err == nil {
		mf.Size, err = f.Seek(0, io.SeekCurrent)
	}
	mf.SHA256 = hex.EncodeToString(h.Sum(nil))
	return mf, err
}

// eachJob reads the queue one by one: a work queue has no followers, whoever reads it takes from it.
func (b *Bus) eachJob(ctx context.Context, fn func(message) error) error {
	for seq := uint64(1); ; {
		m, err := b.firstFrom(ctx, streamJobs, seq, prefixJobs+".>")
		if err != nil || m == nil {
			return err
		}
		if err := fn(message{seq: m.Sequence, subject: m.Subject, header: m.Header, data: m.Data, at: m.Time}); err != nil {
			return err
		}
		seq = m.Sequence + 1
	}
}

// ownHeaders keeps what this package put there and drops the server's bookkeeping.
func ownHeaders(h nats.Header) map[string]string {
	var own map[string]string
	for k := range h {
		if strings.HasPrefix(k, "Upwind-") || k == headerOp {
			if own == nil {
				own = map[string]string{}
			}
			own[k] = h.Get(k)
		}
	}
	return own
}
