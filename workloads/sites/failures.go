package sites

import (
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// A Failure is a way in which a request fails; see [Fail].
type Failure struct {
	Kind   string        `json:"kind"`
	Status int           `json:"status,omitempty"`
	Time   time.Duration `json:"time,omitempty"`
}

const (
	works    = "works"
	status   = "status"
	reset    = "reset"
	slowBody = "slow body"
	noAnswer = "no answer"
)

// Works is a request that does not fail, for use among failures.
func Works() Failure { return Failure{Kind: works} }

// Status responds with a status code from 400 to 599 instead of the page.
func Status(code int) Failure { return Failure{Kind: status, Status: code} }

// Reset breaks the connection in the middle of the page, with a TCP reset. The
// reset comes after the first bytes because Go's client repeats a request by
// itself if a reused connection breaks before them.
func Reset() Failure { return Failure{Kind: reset} }

// SlowBody responds in time, but sends the page slowly, over the time d.
func SlowBody(d time.Duration) Failure { return Failure{Kind: slowBody, Time: d} }

// NoAnswer never responds: the request ends when its client cancels it.
func NoAnswer() Failure { return Failure{Kind: noAnswer} }

func (f Failure) check() error {
	switch f.Kind {
	case works, reset, noAnswer:
		return nil
	case status:
		if f.Status < 400 || f.Status > 599 {
			return fmt.Errorf("status %d: must be from 400 to 599", f.Status)
		}
		return nil
	case slowBody:
		if f.Time < 0 {
			return fmt.Errorf("slow body of %v: must not be negative", f.Time)
		}
		return nil
	}
	return fmt.Errorf("failure %q: not one of Status, Reset, SlowBody, NoAnswer and Works", f.Kind)
}

// A failureTurns returns a page's failures in turn.
type failureTurns struct {
	failures []Failure
	taken    atomic.Uint64
}

// next returns the failure for the next request. A nil receiver never fails.
func (t *failureTurns) next() Failure {
	if t == nil {
		return Works()
	}
	return t.failures[(t.taken.Add(1)-1)%uint64(len(t.failures))]
}

// serveReset sends the first half of the page and then resets the connection.
func serveReset(w http.ResponseWriter, body []byte, visit *visit) {
	control := http.NewResponseController(w)
	w.Write(body[:len(body)/2])
	control.Flush()
	visit.leave()
	conn, _, err := control.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // closes the connection, though not with a reset
	}
	for {
		wrapper, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = wrapper.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// serveSlowly sends the page in pieces that take d in all.
func serveSlowly(w http.ResponseWriter, r *http.Request, body []byte, d time.Duration, visit *visit) {
	const drips = 20
	control := http.NewResponseController(w)
	begin := time.Now()
	for i := range drips {
		from, to := len(body)*i/drips, len(body)*(i+1)/drips
		if !waitUntil(r.Context(), begin.Add(d*time.Duration(i+1)/drips)) {
			return
		}
		if to == len(body) {
			visit.leave()
		}
		w.Write(body[from:to])
		if control.Flush() != nil {
			return
		}
	}
}
