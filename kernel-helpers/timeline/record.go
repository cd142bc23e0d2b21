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

// The marks by which a trace tells what part of it is the recorded function.
const (
	logCategory = "speedup.timeline"
	beginMark   = "begin"
	endMark     = "end"
	thisProcess = "this process" // Show's name for what it records
)

// Recording goes on for a tail after the function has returned, long enough for
// a goroutine that has just called WaitGroup.Done to end, so that it isn't taken
// for one that stays. On a busy machine that takes more tails, up to mostTails,
// while there are goroutines that don't wait.
const (
	tail      = time.Millisecond
	mostTails = 50
)

// Record runs f and returns the execution trace of it, which [Read] and
// `go tool trace` read. name is what pictures of several processes call this
// one. When f panics, the trace is lost and the panic goes on. A process can
// record once at a time: otherwise f runs all the same, and the error says so.
func Record(name string, f func()) ([]byte, error) {
	rec, err := start()
	if err != nil {
		f()
		return nil, err
	}
	defer rec.stop(0) // when f panics
	rec.begin(name)
	f()
	rec.end()
	return rec.stop(tail), nil
}

// recorder is a recording under way.
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

// othersRun reports whether goroutines beside this one run or could.
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

// stop ends the recording, once, after a tail, and returns the trace.
func (r *recorder) stop(tail time.Duration) []byte {
	r.end()
	r.stopped.Do(func() {
		for tails := 0; tail > 0 && tails < mostTails && (tails == 0 || othersRun()); tails++ {
			time.Sleep(tail) // an observation of that length
		}
		trace.Stop()
	})
	return r.kept.bytes()
}

// store keeps the first bytes that are written to it, up to mostBytes. What
// comes after is dropped, so that a run that is far too long costs no memory.
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

// overflowed reports whether something was dropped.
func (s *store) overflowed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.full
}
