package timeline

import "slices"

// A builder builds a process's lanes from the events of its goroutines, in
// order of time. It doesn't depend on the trace's format.
type builder struct {
	goroutines map[int64]*life
	order      []*life // by first appearance
	wakes      []wake
	begin, end int64 // of the recorded function
	begun      bool
	ended      bool
	root       int64
	last       int64 // time of the latest event
	processors int
	worker     bool // the root is a Task, not a program's main
}

// A life is the state of a goroutine while the builder follows it.
type life struct {
	lane
	since    int64 // start of the current state
	now      State
	proc     int32
	place    int32
	assist   bool // in a GC assist: it runs for the collector
	tree     bool // descends from the root
	user     bool // not started by a library
	regionAt int64
	open     int // number of regions it is in
	task     string
	region   string
	called   string // the outermost named function on its stacks so far
	startsAs string // the function with which it was started
	frozen   bool   // final is set
	settled  bool   // it was not waiting at the end mark and ended soon after
}

func newBuilder() *builder {
	return &builder{goroutines: map[int64]*life{}, root: noGoroutine}
}

const noGoroutine = -1

func (b *builder) life(g int64) *life {
	l := b.goroutines[g]
	if l == nil {
		l = &life{since: b.last, proc: -1}
		l.id, l.kind, l.start = g, foreign, b.last
		b.goroutines[g] = l
		b.order = append(b.order, l)
	}
	return l
}

// mark records that the recorded function begins or ends on goroutine g.
func (b *builder) mark(at, g int64, end bool) {
	b.last = at
	switch {
	case !end && !b.begun:
		b.begun, b.begin, b.root = true, at, g
		b.life(g).tree = true
	case end && b.begun && !b.ended:
		b.ended, b.end = true, at
		for _, l := range b.order {
			if l.now != Absent {
				l.final, l.frozen = l.present(at), true
			}
		}
	}
}

// create records that goroutine by started g. user reports whether g was
// started by user code rather than a library, and startsAs names the function
// it runs.
func (b *builder) create(at, g, by int64, user bool, startsAs string) {
	b.last = at
	l := b.life(g)
	l.start, l.since, l.user, l.startsAs = at, at, user, startsAs
	l.now, l.proc, l.place = Runnable, -1, 0
	if b.begun && !b.ended {
		parent := b.goroutines[by]
		// A timer's goroutine has no parent in the trace.
		l.tree = parent != nil && parent.tree || by == noGoroutine && user
	}
}

// move puts g into a state. proc is the processor that runs it, or -1; place is
// where it waits.
func (b *builder) move(at, g int64, to State, proc, place int32) {
	b.last = at
	l := b.life(g)
	if l.assist && to == Running {
		to = GC
	}
	if to == Running || to == GC {
		if l.now != Running && l.now != GC && l.now != Syscall && b.begun && !b.ended {
			l.switches++
		}
		if l.now == Syscall && l.proc >= 0 {
			l.close(at, true)
		}
	}
	l.close(at, false)
	l.now, l.place = to, place
	switch to {
	case Running, GC, Syscall:
		l.proc = proc
	default:
		l.proc = -1
	}
}

// assist records that g begins or stops to assist the garbage collector.
func (b *builder) assist(at, g int64, on bool) {
	b.last = at
	l := b.life(g)
	l.assist = on
	if l.now == Running && on || l.now == GC && !on && l.proc >= 0 {
		l.close(at, false)
		l.now = Running
		if on {
			l.now = GC
		}
	}
}

// wake records that goroutine by made g ready.
func (b *builder) wake(at, g, by int64) {
	if by != noGoroutine && by != g && b.begun && !b.ended {
		b.wakes = append(b.wakes, wake{at, by, g})
	}
}

// finish records the end of g.
func (b *builder) finish(at, g int64) {
	b.last = at
	l := b.life(g)
	l.close(at, false)
	l.now, l.end, l.ended = Absent, at, true
	if b.ended && l.frozen && !l.final.waiting() {
		l.settled = true // all it had left to do was to end
	}
}

// region records that g enters or leaves a region.
func (b *builder) region(at, g int64, name string, enter bool) {
	b.last = at
	l := b.life(g)
	switch {
	case enter:
		if l.open == 0 {
			l.regionAt = at
		}
		l.open++
		if l.region == "" {
			l.region = name
		}
	case l.open > 0:
		if l.open--; l.open == 0 {
			l.regions = append(l.regions, interval{l.regionAt, at})
		}
	}
}

// present returns the goroutine's current span, up to at.
func (l *life) present(at int64) span {
	s := span{from: l.since, to: at, state: l.now, proc: -1, place: l.place}
	if l.now == Running || l.now == GC {
		s.proc = l.proc
	}
	return s
}

// close ends the current span.
func (l *life) close(at int64, held bool) {
	s := l.present(at)
	if held {
		s.held, s.proc = true, l.proc
	}
	l.since = at
	if s.state == Absent || s.length() <= 0 {
		return
	}
	if n := len(l.spans); n > 0 {
		if p := &l.spans[n-1]; p.to == s.from && p.state == s.state && p.held == s.held && p.proc == s.proc && p.place == s.place {
			p.to = s.to
			return
		}
	}
	l.spans = append(l.spans, s)
}

// process ends all spans and returns the lanes within the recorded function,
// with times relative to its begin.
func (b *builder) process() (process, int64) {
	if !b.begun {
		b.begin = b.first()
	}
	if !b.ended {
		b.end = b.last
	}
	p := process{processors: b.processors}
	for _, l := range b.order {
		if l.now != Absent {
			l.close(b.last, false)
		}
		if l.open > 0 {
			l.regions = append(l.regions, interval{l.regionAt, b.last})
		}
		switch {
		case l.id == b.root:
			l.kind = root
		case l.tree && l.user, !b.begun && l.user:
			l.kind = started
		case l.tree:
			l.kind = library
		case l.region != "":
			l.kind = older
		}
		if !l.ended || l.end > b.end {
			l.end, l.ended = b.end, l.settled
		}
		if !b.ended {
			l.final = span{}
			if n := len(l.spans); n > 0 && !l.ended {
				l.final = l.spans[n-1]
			}
		} else if l.ended {
			l.final = span{}
		}
		l.name = l.title(b.worker)
		l.clip(b.begin, b.end)
		if len(l.spans) > 0 || l.kind.drawn() {
			p.lanes = append(p.lanes, l.lane)
		}
	}
	for _, w := range b.wakes {
		w.at -= b.begin
		p.wakes = append(p.wakes, w)
	}
	p.order()
	return p, b.end - b.begin
}

func (b *builder) first() int64 {
	at := b.last
	for _, l := range b.order {
		at = min(at, l.start)
	}
	return at
}

// title returns the goroutine's name: that of its task, its region, or its
// function.
func (l *life) title(worker bool) string {
	switch {
	case l.task != "":
		return l.task
	case l.kind == root && (!worker || l.region == ""):
		return "main"
	case l.region != "":
		return l.region
	case l.called != "":
		return l.called
	case l.startsAs != "":
		return l.startsAs
	}
	return "goroutine"
}

// clip keeps what lies within the recorded function, with times relative to its
// begin.
func (l *lane) clip(begin, end int64) {
	l.spans = slices.DeleteFunc(l.spans, func(s span) bool { return s.to <= begin || s.from >= end })
	for i := range l.spans {
		s := &l.spans[i]
		s.from, s.to = max(s.from, begin)-begin, min(s.to, end)-begin
	}
	l.regions = slices.DeleteFunc(l.regions, func(r interval) bool { return r.to <= begin || r.from >= end })
	for i := range l.regions {
		r := &l.regions[i]
		r.from, r.to = max(r.from, begin)-begin, min(r.to, end)-begin
	}
	l.start, l.end = min(max(l.start, begin), end)-begin, max(min(l.end, end), begin)-begin
	l.final.from, l.final.to = l.final.from-begin, l.final.to-begin
}
