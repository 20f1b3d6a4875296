// Package store keeps bytes by their SHA-256: originals, chips, masks, previews and every message body too
// large for a message. A blob is written to a temporary file, synced, renamed into place, and its folder
// synced, before anybody may name it; so a name that was published always has its bytes, also after a power
// cut. Bytes are hashed again when they are fetched for work: a flipped bit is found, not processed.
//
// Layout: DIR/ab/cdef... (the first two hex digits are the folder), DIR/tmp for blobs being written.
// Several processes and machines may share DIR: two writers of one blob write the same bytes.
package store
