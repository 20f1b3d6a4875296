package bus

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

// emptyDump is a whole dump of nothing.
func emptyDump() []byte {
	m := manifest{Version: dumpVersion}
	none := sha256.Sum256(nil)
	for _, s := range dumpOrder() {
		m.Files = append(m.Files, manifestFile{Name: s + ".jsonl", Stream: s, SHA256: hex.EncodeToString(none[:])})
	}
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	raw := mustJSON(m)
	_ = w.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(raw))})
	_, _ = w.Write(raw)
	for _, f := range m.Files {
		_ = w.WriteHeader(&tar.Header{Name: f.Name, Mode: 0o600})
	}
	_ = w.Close()
	return buf.Bytes()
}

func FuzzUnpack(f *testing.F) {
	whole := emptyDump()
	f.Add(whole)
	f.Add(whole[:700])
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, dump []byte) {
		m, err := unpack(context.Background(), bytes.NewReader(dump), t.TempDir())
		if err != nil {
			require.True(t, upwind.IsRefusal(err), "%v", err)
			return
		}
		require.Len(t, m.Files, len(dumpOrder()))
	})
}

func FuzzToken(f *testing.F) {
	f.Add("a.b c*>=41")
	f.Fuzz(func(t *testing.T, s string) {
		tok := token(s)
		require.Equal(t, s, untoken(tok))
		require.NotContains(t, tok, ".")
		require.Equal(t, s, keyText(keyTokens(s)))
	})
}
