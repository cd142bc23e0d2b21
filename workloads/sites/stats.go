package sites

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Stats is what a server saw of its clients since its start.
type Stats struct {
	Requests     int `json:"requests"`       // requests that arrived, the failed ones too
	Connections  int `json:"connections"`    // connections taken
	InFlight     int `json:"in_flight"`      // requests being served now
	MostInFlight int `json:"most_in_flight"` // requests being served at once, at most
}

// Stats asks the server what it has seen. It is asked over a pipe, so the
// question itself is not counted. An answer that a client has read whole may
// still be in flight at the server for a moment.
func (s *Server) Stats(ctx context.Context) (Stats, error) {
	answer, err := s.control.call(ctx, request{Ask: askStats})
	if err == nil && answer.Stats == nil {
		err = errNoAnswer
	}
	if err != nil {
		return Stats{}, fmt.Errorf("sites: stats: %w", s.explain(err))
	}
	return *answer.Stats, nil
}

// counters are the server's side of Stats.
type counters struct {
	requests, connections, inFlight, mostInFlight atomic.Int64
}

// enter counts a request in; leave must follow.
func (c *counters) enter() {
	c.requests.Add(1)
	now := c.inFlight.Add(1)
	for most := c.mostInFlight.Load(); now > most; most = c.mostInFlight.Load() {
		if c.mostInFlight.CompareAndSwap(most, now) {
			return
		}
	}
}

func (c *counters) leave() { c.inFlight.Add(-1) }

func (c *counters) stats() *Stats {
	return &Stats{
		Requests:     int(c.requests.Load()),
		Connections:  int(c.connections.Load()),
		InFlight:     int(c.inFlight.Load()),
		MostInFlight: int(c.mostInFlight.Load()),
	}
}
