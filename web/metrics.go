package web

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// scrapeTimeout bounds how long a scrape waits for the queue.
const scrapeTimeout = 2 * time.Second

type metrics struct {
	reg      *prometheus.Registry
	requests *prometheus.HistogramVec
}

func newMetrics(st State, version string, h *hub) *metrics {
	m := &metrics{reg: prometheus.NewRegistry(), requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "upwind_http_request_duration_seconds", Help: "Time to answer a request, by route, method and status.",
		Buckets: []float64{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10},
	}, []string{"route", "method", "code"})}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "upwind_build_info", Help: "1, with the version of the program and of Go.",
	}, []string{"version", "go_version"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	pages := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "upwind_event_streams", Help: "Open pages."},
		func() float64 { return float64(h.listeners()) })
	m.reg.MustRegister(m.requests, build, pages, &stateCollector{st})
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.reg, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, Timeout: 2 * scrapeTimeout})
}

// measure times a route. The label is the pattern and never the path, so that no request can add a series.
func (m *metrics) measure(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w, code: http.StatusOK}
		began := time.Now()
		next.ServeHTTP(rec, r)
		if pattern != "/api/events" {
			m.requests.WithLabelValues(pattern, r.Method, strconv.Itoa(rec.code)).Observe(time.Since(began).Seconds())
		}
	})
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	code int
}

func (r *recorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// stateCollector reads the state when it is scraped, so that no number can be stale.
type stateCollector struct{ st State }

var (
	descTargets = prometheus.NewDesc("upwind_candidates", "Candidate targets, by kind and state.", []string{"kind", "state"}, nil)
	descQueue   = prometheus.NewDesc("upwind_jobs_outstanding", "Jobs queued or leased.", nil, nil)
	descDead    = prometheus.NewDesc("upwind_dead_letters", "Jobs that failed for good.", nil, nil)
	descReady   = prometheus.NewDesc("upwind_ready", "1 when the logs have been replayed.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descTargets, descQueue, descDead, descReady} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	n := map[[2]string]int{}
	for _, t := range c.st.Candidates() {
		n[[2]string{string(t.Kind), string(t.State)}]++
	}
	for k, v := range n {
		ch <- prometheus.MustNewConstMetric(descTargets, prometheus.GaugeValue, float64(v), k[0], k[1])
	}
	ready := 0.0
	if c.st.Ready() {
		ready = 1
	}
	ch <- prometheus.MustNewConstMetric(descReady, prometheus.GaugeValue, ready)
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	q, err := c.st.Queue(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(descQueue, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(descQueue, prometheus.GaugeValue, float64(q.Outstanding))
	ch <- prometheus.MustNewConstMetric(descDead, prometheus.GaugeValue, float64(len(q.Dead)))
}
