package langserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Server is the user's gopls as one kernel sees it.
type Server struct {
	program, socket string

	mu   sync.Mutex
	held net.Conn      // keeps gopls alive; nil while there is no connection
	lost chan struct{} // closed when gopls has closed held
	work sync.WaitGroup
}

// Open returns the gopls that kernels with this process's environment share. Its
// socket is in folder. It starts nothing yet. The error is [exec.ErrNotFound] if
// there is no gopls on PATH.
func Open(folder string) (*Server, error) {
	program, err := exec.LookPath("gopls")
	if err != nil {
		return nil, fmt.Errorf("langserver: %w", err)
	}
	return &Server{program: program, socket: filepath.Join(folder, socketName(program, os.Environ()))}, nil
}

// Socket returns where gopls listens.
func (s *Server) Socket() string { return s.socket }

// Ensure returns when gopls listens. It starts gopls if there is none. The gopls then
// stays until [Server.Close], unless it is killed.
func (s *Server) Ensure(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isHeld() {
		return nil
	}
	conn, err := dial(ctx, s.socket)
	if err != nil {
		if conn, err = s.start(ctx); err != nil {
			return fmt.Errorf("langserver: start gopls: %w", err)
		}
	}
	lost := make(chan struct{})
	s.held, s.lost = conn, lost
	s.work.Go(func() {
		io.Copy(io.Discard, conn) // gopls says nothing before it is asked
		close(lost)
	})
	return nil
}

// isHeld reports whether the connection is there, and closes it if gopls has ended.
func (s *Server) isHeld() bool {
	if s.held == nil {
		return false
	}
	select {
	case <-s.lost:
		s.held.Close()
		s.held = nil
		return false
	default:
		return true
	}
}

// start starts gopls and connects to it, or connects to one that another kernel has
// started meanwhile.
func (s *Server) start(ctx context.Context) (net.Conn, error) {
	if err := makePrivate(filepath.Dir(s.socket)); err != nil {
		return nil, err
	}
	lock, err := lockSocket(ctx, s.socket)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if conn, err := dial(ctx, s.socket); err == nil {
		return conn, nil
	}
	server, err := launch(s.program, s.socket)
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }() // ends with gopls, or with this process
	var conn net.Conn
	err = until(ctx, func() (connected bool, err error) {
		if conn, err = dial(ctx, s.socket); err == nil {
			return true, nil
		}
		select {
		case err := <-ended:
			return false, errors.Join(errors.New("it ended at once"), err)
		default:
			return false, nil
		}
	})
	return conn, err
}

// Close ends this kernel's share in gopls. If it was the last one, gopls ends by
// itself.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil {
		s.held.Close()
		s.held = nil
	}
	s.work.Wait()
}
