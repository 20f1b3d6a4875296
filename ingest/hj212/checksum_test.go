package hj212_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/ingest/hj212"
)

// The register loses its low byte before each byte, so that only eight bits of it remember anything: the checksum has 256
// values, and one damaged frame in 256 passes. Length and grammar have to catch the rest.
func TestChecksumHas256Values(t *testing.T) {
	seen := map[uint16]bool{}
	for a := range 256 {
		for b := range 256 {
			seen[hj212.Checksum([]byte{byte(a), byte(b), 'x'})] = true
		}
	}
	require.Len(t, seen, 256)
}
