package bus

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upwind"
)

const (
	// maxManifest bounds the manifest: some 200 bytes a stream.
	maxManifest = 1 << 20
	// loadWindow is how many messages are under way at once.
	loadWindow = 128
)

// Load restores a dump into an empty server or cluster. The whole dump is checked against its manifest
// before the first message is written. Every stream keeps its order and the ledger its sequences and hash
// chains; times of arrival, and with them the ages of observations, start anew. It returns [ErrNotEmpty]
// when there is anything in the target, and an [upwind.Refusal] for a dump that is damaged or foreign. Run
// [Ledger.Verify] afterwards.
func (b *Bus) Load(ctx context.Context, r io.Reader) error {
	if err := b.mustBeEmpty(ctx); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "upwind-load-*")
	if err != nil {
		return fmt.Errorf("bus: load: %w", err)
	}
	defer os.RemoveAll(dir)
	m, err := unpack(ctx, r, dir)
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := b.loadStream(ctx, filepath.Join(dir, f.Name), f); err != nil {
			return fmt.Errorf("bus: load of %s stopped half way, empty the target before the next try: %w", f.Stream, err)
		}
	}
	return nil
}

func (b *Bus) mustBeEmpty(ctx context.Context) error {
	for _, name := range append(dumpOrder(), streamGrid) {
		info, err := b.streamInfo(ctx, name)
		if err != nil {
			return err
		}
		if info.State.Msgs > 0 {
			return fmt.Errorf("%w: %s has %d messages; a dump is loaded into a new data folder or a new cluster only", ErrNotEmpty, name, info.State.Msgs)
		}
	}
	return nil
}

func damaged(where, what string) error {
	return upwind.Refuse("the backup", where, what, "use another backup")
}

// unpack writes the dump's files to dir and checks them. A dump holds exactly the files its manifest names.
func unpack(ctx context.Context, r io.Reader, dir string) (m manifest, err error) {
	tr := tar.NewReader(r)
	h, err := tr.Next()
	if err != nil || h.Name != manifestName || h.Size > maxManifest {
		return m, damaged("start", "it does not begin with a manifest")
	}
	raw, err := io.ReadAll(io.LimitReader(tr, maxManifest))
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		return m, damaged(manifestName, err.Error())
	}
	if m.Version != dumpVersion {
		return m, upwind.Refuse("the backup", manifestName, fmt.Sprintf("it has version %d, this program reads %d", m.Version, dumpVersion), "restore it with the upwind that made it")
	}
	known, seen := dumpOrder(), map[string]bool{}
	for _, f := range m.Files {
		if !slices.Contains(known, f.Stream) || f.Name != f.Stream+".jsonl" || seen[f.Stream] {
			return m, damaged(manifestName, fmt.Sprintf("unexpected file %q", f.Name))
		}
		seen[f.Stream] = true
		if err := ctx.Err(); err != nil {
			return m, err
		}
		h, err := tr.Next()
		if err != nil {
			return m, damaged(f.Name, "the file is missing: the backup was cut off")
		}
		if h.Name != f.Name || h.Size != f.Size || h.Typeflag != tar.TypeReg || isSparse(h) {
			return m, damaged(f.Name, fmt.Sprintf("found %q with %d bytes instead", h.Name, h.Size))
		}
		if err := unpackFile(tr, filepath.Join(dir, f.Name), f); err != nil {
			return m, err
		}
	}
	if len(seen) != len(known) {
		return m, damaged(manifestName, fmt.Sprintf("it names %d of %d streams", len(seen), len(known)))
	}
	return m, nil
}

// isSparse reports a file with holes: a few bytes of it could fill a disk. Dumps have none.
func isSparse(h *tar.Header) bool {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return false
}

func unpackFile(r io.Reader, path string, f manifestFile) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("bus: load: %w", err)
	}
	defer out.Close()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(out, h), r); err != nil {
		return damaged(f.Name, err.Error())
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != f.SHA256 {
		return damaged(f.Name, fmt.Sprintf("its SHA-256 is %.12s, the manifest says %.12s", got, f.SHA256))
	}
	return out.Close()
}

// loadStream publishes a file's lines in order. Each expects the stream to end with the one before, so a
// lost or foreign message in between stops the load and does not shift the rest.
func (b *Bus) loadStream(ctx context.Context, path string, f manifestFile) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	dec := json.NewDecoder(bufio.NewReaderSize(in, 1<<16))
	var acks []jetstream.PubAckFuture
	for n := 0; ; n++ {
		var l line
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			if n != f.Messages {
				return damaged(f.Name, fmt.Sprintf("it has %d messages, the manifest says %d", n, f.Messages))
			}
			return collect(ctx, acks)
		} else if err != nil {
			return damaged(f.Name, err.Error())
		}
		m := nats.NewMsg(l.Subject)
		m.Data = l.Data
		for k, v := range l.Header {
			m.Header.Set(k, v)
		}
		m.Header.Set(jetstream.ExpectedStreamHeader, f.Stream)
		m.Header.Set(jetstream.ExpectedLastSeqHeader, strconv.Itoa(n))
		ack, err := b.js.PublishMsgAsync(m)
		if err != nil {
			return err
		}
		if acks = append(acks, ack); len(acks) == loadWindow {
			if err := collect(ctx, acks); err != nil {
				return err
			}
			acks = acks[:0]
		}
	}
}

func collect(ctx context.Context, acks []jetstream.PubAckFuture) error {
	for _, a := range acks {
		select {
		case <-a.Ok():
		case err := <-a.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(patience):
			return upwind.Passing(errors.New("the server does not acknowledge"))
		}
	}
	return nil
}
