package sites

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Stats is what a server has seen of its clients since its start.
type Stats struct {
	Requests     int `json:"requests"`       // requests received, including failed ones
	Connections  int `json:"connections"`    // connections accepted
	InFlight     int `json:"in_flight"`      // requests in progress
	MostInFlight int `json:"most_in_flight"` // maximum of requests in progress at once
}

func (s Stats) String() string {
	return fmt.Sprintf("requests %d, connections %d, in flight %d, most in flight %d",
		s.Requests, s.Connections, s.InFlight, s.MostInFlight)
}

// Stats returns what the server has seen. It uses a pipe, so it doesn't count
// as a request.
func (s *Server) Stats(ctx context.Context) (Stats, error) {
	var answer reply
	err := s.process.Call(ctx, request{Ask: askStats}, &answer)
	if err == nil && answer.Stats == nil {
		err = errNoAnswer
	}
	if err != nil {
		return Stats{}, fmt.Errorf("sites: stats: %w", err)
	}
	return *answer.Stats, nil
}

// counters hold the server's Stats.
type counters struct {
	requests, connections, inFlight, mostInFlight atomic.Int64
}

// A visit is one request in progress.
type visit struct {
	counters *counters
	left     bool
}

func (c *counters) enter() visit {
	c.requests.Add(1)
	now := c.inFlight.Add(1)
	for most := c.mostInFlight.Load(); now > most; most = c.mostInFlight.Load() {
		if c.mostInFlight.CompareAndSwap(most, now) {
			break
		}
	}
	return visit{counters: c}
}

// leave ends the visit; further calls do nothing. It is called before the last
// bytes are sent: a client that has a whole response may send its next request
// at once, and five workers must never be counted as six.
func (v *visit) leave() {
	if !v.left {
		v.left = true
		v.counters.inFlight.Add(-1)
	}
}

func (c *counters) stats() *Stats {
	return &Stats{
		Requests:     int(c.requests.Load()),
		Connections:  int(c.connections.Load()),
		InFlight:     int(c.inFlight.Load()),
		MostInFlight: int(c.mostInFlight.Load()),
	}
}
