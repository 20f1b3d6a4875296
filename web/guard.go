package web

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	// maxQuery is far above what the page sends (a bounding box and a few words).
	maxQuery = 1024
	// maxShown cuts what a request says before it is repeated in an answer.
	maxShown = 80
)

// contentPolicy allows only this server's own files. MapLibre's worker is a file of ours; blob: is for pictures
// it decodes and for the worker wrapper of browsers that need one.
const contentPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard is what every request passes: who is asked, how much is said, and the headers of every answer.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if !s.knowsHost(r.Host) {
			fail(w, r, &problem{http.StatusMisdirectedRequest, "this server does not answer to the name " + clip(r.Host) + "; start it with that name allowed"})
			return
		}
		if len(r.URL.RawQuery) > maxQuery || len(r.URL.Path) > maxQuery {
			fail(w, r, &problem{http.StatusRequestURITooLong, "the address is longer than any question this server knows"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// knowsHost refuses names that only an attacker's DNS would point here.
func (s *server) knowsHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" {
		return true
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return true
	}
	return slices.Contains(s.opt.AllowedHosts, "*") || slices.ContainsFunc(s.opt.AllowedHosts, func(a string) bool { return strings.EqualFold(a, host) })
}

// query checks that a request asks only for what a page knows, so that a misspelt filter is not silently ignored.
func query(r *http.Request, known []string) (url.Values, error) {
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the address cannot be read after its question mark")
	}
	for k, vs := range v {
		if !slices.Contains(known, k) {
			return nil, badRequest("there is no parameter " + clip(k) + " here" + suggestion(known))
		}
		if len(vs) > 1 {
			return nil, badRequest("the parameter " + k + " is given more than once")
		}
	}
	return v, nil
}

func suggestion(known []string) string {
	if len(known) == 0 {
		return "; this page takes none"
	}
	return "; it takes " + strings.Join(known, ", ")
}

// clip makes a piece of a request safe and short enough to repeat.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > maxShown {
		s = string(r[:maxShown]) + "…"
	}
	return s
}
