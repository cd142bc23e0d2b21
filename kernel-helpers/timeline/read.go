package timeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/exp/trace"
)

// mostBytes is the size of the largest trace that is recorded or read. It holds
// some three million events, for which a Run takes 200 MB of memory.
const mostBytes = 32 << 20

// longestRun is far longer than what fits into mostBytes. It keeps sums of
// times from overflowing.
const longestRun = int64(365 * 24 * time.Hour)

// Read reads an execution trace written by [Record], runtime/trace or
// net/http/pprof, from Go 1.22 or newer. In a trace without Record's marks,
// every goroutine started by user code is drawn, from the first event to the
// last.
//
// If the trace ends early, as after a kill, Read returns both a Run of the part
// that exists and an error. On other errors the Run is nil. Reading takes about
// 0.2 µs per byte.
func Read(raw []byte) (*Run, error) {
	if len(raw) == 0 {
		return nil, errors.New("timeline: read trace: it is empty")
	}
	if len(raw) > mostBytes {
		return nil, fmt.Errorf("timeline: read trace: it has %d MB, more than the limit of %d MB: record a shorter part of the run", len(raw)>>20, mostBytes>>20)
	}
	if !bytes.HasPrefix(raw, []byte("go 1.")) {
		return nil, errors.New("timeline: read trace: this is not a Go execution trace")
	}
	d := decoder{b: newBuilder(), seen: map[trace.Stack]stack{}, places: []location{{}}, index: map[location]int32{}}
	err := d.decode(raw)
	if err != nil && len(d.b.order) == 0 {
		return nil, fmt.Errorf("timeline: read trace of %s: %w", version(raw), err)
	}
	r := &Run{places: d.places}
	var p process
	p, r.wall = d.b.process()
	if r.wall < 0 || r.wall > longestRun {
		return nil, fmt.Errorf("timeline: read trace of %s: its clock is damaged", version(raw))
	}
	p.name, p.pid = d.name, d.pid
	r.processes = []process{p}
	r.clock = d.b.begin + d.offset
	if err != nil {
		r.cut = "the trace ends early"
		return r, fmt.Errorf("timeline: read trace of %s: it was read up to %.3f s: %w", version(raw), r.Wall().Seconds(), err)
	}
	return r, nil
}

// version returns the Go version from the trace's first bytes.
func version(raw []byte) string {
	name, _, ok := strings.Cut(string(raw[:min(len(raw), 16)]), " trace")
	if !ok {
		return "an unknown Go version"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, name)
}

// A decoder passes a trace's events to a builder.
type decoder struct {
	b      *builder
	seen   map[trace.Stack]stack
	places []location
	index  map[location]int32
	pid    int
	name   string
	offset int64 // of the monotonic clock relative to the trace's
}

// decode reads all events. The parser expects traces written by a runtime and
// may panic on others; decode turns such panics into errors.
func (d *decoder) decode(raw []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it is damaged (%v)", p)
		}
	}()
	events, err := trace.NewReader(bytes.NewReader(raw))
	if err != nil {
		return explain(err)
	}
	for {
		e, err := events.ReadEvent()
		if errors.Is(err, io.EOF) {
			if len(d.b.order) == 0 {
				return errors.New("it holds no goroutine")
			}
			return nil
		}
		if err != nil {
			return explain(err)
		}
		d.event(e)
	}
}

// explain turns the parser's error into one line.
func explain(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	switch {
	case strings.Contains(text, "unsupported trace version"), strings.Contains(text, "unknown or unsupported"):
		return errors.New("its version is not supported: record it with the Go version of this checkout")
	case errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(text, "EOF"):
		return errors.New("it ends in the middle")
	}
	const most = 200
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return fmt.Errorf("it is damaged (%s)", text)
}

func (d *decoder) event(e trace.Event) {
	at, g := int64(e.Time()), int64(e.Goroutine())
	switch e.Kind() {
	case trace.EventSync:
		if c := e.Sync().ClockSnapshot; c != nil {
			d.offset = int64(c.Mono) - int64(c.Trace)
		}
	case trace.EventMetric:
		if m := e.Metric(); m.Name == "/sched/gomaxprocs:threads" && m.Value.Kind() == trace.ValueUint64 {
			d.b.processors = int(min(m.Value.Uint64(), 1<<20))
		}
	case trace.EventLog:
		if l := e.Log(); l.Category == logCategory && g != noGoroutine {
			d.mark(at, g, l.Message)
		}
	case trace.EventTaskBegin:
		if g != noGoroutine {
			if l := d.b.life(g); l.task == "" {
				l.task = e.Task().Type
			}
		}
	case trace.EventRegionBegin, trace.EventRegionEnd:
		if g != noGoroutine {
			d.b.region(at, g, e.Region().Type, e.Kind() == trace.EventRegionBegin)
		}
	case trace.EventRangeBegin, trace.EventRangeActive, trace.EventRangeEnd:
		if r := e.Range(); r.Scope.Kind == trace.ResourceGoroutine && r.Name == "GC mark assist" {
			d.b.assist(at, int64(r.Scope.Goroutine()), e.Kind() != trace.EventRangeEnd)
		}
	case trace.EventStateTransition:
		if t := e.StateTransition(); t.Resource.Kind == trace.ResourceGoroutine {
			d.transition(e, t)
		}
	}
}

func (d *decoder) mark(at, g int64, message string) {
	var pid int
	var name string
	switch {
	case message == endMark:
		d.b.mark(at, g, true)
	case strings.HasPrefix(message, beginMark):
		if _, err := fmt.Sscanf(message, beginMark+" %d %q", &pid, &name); err == nil && !d.b.begun {
			d.pid, d.name = pid, name
			d.b.worker = name != thisProcess
		}
		d.b.mark(at, g, false)
	}
}

func (d *decoder) transition(e trace.Event, t trace.StateTransition) {
	at, g, by := int64(e.Time()), int64(t.Resource.Goroutine()), int64(e.Goroutine())
	from, to := t.Goroutine()
	proc, at32 := int32(-1), int32(0)
	if p := e.Proc(); p >= 0 && p < 1<<20 {
		proc = int32(p)
	}
	if from == trace.GoNotExist && to != trace.GoNotExist {
		user, name := startedBy(t.Stack, e.Stack())
		d.b.create(at, g, by, user, name)
		if to == trace.GoRunnable {
			return
		}
	}
	info := d.stack(t.Stack)
	l := d.b.life(g)
	if l.called == "" {
		l.called = info.called
	}
	switch to {
	case trace.GoRunning:
		d.b.move(at, g, Running, proc, 0)
	case trace.GoSyscall:
		d.b.move(at, g, Syscall, proc, info.place)
	case trace.GoRunnable:
		if from == trace.GoWaiting {
			d.b.wake(at, g, by)
		}
		d.b.move(at, g, Runnable, -1, 0)
	case trace.GoWaiting:
		at32 = info.place
		d.b.move(at, g, info.waiting(t.Reason), -1, at32)
	case trace.GoNotExist:
		d.b.finish(at, g)
	}
}
