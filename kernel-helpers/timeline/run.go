package timeline

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// A Run is what one or several processes did between the begin and the end of a
// recorded function. It is immutable, so its methods are safe for concurrent
// use.
type Run struct {
	wall      int64 // in nanoseconds; like all times here, relative to the begin
	clock     int64 // the begin, on the machine's monotonic clock
	processes []process
	places    []location // where goroutines wait; places[0] means unknown
	cut       string     // why the recording doesn't contain the whole run, or ""
}

// Wall returns the time from the begin to the end of the recorded function.
func (r *Run) Wall() time.Duration { return time.Duration(r.wall) }

type process struct {
	name       string
	pid        int
	processors int // GOMAXPROCS, or 0 if unknown
	lanes      []lane
	wakes      []wake
}

// A lane is one goroutine.
type lane struct {
	id         int64
	name       string
	kind       kind
	start, end int64 // as far as the trace shows; if it didn't end before, end is the run's end
	ended      bool
	spans      []span // in order, without overlap
	regions    []interval
	final      span // its span when the function returned, unless it had ended
	switches   int  // how often a processor took it up
}

type kind uint8

const (
	root    kind = iota // the goroutine that called the recorded function
	started             // started within the function, not by a library
	older               // started before the function, but drawn because it enters a region
	library             // started within the function, by the standard library or a helper package
	foreign             // anything else: other older goroutines, and those of the runtime
)

// drawn reports whether pictures of goroutines contain lanes of this kind.
func (k kind) drawn() bool { return k <= older }

type span struct {
	from, to int64
	state    State
	held     bool  // for Syscall: it kept its processor, so it counts as work
	proc     int32 // for Running and held spans; otherwise -1
	place    int32 // index in Run.places
}

func (s span) length() int64 { return s.to - s.from }

// busy reports whether the span occupied a processor.
func (s span) busy() bool {
	return s.state == Running || s.state == GC && s.proc >= 0 || s.state == Syscall && s.held
}

// waiting reports whether the span is a wait. That includes a blocked system
// call and a wait for the collector.
func (s span) waiting() bool {
	return s.state.waits() || s.state == Syscall && !s.held || s.state == GC && s.proc < 0
}

type interval struct{ from, to int64 }

// A wake is a moment at which one goroutine made another one ready.
type wake struct {
	at       int64
	from, to int64 // goroutine ids
}

// A location is a line of the program.
type location struct {
	function string // such as "worker" or "sites.Download"
	file     string
	line     int
	source   string // the line's text, if the file could be read
}

// order sorts the drawn lanes first: the root, then groups of the same name in
// the order in which they began, each by start.
func (p *process) order() {
	first, count := map[string]int64{}, map[string]int{}
	for _, l := range p.lanes {
		if l.kind != started {
			continue
		}
		count[l.name]++
		if at, ok := first[l.name]; !ok || l.start < at {
			first[l.name] = l.start
		}
	}
	slices.SortStableFunc(p.lanes, func(a, b lane) int {
		if a.kind != b.kind || a.kind != started {
			return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.start, b.start), cmp.Compare(a.id, b.id))
		}
		return cmp.Or(cmp.Compare(first[a.name], first[b.name]), cmp.Compare(a.name, b.name),
			cmp.Compare(a.start, b.start), cmp.Compare(a.id, b.id))
	})
}

// labels returns distinct names for the drawn lanes: "worker 1", "worker 2".
func (p *process) labels() []string {
	count, next := map[string]int{}, map[string]int{}
	for _, l := range p.lanes {
		if l.kind.drawn() {
			count[l.name]++
		}
	}
	var labels []string
	for _, l := range p.lanes {
		if !l.kind.drawn() {
			continue
		}
		name := l.name
		if count[name] > 1 {
			next[name]++
			name += " " + strconv.Itoa(next[name])
		}
		labels = append(labels, name)
	}
	return labels
}
