package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Limits of the server towards slow and large requests; answers have their own deadline in the handlers, because
// an event stream has none.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 32 << 10
	stopTimeout    = 5 * time.Second
)

// Serve answers on a listener until ctx ends, then lets open answers finish for a few seconds.
func Serve(ctx context.Context, ln net.Listener, st State, office Office, opt Options) error {
	srv := &http.Server{
		Handler: Handler(ctx, st, office, opt), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		_ = srv.Close() // answers that outlast the deadline are cut off; their ends see that
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
