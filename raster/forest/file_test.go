package forest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster/forest"
)

func written(t testing.TB) (*forest.Model, []byte) {
	t.Helper()
	f, err := forest.Train(context.Background(), rings(200, 8), forest.Options{Trees: 5, MaxDepth: 6}, nil)
	require.NoError(t, err)
	m := &forest.Model{Forest: f, About: forest.About{Kind: "bare-soil", Classes: []string{"a", "b", "c"}, Features: []string{"x", "y", "noise"}, Samples: []int{1, 2, 3}, Groups: []int{1, 1, 1},
		Calibration: []forest.Curve{{{Share: 0, Probability: 0.01}, {Share: 0.7, Probability: 0.9}}, {{Share: 0.5, Probability: 0.5}}, {{Share: 1, Probability: 1}}}}}
	var b bytes.Buffer
	require.NoError(t, m.Write(&b))
	return m, b.Bytes()
}

func TestModelIsReadBack(t *testing.T) {
	m, raw := written(t)
	got, err := forest.Read("m", bytes.NewReader(raw))
	require.NoError(t, err)
	require.Equal(t, m, got)
	for _, at := range []int{0, 9, 40, len(raw) / 2, len(raw) - 1} {
		bad := bytes.Clone(raw)
		bad[at] ^= 1
		_, err := forest.Read("m", bytes.NewReader(bad))
		require.ErrorContains(t, err, "m: it is", "byte %d", at)
	}
	_, err = forest.Read("m", bytes.NewReader(raw[:len(raw)-5]))
	require.Error(t, err)
}

// FuzzRead gives bodies a right checksum, so that what lies behind it is tried too.
func FuzzRead(f *testing.F) {
	_, raw := written(f)
	f.Add(raw[:len(raw)-sha256.Size])
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := sha256.Sum256(body)
		m, err := forest.Read("m", bytes.NewReader(append(bytes.Clone(body), sum[:]...)))
		if err != nil {
			return
		}
		p := make([]float64, m.Classes)
		m.Predict(p, make([]float32, m.Features))
		for c := range p {
			q := m.Probability(p, c)
			require.True(t, q >= 0 && q <= 1)
		}
	})
}
