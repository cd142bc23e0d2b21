package sites

import (
	"errors"
	"fmt"
	"time"
)

// settings are what the parent sends to its server at the start.
type settings struct {
	Latency        time.Duration      `json:"latency"`
	ConnectCost    time.Duration      `json:"connect_cost,omitempty"`
	TLS            bool               `json:"tls,omitempty"`
	MaxConnections int                `json:"max_connections,omitempty"`
	Bandwidth      int                `json:"bandwidth,omitempty"`
	Gzip           bool               `json:"gzip,omitempty"`
	Failures       map[Page][]Failure `json:"failures,omitempty"`
}

// An Option changes how a server behaves. An invalid option is an error of
// [Start].
type Option func(*settings) error

const defaultLatency = 50 * time.Millisecond

func newSettings(opts []Option) (settings, error) {
	set := settings{Latency: defaultLatency}
	for _, opt := range opts {
		if err := opt(&set); err != nil {
			return settings{}, err
		}
	}
	return set, nil
}

// Latency sets how long the server takes before it begins each response. The
// default is 50 ms; 0 responds at once.
func Latency(d time.Duration) Option {
	return func(s *settings) error {
		if d < 0 {
			return fmt.Errorf("latency of %v: must not be negative", d)
		}
		s.Latency = d
		return nil
	}
}

// ConnectCost sets the cost of a new connection: the server reads nothing from
// it for the time d, as if it were far away. A reused connection costs nothing.
func ConnectCost(d time.Duration) Option {
	return func(s *settings) error {
		if d < 0 {
			return fmt.Errorf("connection cost of %v: must not be negative", d)
		}
		s.ConnectCost = d
		return nil
	}
}

// TLS makes the server use HTTPS, with a certificate created at the start. Only
// [Server.Client] trusts it.
func TLS() Option {
	return func(s *settings) error {
		s.TLS = true
		return nil
	}
}

// MaxConnections limits the server to n connections at once; others wait for
// their turn. While a connection is waiting, the server closes each connection
// after its response.
func MaxConnections(n int) Option {
	return func(s *settings) error {
		if n < 1 {
			return fmt.Errorf("limit of %d connections: must be at least 1", n)
		}
		s.MaxConnections = n
		return nil
	}
}

// Bandwidth limits what the server sends to all clients together, in bytes per
// second.
func Bandwidth(bytesPerSecond int) Option {
	return func(s *settings) error {
		if bytesPerSecond < 1 {
			return fmt.Errorf("bandwidth of %d bytes a second: must be at least 1", bytesPerSecond)
		}
		s.Bandwidth = bytesPerSecond
		return nil
	}
}

// Gzip makes the server compress pages for clients that accept it, as Go's
// clients do. [Lengths] returns both lengths of a page.
func Gzip() Option {
	return func(s *settings) error {
		s.Gzip = true
		return nil
	}
}

// Fail makes requests for a page fail. The page's requests use the failures in
// turn, starting again after the last. With one failure, every request for the
// page fails. This lets every third request fail:
//
//	sites.Fail(sites.Short, sites.Status(503), sites.Works(), sites.Works())
//
// Failures happen after the latency. Another Fail for the same page replaces
// this one.
func Fail(page Page, failures ...Failure) Option {
	return func(s *settings) error {
		if _, ok := pageSpecs[page]; !ok {
			return fmt.Errorf("failure of page %q: no such page", page)
		}
		if len(failures) == 0 {
			return fmt.Errorf("failure of page %q: no failure given", page)
		}
		var errs []error
		for _, f := range failures {
			errs = append(errs, f.check())
		}
		if err := errors.Join(errs...); err != nil {
			return fmt.Errorf("failure of page %q: %w", page, err)
		}
		if s.Failures == nil {
			s.Failures = make(map[Page][]Failure)
		}
		s.Failures[page] = failures
		return nil
	}
}
