package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

var (
	errNotFeatures = errors.New("no FeatureCollection")
	errEnough      = errors.New("enough")
)

// eachFeature reads a GeoJSON FeatureCollection feature by feature. It returns how many it has seen.
// Depth must have been checked before.
func eachFeature(r io.Reader, fn func(i int, raw json.RawMessage) error) (int, error) {
	dec := json.NewDecoder(skipBOM(r))
	if tok, err := dec.Token(); err != nil {
		return 0, err
	} else if tok != json.Delim('{') {
		return 0, errNotFeatures
	}
	n, found := 0, false
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return n, err
		}
		if key != "features" {
			var skip json.RawMessage
			if err := dec.Decode(&skip); err != nil {
				return n, err
			}
			if key == "type" && string(skip) != `"FeatureCollection"` {
				return n, errNotFeatures
			}
			continue
		}
		if found {
			return n, errors.New("two lists of features")
		}
		found = true
		if n, err = features(dec, fn); err != nil {
			return n, err
		}
	}
	if _, err := dec.Token(); err != nil {
		return n, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return n, errors.New("something follows the document")
	}
	if !found {
		return 0, errNotFeatures
	}
	return n, nil
}

func features(dec *json.Decoder, fn func(i int, raw json.RawMessage) error) (int, error) {
	if tok, err := dec.Token(); err != nil {
		return 0, err
	} else if tok != json.Delim('[') {
		return 0, errNotFeatures
	}
	n := 0
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return n, fmt.Errorf("feature %d: %w", n+1, err)
		}
		if err := fn(n, raw); err != nil {
			return n + 1, err
		}
		n++
	}
	_, err := dec.Token()
	return n, err
}

// skipBOM drops a UTF-8 byte order mark.
func skipBOM(r io.Reader) io.Reader {
	var b [3]byte
	n, err := io.ReadFull(r, b[:])
	if n == 3 && string(b[:]) == "\xef\xbb\xbf" {
		n = 0
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return io.MultiReader(&failing{err})
	}
	return io.MultiReader(&prefix{b[:n]}, r)
}

type prefix struct{ b []byte }

func (p *prefix) Read(q []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(q, p.b)
	p.b = p.b[n:]
	return n, nil
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
