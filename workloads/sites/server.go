package sites

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"example.com/speedup/workloads/rpc"
)

// childVariable is an environment variable that is set only for servers'
// processes.
const childVariable = "SPEEDUP_SITES_SERVER"

func init() {
	var running *service
	rpc.Serve(childVariable, func(ask json.RawMessage) (any, error) {
		var q request
		if err := json.Unmarshal(ask, &q); err != nil {
			return nil, err
		}
		switch {
		case q.Ask == askStart && running == nil && q.Settings != nil:
			started, err := startService(*q.Settings)
			if err != nil {
				return nil, err
			}
			running = started
			return reply{Address: started.address, Certificate: started.certificate}, nil
		case q.Ask == askStats && running != nil:
			return reply{Stats: running.counters.stats()}, nil
		}
		return nil, fmt.Errorf("unexpected request %q", q.Ask)
	})
}

// A service is the HTTP server with its state.
type service struct {
	settings    settings
	address     string
	certificate []byte
	counters    counters
	listener    *limitedListener
	contents    map[string]*content
}

// A content is a page that is ready to be sent. All responses share its header
// values.
type content struct {
	plain, zipped encoded
	failures      *failureTurns
}

type encoded struct {
	body   []byte
	length []string
}

func encode(body []byte) encoded {
	return encoded{body, []string{strconv.Itoa(len(body))}}
}

var (
	htmlType     = []string{"text/html; charset=utf-8"}
	gzipEncoding = []string{"gzip"}
	varyEncoding = []string{"Accept-Encoding"}
)

// newService creates the pages; it does not listen yet.
func newService(set settings) (*service, error) {
	s := &service{settings: set, contents: make(map[string]*content)}
	for page, spec := range pageSpecs {
		c := &content{plain: encode(text(spec.size))}
		if set.Gzip {
			zipped, err := zip(c.plain.body, spec.compressed)
			if err != nil {
				return nil, fmt.Errorf("compress %s: %w", page, err)
			}
			c.zipped = encode(zipped)
		}
		if failures := set.Failures[page]; failures != nil {
			c.failures = &failureTurns{failures: failures}
		}
		s.contents[string(page)] = c
	}
	return s, nil
}

func startService(set settings) (*service, error) {
	s, err := newService(set)
	if err != nil {
		return nil, err
	}
	listener, err := listen()
	if err != nil {
		return nil, err
	}
	s.address = listener.Addr().String()
	s.listener = newLimitedListener(listener, set, &s.counters)
	server := &http.Server{
		Handler:     s,
		ConnState:   s.listener.changed,
		ConnContext: s.listener.connContext,
		ErrorLog:    log.New(io.Discard, "", 0),
		Protocols:   new(http.Protocols),
	}
	server.Protocols.SetHTTP1(true)
	serve := server.Serve
	if set.TLS {
		certificate, err := newCertificate()
		if err != nil {
			listener.Close()
			return nil, fmt.Errorf("make a certificate: %w", err)
		}
		s.certificate = certificate.Certificate[0]
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	// The server runs until the process ends. The process waits for nothing
	// else.
	go func() {
		fmt.Fprintf(os.Stderr, "sites: serve: %v\n", serve(s.listener))
		os.Exit(1)
	}()
	return s, nil
}

// listen opens a free port on the loopback interface, with IPv6 if there is no
// IPv4.
func listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		return listener, nil
	}
	listener, err6 := net.Listen("tcp", "[::1]:0")
	if err6 != nil {
		return nil, fmt.Errorf("no port on this machine: %w", errors.Join(err, err6))
	}
	return listener, nil
}

// reasonHeader is a response header that explains a status other than 200.
const reasonHeader = "Speedup-Reason"

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	visit := s.counters.enter()
	defer visit.leave()

	page := s.contents[r.URL.Path]
	switch {
	case r.Context().Value(refusedConn{}) != nil:
		w.Header().Set("Connection", "close")
		refuse(w, http.StatusServiceUnavailable, "the server has no descriptor left for a connection;"+openFilesRemedy())
		return
	case page == nil:
		refuse(w, http.StatusNotFound, "no such page")
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		refuse(w, http.StatusMethodNotAllowed, "only GET and HEAD")
		return
	}
	failure := page.failures.next()
	if !waitUntil(r.Context(), begin.Add(s.settings.Latency)) {
		return
	}

	header := w.Header()
	if s.listener.crowded() {
		header.Set("Connection", "close")
	}
	if failure.Kind == status {
		w.WriteHeader(failure.Status)
		return
	}
	answer := page.plain
	if s.settings.Gzip {
		header["Vary"] = varyEncoding
		if acceptsGzip(r) {
			answer = page.zipped
			header["Content-Encoding"] = gzipEncoding
		}
	}
	header["Content-Type"] = htmlType
	header["Content-Length"] = answer.length

	switch failure.Kind {
	case reset:
		serveReset(w, answer.body, &visit)
	case slowBody:
		serveSlowly(w, r, answer.body, failure.Time, &visit)
	case noAnswer:
		<-r.Context().Done()
	default:
		s.send(w, answer.body, &visit)
	}
}

// send sends the page. If that takes time, the request is in flight until the
// last byte is sent; otherwise there is only one write.
func (s *service) send(w http.ResponseWriter, body []byte, visit *visit) {
	if s.settings.Bandwidth > 0 {
		last := len(body) - 1
		w.Write(body[:last])
		body = body[last:]
	}
	visit.leave()
	w.Write(body)
}

func refuse(w http.ResponseWriter, code int, reason string) {
	w.Header().Set(reasonHeader, reason)
	http.Error(w, reason, code)
}

// timers are reused: with thousands of requests in flight, creating them would
// cost more than waiting.
var timers = sync.Pool{New: func() any { return time.NewTimer(time.Hour) }}

// waitUntil waits until t. It reports false if the context ended before.
func waitUntil(ctx context.Context, t time.Time) bool {
	d := time.Until(t)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := timers.Get().(*time.Timer)
	timer.Reset(d)
	defer func() {
		timer.Stop()
		timers.Put(timer)
	}()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
