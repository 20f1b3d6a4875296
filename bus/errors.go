package bus

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upwind/grid"
)

var (
	// ErrNotFound says that a log or bucket has nothing under this key.
	ErrNotFound = errors.New("bus: nothing under this key")
	// ErrConflict says that somebody else wrote first: read again and decide again.
	ErrConflict = errors.New("bus: somebody else wrote first")
	// ErrNewer says that the ledger holds events of a newer version than this program knows, so it may
	// read what it understands but must not write.
	ErrNewer = grid.ErrNewerVersion
	// ErrNotEmpty says that a dump would be loaded over existing data.
	ErrNotEmpty = errors.New("bus: the target already holds data")
	// ErrNotRunning says that no process holds the data folder.
	ErrNotRunning = errors.New("bus: no upwind is running on this data folder; start one with upwind run")
	// ErrLeaseLost says that a lease was not beaten in time and its job may be with another worker.
	ErrLeaseLost = errors.New("bus: lease lost, the job may be with another worker")
)

// ErrInUse says that another process holds the data folder.
type ErrInUse struct {
	Dir string
	PID int // 0 when the holder did not write it yet
}

func (e *ErrInUse) Error() string {
	who := "another process"
	if e.PID > 0 {
		who = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("bus: %s already serves the data folder %s; use it through that server, stop it first, or give another folder with --data", who, e.Dir)
}

// Codes of the server that nats.go has no name for.
const (
	codeNoPeers     = 10005 // JSClusterNoPeersErrF: too few servers are here yet
	codeStoreFailed = 10077 // JSStreamStoreFailedF: among others a second message on a job's subject
)

func apiCode(err error) jetstream.ErrorCode {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.ErrorCode
	}
	var js jetstream.JetStreamError
	if errors.As(err, &js) && js.APIError() != nil {
		return js.APIError().ErrorCode
	}
	return 0
}

// wrongSequence reports a lost compare-and-swap. A replicated stream answers with the second code while
// another write to the subject is under way.
func wrongSequence(err error) bool {
	c := apiCode(err)
	return c == jetstream.JSErrCodeStreamWrongLastSequence || c == jetstream.JSErrCodeStreamWrongLastSequenceConstant
}

func subjectTaken(err error) bool {
	return apiCode(err) == codeStoreFailed && strings.Contains(err.Error(), "maximum messages per subject")
}

// permanent reports an error that asking again cannot mend. Everything else (a leader being elected, a
// server starting, a full disk) may pass.
func permanent(err error) bool {
	if subjectTaken(err) || errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrBadSubject) {
		return true
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.Code >= 400 && api.Code < 500 && api.Code != 408 && api.Code != 429
	}
	var js jetstream.JetStreamError
	if errors.As(err, &js) && js.APIError() != nil {
		c := js.APIError().Code
		return c >= 400 && c < 500 && c != 408 && c != 429
	}
	return false
}

func isConflict(err error) bool { return errors.Is(err, ErrConflict) }
func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
