package sites

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Server serves pages from a child process.
type Server struct {
	base    string // scheme, host and port
	client  *http.Client
	process *exec.Cmd
	control *caller
	stderr  *os.File     // what the child writes there, read at its end
	ended   func() error // end, once
}

// running holds the servers that are not closed. Without it a server of which
// a program keeps only the URLs would be collected, and its pipes closed.
var running sync.Map

// startLimit bounds a start whose context has no deadline.
const startLimit = 30 * time.Second

// Start starts a server and returns when it listens, which takes some 10 ms.
// The context bounds the start alone; the server lives until Close, and until
// the program ends without one.
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

// Local is Start for notebook cells and short programs: the server lives until
// the program ends, and when it can't be started, the program ends with a line
// on standard error and status 1, as by log.Fatal.
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
	s, err := startChild()
	if err != nil {
		return nil, err
	}
	answer, err := s.control.call(ctx, request{Ask: askStart, Settings: &set})
	if err == nil && answer.Address == "" {
		err = errNoAnswer
	}
	if err == nil {
		err = s.reach(answer)
	}
	if err != nil {
		err = s.explain(err)
		s.process.Process.Kill() // it may hang in the initialisation of another package
		s.Close()
		return nil, err
	}
	running.Store(s, nil)
	return s, nil
}

// startChild starts this program again with pipes to talk over.
func startChild() (_ *Server, err error) {
	var pipes []*os.File
	defer func() {
		if err != nil {
			for _, f := range pipes {
				f.Close()
			}
		}
	}()
	pipe := func() (r, w *os.File) {
		if err == nil {
			if r, w, err = os.Pipe(); err == nil {
				pipes = append(pipes, r, w)
			}
		}
		return r, w
	}
	requests, requestsEnd := pipe()
	answersEnd, answers := pipe()
	stderrEnd, stderr := pipe()
	if err != nil {
		return nil, err
	}
	path, err := program()
	if err != nil {
		return nil, err
	}

	cmd := exec.Command(path)
	cmd.Args = []string{"sites-server"}
	cmd.Env = append(os.Environ(), childVariable+"=1",
		// The race detector would keep a program that ends for a second.
		"GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	cmd.Stderr = stderr // standard input and output are the null device
	cmd.ExtraFiles = []*os.File{requests, answers}
	if err = cmd.Start(); err != nil {
		return nil, err
	}
	requests.Close()
	answers.Close()
	stderr.Close()
	s := &Server{
		process: cmd,
		control: newCaller(requestsEnd, answersEnd),
		stderr:  stderrEnd,
	}
	s.ended = sync.OnceValue(s.end)
	return s, nil
}

// program returns a path of the running program. On Linux it is one that
// stays right when the file is replaced or removed, as `go run` and notebook
// kernels may do.
func program() (string, error) {
	if runtime.GOOS == "linux" {
		const self = "/proc/self/exe"
		if _, err := os.Stat(self); err == nil {
			return self, nil
		}
	}
	return os.Executable()
}

// end closes the pipe that keeps the child alive and waits for it. The error
// tells how the child ended when it ended otherwise, with what it wrote.
func (s *Server) end() error {
	defer s.stderr.Close()
	s.control.requests.Close()
	kill := time.AfterFunc(5*time.Second, func() { s.process.Process.Kill() })
	defer kill.Stop()
	err := s.process.Wait()
	if err == nil || errors.Is(err, syscall.ECHILD) { // the program waited for all its children
		return nil
	}
	s.stderr.SetReadDeadline(time.Now().Add(time.Second))
	const enough = 2000 // bytes: Go's runtime says first why a program ends, then where
	written, _ := io.ReadAll(io.LimitReader(s.stderr, enough))
	if lines := strings.TrimSpace(string(written)); lines != "" {
		err = fmt.Errorf("%w: %s", err, lines)
	}
	return err
}

// explain says of a failed call that the server is gone, if it is, and why.
func (s *Server) explain(err error) error {
	switch {
	case errors.Is(err, os.ErrClosed):
		return errors.New("the server is closed")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		if cause := s.ended(); cause != nil {
			return fmt.Errorf("the server has ended: %w", cause)
		}
		return errors.New("the server has ended")
	}
	return err
}

// reach makes the server's URL and client from what it answered.
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

// URLs returns the pages of 10490 and 276 bytes in turn, times each.
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

// Client returns the server's client, the same at each call. It has the
// settings of http.DefaultClient, connections of its own, and trusts the
// certificate of a server with TLS.
func (s *Server) Client() *http.Client { return s.client }

// Close ends the server and waits until its process is gone; requests under
// way fail. It returns an error if the server had ended in another way. Closing
// again does nothing and returns the same.
func (s *Server) Close() error {
	running.Delete(s)
	err := s.ended()
	s.control.close()
	if s.client != nil {
		s.client.CloseIdleConnections()
	}
	if err != nil {
		return fmt.Errorf("sites: the server had ended: %w", err)
	}
	return nil
}
