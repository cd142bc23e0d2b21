package sites

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"example.com/speedup/workloads/rpc"
)

// A Server serves pages from a child process.
type Server struct {
	base    string // scheme, host and port
	client  *http.Client
	process *rpc.Process
}

// running holds the servers that are not closed. Otherwise, a server of which
// the program keeps only the URLs would be garbage collected, which closes its
// pipes.
var running sync.Map

// startLimit limits a start whose context has no deadline.
const startLimit = 30 * time.Second

// Start starts a server and returns when it is listening, which takes some 10
// ms. The context applies to the start only. The server runs until Close is
// called or the program ends.
func Start(ctx context.Context, opts ...Option) (*Server, error) {
	set, err := newSettings(opts)
	if err == nil {
		var s *Server
		if s, err = start(ctx, set); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("sites: start server: %w", err)
}

// Local is Start for notebook cells and short programs. The server runs until
// the program ends. If it can't be started, Local prints the error on standard
// error and ends the program with status 1, as log.Fatal does.
func Local(opts ...Option) *Server {
	s, err := Start(context.Background(), opts...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return s
}

func start(ctx context.Context, set settings) (*Server, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("not ready after %v", startLimit))
	defer cancel()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	process, err := rpc.Start(childVariable, "sites-server", "the server")
	if err != nil {
		return nil, err
	}
	s := &Server{process: process}
	var answer reply
	err = process.Call(ctx, request{Ask: askStart, Settings: &set}, &answer)
	if err == nil && answer.Address == "" {
		err = errNoAnswer
	}
	if err == nil {
		err = s.reach(answer)
	}
	if err != nil {
		process.Kill() // it may hang in another package's initialization
		s.Close()
		return nil, err
	}
	running.Store(s, nil)
	if words := set.differences(); len(words) > 0 {
		changed.Store(answer.Address, words)
	}
	return s, nil
}

// reach sets the server's URL and client from its first answer.
func (s *Server) reach(answer reply) error {
	s.base = "http://" + answer.Address
	transport := new(http.Transport)
	if standard, ok := http.DefaultTransport.(*http.Transport); ok { // a program may replace it
		transport = standard.Clone()
	}
	if answer.Certificate != nil {
		s.base = "https://" + answer.Address
		certificate, err := x509.ParseCertificate(answer.Certificate)
		if err != nil {
			return fmt.Errorf("the server's certificate: %w", err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(certificate)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	s.client = &http.Client{Transport: transport}
	return nil
}

// URLs returns the pages of 10490 and 276 bytes in turn, each of them times
// times.
func (s *Server) URLs(times int) []string {
	return s.pages(Long, Short).URLs(times)
}

// Blog returns the pages of 18547 and 32524 bytes.
func (s *Server) Blog() Pages { return s.pages(Blog1, Blog2) }

func (s *Server) pages(names ...Page) Pages {
	var pages Pages
	for _, name := range names {
		pages = append(pages, s.base+string(name))
	}
	return pages
}

// Client returns the server's client, which is the same for each call. It has
// the settings of http.DefaultClient and its own connections, and trusts the
// server's certificate.
func (s *Server) Client() *http.Client { return s.client }

// Close ends the server and waits until its process has ended. Requests in
// progress fail. The error says how the server ended, unless it ended normally.
// Further calls return the same error.
func (s *Server) Close() error {
	running.Delete(s)
	err := s.process.Close()
	if s.client != nil {
		s.client.CloseIdleConnections()
	}
	if err != nil {
		return fmt.Errorf("sites: the server had ended: %w", err)
	}
	return nil
}
