package timeline

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime/metrics"
	"runtime/trace"
	"sync"
	"time"
)

// The marks by which a trace shows which part of it is the recorded function.
const (
	logCategory = "speedup.timeline"
	beginMark   = "begin"
	endMark     = "end"
	thisProcess = "this process" // Show's name for this process
)

// Recording continues for a tail after the function has returned. That is long
// enough for a goroutine that has just called WaitGroup.Done to end, so that it
// isn't counted as left behind. A busy machine needs more tails, up to
// mostTails, while there are goroutines that don't wait.
const (
	tail      = time.Millisecond
	mostTails = 50
)

// Record runs f and returns its execution trace, for [Read] or `go tool trace`.
// Pictures of several processes use name for this process. If f panics, the
// trace is lost and the panic continues. A process can make one recording at a
// time; during another recording, Record just runs f and returns an error.
func Record(name string, f func()) ([]byte, error) {
	rec, err := start()
	if err != nil {
		f()
		return nil, err
	}
	defer rec.stop(0) // takes effect if f panics
	rec.begin(name)
	f()
	rec.end()
	return rec.stop(tail), nil
}

// A recorder is a recording in progress.
type recorder struct {
	kept    store
	ended   sync.Once
	stopped sync.Once
}

func start() (*recorder, error) {
	r := &recorder{}
	if err := trace.Start(&r.kept); err != nil {
		return nil, fmt.Errorf("timeline: record: %w", err)
	}
	return r, nil
}

// begin marks that the recorded function begins now, on this goroutine.
func (r *recorder) begin(name string) {
	trace.Log(context.Background(), logCategory, fmt.Sprintf("%s %d %q", beginMark, os.Getpid(), name))
}

// end marks that the recorded function has ended.
func (r *recorder) end() {
	r.ended.Do(func() { trace.Log(context.Background(), logCategory, endMark) })
}

// othersRun reports whether any other goroutine is running or ready to run.
func othersRun() bool {
	counts := []metrics.Sample{{Name: "/sched/goroutines/running:goroutines"}, {Name: "/sched/goroutines/runnable:goroutines"}}
	metrics.Read(counts)
	var n uint64
	for _, c := range counts {
		if c.Value.Kind() == metrics.KindUint64 {
			n += c.Value.Uint64()
		}
	}
	return n > 1
}

// stop ends the recording after a tail, once, and returns the trace.
func (r *recorder) stop(tail time.Duration) []byte {
	r.end()
	r.stopped.Do(func() {
		for tails := 0; tail > 0 && tails < mostTails && (tails == 0 || othersRun()); tails++ {
			time.Sleep(tail) // lets the trace observe the goroutines for that time
		}
		trace.Stop()
	})
	return r.kept.bytes()
}

// A store keeps the first mostBytes bytes written to it and drops the rest, so
// that a very long run doesn't use up memory.
type store struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	full bool
}

func (s *store) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full = s.full || s.buf.Len()+len(p) > mostBytes; !s.full {
		s.buf.Write(p)
	}
	return len(p), nil
}

func (s *store) bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Bytes()
}

// overflowed reports whether anything was dropped.
func (s *store) overflowed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.full
}
