package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/store"
)

func TestPutFetchRoundTrip(t *testing.T) {
	d, err := store.Open(t.TempDir())
	require.NoError(t, err)
	want := bytes.Repeat([]byte("dust"), 100_000)
	blob, err := d.Put(t.Context(), bytes.NewReader(want))
	require.NoError(t, err)
	require.EqualValues(t, len(want), blob.Size)
	require.True(t, d.Has(blob.SHA256))

	dst := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, d.Fetch(t.Context(), blob.SHA256, dst))
	got, err := os.ReadFile(dst)
	require.NoError(t, err)
	require.Equal(t, want, got)

	again, err := d.Put(t.Context(), bytes.NewReader(want))
	require.NoError(t, err)
	require.Equal(t, blob, again)
	left, err := os.ReadDir(filepath.Join(d.Path(), "tmp"))
	require.NoError(t, err)
	require.Empty(t, left, "a temporary file stayed behind")
}

func TestConcurrentPutsOfOneBlob(t *testing.T) {
	d, err := store.Open(t.TempDir())
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			_, err := d.Put(context.Background(), strings.NewReader("same"))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	require.NoError(t, d.Each(func(string) error { n++; return nil }))
	require.Equal(t, 1, n)
}

func TestFlippedBitIsFound(t *testing.T) {
	d, err := store.Open(t.TempDir())
	require.NoError(t, err)
	blob, err := d.PutBytes(t.Context(), []byte("clean air"), "text/plain")
	require.NoError(t, err)
	p := filepath.Join(d.Path(), blob.SHA256[:2], blob.SHA256[2:])
	require.NoError(t, os.Chmod(p, 0o644))
	require.NoError(t, os.WriteFile(p, []byte("clean air?"), 0o644))

	dst := filepath.Join(t.TempDir(), "copy")
	require.ErrorIs(t, d.Fetch(t.Context(), blob.SHA256, dst), store.ErrCorrupt)
	require.NoFileExists(t, dst)
	_, err = d.ReadAll(blob.SHA256)
	require.ErrorIs(t, err, store.ErrCorrupt)
	var bad []string
	require.NoError(t, d.Scrub(t.Context(), func(sum string, _ error) { bad = append(bad, sum) }))
	require.Equal(t, []string{blob.SHA256}, bad)
}

func TestUnknownAndMalformedNames(t *testing.T) {
	d, err := store.Open(t.TempDir())
	require.NoError(t, err)
	for _, name := range []string{strings.Repeat("0", 64), "", "../../etc/passwd", "zz"} {
		_, err := d.Open(name)
		require.ErrorIs(t, err, store.ErrNotFound, name)
		require.False(t, d.Has(name))
	}
}

func TestReaderFaultLeavesNothing(t *testing.T) {
	d, err := store.Open(t.TempDir())
	require.NoError(t, err)
	broken := errors.New("cable pulled")
	_, err = d.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotestErr{broken}))
	require.ErrorIs(t, err, broken)
	require.NoError(t, d.Each(func(sum string) error { t.Errorf("blob %s stayed", sum); return nil }))
}

type iotestErr struct{ err error }

func (e iotestErr) Read([]byte) (int, error) { return 0, e.err }
