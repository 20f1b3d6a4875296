package upwind

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// SchemaVersion is the "version" of every JSON document this program writes.
const SchemaVersion = 1

// idBytes is how much of the SHA-256 an id keeps: 128 bits, so that even 10^9 ids do not meet by chance.
const idBytes = 16

// HashID derives an id from parts by SHA-256 over their canonical JSON (Go sorts the keys of maps and
// keeps the order of struct fields). It panics only on a value that has no JSON form, which is a
// programming mistake: every caller passes plain data.
func HashID(parts ...any) string {
	h := sha256.New()
	enc := json.NewEncoder(h)
	enc.SetEscapeHTML(false)
	for _, p := range parts {
		if err := enc.Encode(p); err != nil {
			panic(fmt.Sprintf("upwind: HashID of %T: %v", p, err))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:idBytes])
}
