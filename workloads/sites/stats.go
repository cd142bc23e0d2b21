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

func (s Stats) String() string {
	return fmt.Sprintf("requests %d, connections %d, in flight %d, most in flight %d",
		s.Requests, s.Connections, s.InFlight, s.MostInFlight)
}

// Stats asks the server what it has seen. It is asked over a pipe, so the
// question itself is not counted.
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

// counters are the server's side of Stats.
type counters struct {
	requests, connections, inFlight, mostInFlight atomic.Int64
}

// A visit is one request while it is being served.
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

// leave ends the visit; a second call does nothing. It comes before the last
// bytes are sent: a client that has an answer whole may send the next request
// at once, and five workers must never be seen as six.
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
