package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

const loopback = "127.0.0.1"

// embedded is the server inside this process. It outlives its own restarts: the in-process connection asks
// it for the server of the moment.
type embedded struct {
	dir  string
	opts *server.Options
	log  *slog.Logger
	lock *os.File

	mu  sync.Mutex
	srv *server.Server
}

// InProcessConn implements nats.InProcessConnProvider.
func (e *embedded) InProcessConn() (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.srv == nil || !e.srv.Running() {
		return nil, errors.New("bus: the embedded server is not running")
	}
	return e.srv.InProcessConn()
}

func startEmbedded(ctx context.Context, cfg Config) (*embedded, error) {
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	opts, err := serverOptions(cfg)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	_ = os.Remove(filepath.Join(cfg.Dir, serverName)) // of a process that died
	e := &embedded{dir: cfg.Dir, opts: opts, log: cfg.Log, lock: lock}
	if err := e.start(ctx); err != nil {
		lock.Close()
		return nil, err
	}
	if err := e.publishInfo(""); err != nil {
		e.stop()
		return nil, err
	}
	return e, nil
}

func serverOptions(cfg Config) (*server.Options, error) {
	token := cfg.Token
	if token == "" {
		if cfg.Listen != "" || cfg.Cluster != nil {
			return nil, errors.New("bus: a server that other machines reach needs a token; set one")
		}
		token = randomToken()
	}
	host, port := loopback, server.RANDOM_PORT
	if cfg.Listen != "" {
		var err error
		if host, port, err = hostPort(cfg.Listen); err != nil {
			return nil, fmt.Errorf("bus: --nats-listen: %w", err)
		}
	}
	o := &server.Options{
		Host: host, Port: port, Authorization: token,
		NoSigs: true, DisableJetStreamBanner: true, DontListen: false,
		JetStream: true, StoreDir: filepath.Join(cfg.Dir, "nats"), SyncAlways: true,
		JetStreamMaxMemory: memoryLimit,
	}
	if c := cfg.Cluster; c != nil {
		if c.Name == "" || c.ServerName == "" || c.Listen == "" {
			return nil, errors.New("bus: a cluster needs its name, this server's name and an address to listen on")
		}
		chost, cport, err := hostPort(c.Listen)
		if err != nil {
			return nil, fmt.Errorf("bus: cluster address: %w", err)
		}
		o.ServerName = c.ServerName
		o.Cluster = server.ClusterOpts{Name: c.Name, Host: chost, Port: cport, Username: routeUser, Password: token}
		for _, r := range c.Routes {
			o.Routes = append(o.Routes, &url.URL{Scheme: "nats", Host: r, User: url.UserPassword(routeUser, token)})
		}
	}
	return o, nil
}

// routeUser is the name under which the servers of a cluster greet each other; the token is the secret.
const routeUser = "upwind"

func hostPort(addr string) (string, int, error) {
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	port, err := strconv.ParseUint(p, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not a port", p)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	if port == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(port), nil
}

func (e *embedded) start(ctx context.Context) error {
	srv, err := server.NewServer(e.opts.Clone())
	if err != nil {
		return fmt.Errorf("bus: embedded server: %w", err)
	}
	lg := &serverLog{log: e.log}
	srv.SetLoggerV2(lg, false, false, false)
	srv.Start()
	deadline := startWait
	for !srv.ReadyForConnections(retryWait) {
		if deadline -= retryWait; deadline <= 0 || ctx.Err() != nil || !srv.Running() {
			srv.Shutdown()
			srv.WaitForShutdown()
			return fmt.Errorf("bus: the embedded server on %s did not start: %s", e.dir, lg.last())
		}
	}
	e.mu.Lock()
	e.srv = srv
	e.mu.Unlock()
	return nil
}

func (e *embedded) shutdown() {
	e.mu.Lock()
	srv := e.srv
	e.srv = nil
	e.mu.Unlock()
	if srv != nil {
		srv.Shutdown()
		srv.WaitForShutdown()
	}
}

func (e *embedded) stop() {
	_ = os.Remove(filepath.Join(e.dir, serverName))
	e.shutdown()
	e.lock.Close()
}

// publishInfo writes server.json for other commands on this machine.
func (e *embedded) publishInfo(httpURL string) error {
	return writeServerInfo(e.dir, ServerInfo{URL: e.clientURL(), Token: e.opts.Authorization, PID: os.Getpid(), HTTP: httpURL})
}

func (e *embedded) clientURL() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	addr, ok := e.srv.Addr().(*net.TCPAddr)
	if !ok {
		return ""
	}
	ip := addr.IP.String()
	if addr.IP.IsUnspecified() {
		ip = loopback
	}
	return "nats://" + net.JoinHostPort(ip, strconv.Itoa(addr.Port))
}

// serverLog hands the server's warnings and errors on and drops its chatter.
type serverLog struct {
	log *slog.Logger
	mu  sync.Mutex
	err string
}

func (l *serverLog) keep(format string, v []any) string {
	s := fmt.Sprintf(format, v...)
	l.mu.Lock()
	l.err = s
	l.mu.Unlock()
	return s
}

func (l *serverLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == "" {
		return "no reason was given in time"
	}
	return l.err
}

func (l *serverLog) Noticef(string, ...any)         {}
func (l *serverLog) Debugf(string, ...any)          {}
func (l *serverLog) Tracef(string, ...any)          {}
func (l *serverLog) Warnf(format string, v ...any)  { l.log.Warn("nats: " + l.keep(format, v)) }
func (l *serverLog) Errorf(format string, v ...any) { l.log.Error("nats: " + l.keep(format, v)) }
func (l *serverLog) Fatalf(format string, v ...any) { l.log.Error("nats: " + l.keep(format, v)) }
