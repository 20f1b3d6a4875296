package bus

import (
	"log/slog"
	"time"

	"upwind/store"
)

const (
	// MaxInline is the largest body kept in a message; larger ones go to the store. NATS refuses messages
	// above 1 MiB, and small ones keep the replay of a log fast.
	MaxInline = 256 << 10

	// DefaultAckWait is how long a lease lives without a beat; [BeatEvery] leaves room for four lost beats.
	DefaultAckWait = 15 * time.Second
	// BeatEvery is how often a worker should call [Lease.Beat] while its job makes progress.
	BeatEvery = 3 * time.Second

	// startWait is how long other commands wait for a server that is starting.
	startWait = 10 * time.Second
	// patience is how long one request is repeated while a cluster elects a leader or a server restarts,
	// before its error is handed to the caller as a passing one.
	patience = 30 * time.Second
	// attemptWait bounds one try of a request. A request that a dying server took with it is never answered;
	// one repeated too early does no harm.
	attemptWait = 2 * time.Second
	// retryWait is the pause between two tries.
	retryWait = 50 * time.Millisecond

	obsMinuteAge = 30 * 24 * time.Hour
	obsHourAge   = 3 * 366 * 24 * time.Hour
	sessionTTL   = 30 * 24 * time.Hour
	// How long the view holds readings, counted from their arrival: of files, of the stations' hours (a month's report
	// wants them), and of what the feeds bring (827 stations a minute, until their hour is made).
	fileWindow = 7 * 24 * time.Hour
	hourWindow = 35 * 24 * time.Hour
	liveWindow = 3 * time.Hour

	// memoryLimit is for the server's own consumers; all streams are files.
	memoryLimit = 256 << 20
)

// Config says where the truth is kept.
type Config struct {
	Dir string // data folder of the embedded server; empty with URL
	URL string // an outside NATS cluster, nats://host:port[,nats://host:port]

	Listen  string   // host:port: open the embedded server to other machines; needs Token
	Cluster *Cluster // join the embedded server to others

	Replicas int        // copies of each stream: 1 (0 means 1) or 3
	Store    *store.Dir // for bodies above MaxInline; nil refuses them
	Token    string     // of the outside cluster, or of the embedded server; made up when empty
	Log      *slog.Logger

	AckWait time.Duration // of job leases; 0 means DefaultAckWait
}

// Cluster joins embedded servers of several machines. All of them need the same Name and Config.Token.
type Cluster struct {
	Name       string
	ServerName string   // unlike every other's, and the same at each start
	Listen     string   // host:port for the other servers
	Routes     []string // host:port of the other servers
}

func (c Config) withDefaults() Config {
	if c.Replicas == 0 {
		c.Replicas = 1
	}
	if c.AckWait == 0 {
		c.AckWait = DefaultAckWait
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}
