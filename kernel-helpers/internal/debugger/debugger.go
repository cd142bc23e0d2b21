// Package debugger lets Jupyter's front ends debug Go cells. It speaks the Debug
// Adapter Protocol with Jupyter's additions on one side, and Delve's own interface
// on the other.
//
// The kernel passes each debug_request to [Debugger.Handle]. While a front end has
// turned the debugger on, the kernel calls [Debugger.Begin] before a cell and
// [Run.End] after it; between them GoNB starts the cell's program under Delve, which
// listens on the socket that the Run names.
//
// Positions need no translation of their own: a program's //line directives name
// cells as files ("cell 3", line 5), and Delve knows files by these names. Front
// ends know a cell by the hash of its text. A text that ran several times has
// several numbers.
//
// Delve's server would speak the Debug Adapter Protocol, too, but only its own
// interface knows what the goroutines wait for and lets goroutines, variables and
// control share one connection and one notion of a stop.
//
// Read the files in this order: message, murmur, memory, goroutine, wait, cycle, variable, program, report, debugger, requests, inspect.
package debugger

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/debugger/delve"
	"example.com/speedup/kernel-helpers/internal/waits"
)

// Config configures a [Debugger].
type Config struct {
	// Folder is a folder of the kernel's own. Sockets are there.
	Folder string
	// Delve returns the path of Delve, or an error that says why nothing can be
	// debugged here.
	Delve func() (string, error)
	// Cells returns the texts of the cells that ran, by their numbers.
	Cells func() map[int]string
	// Emit sends an event to all front ends.
	Emit func(Event)
	Log  *slog.Logger
}

// A Debugger debugs the cells of one kernel. Its methods may be called by several
// goroutines.
type Debugger struct {
	Config
	log    *slog.Logger
	prefix string // of the paths of cells

	turn sync.Mutex // held while a request is answered or the program's breakpoints are set

	mu          sync.Mutex
	started     bool
	terse       bool  // the client shows types in place of values
	broken      error // why it could not be started, until a cell says so
	seq, ids    int
	breakpoints map[string][]Breakpoint  // by path
	bound       map[int]*Breakpoint      // by Delve's id, of the program that runs
	exceptions  map[string]bool          // Delve's breakpoints at which to stop
	dumped      map[string]string        // texts of cells by path
	sources     map[string]*waits.Source // by text
	program     *program                 // nil while none runs
	handles     map[int]handle
	sockets     int
}

// New returns a Debugger that is off.
func New(c Config) *Debugger {
	return &Debugger{
		Config: c, log: c.Log,
		// JupyterLab shows "In [3]" and not the path if it contains this name.
		prefix:      filepath.Join(c.Folder, "ipykernel_cells") + string(filepath.Separator),
		breakpoints: map[string][]Breakpoint{}, bound: map[int]*Breakpoint{}, exceptions: map[string]bool{},
		dumped: map[string]string{}, sources: map[string]*waits.Source{}, handles: map[int]handle{},
	}
}

// A Run is one cell that runs while the debugger is on.
type Run struct {
	d       *Debugger
	program *program
	socket  string
	delve   string
}

// Begin is called before a cell runs. It returns nil if the debugger is off and the
// program isn't to be watched. If it should be on but can't be, it returns nil and
// why, once.
func (d *Debugger) Begin(ctx context.Context, watch *Watch) (*Run, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.started && watch == nil {
		why := d.broken
		d.broken = nil
		return nil, why
	}
	path, err := d.Delve()
	if err != nil {
		return nil, err
	}
	d.sockets++
	r := &Run{d: d, program: newProgram(ctx, d), socket: filepath.Join(d.Folder, "dlv"+strconv.Itoa(d.sockets)), delve: path}
	r.program.watch = watch
	d.program = r.program
	go r.program.run(r.socket) // End waits for it
	return r, nil
}

// Metadata tells GoNB how to run the cell's program.
func (r *Run) Metadata() map[string]any {
	return map[string]any{"delve": r.delve, "socket": r.socket}
}

// Attached reports whether Delve has started a program.
func (r *Run) Attached() bool {
	r.program.mu.Lock()
	defer r.program.mu.Unlock()
	return r.program.attached
}

// End is called when the cell has ended. It returns how the program ended, as
// os.ProcessState does ("exit status 2"), or "" if with success or if that isn't known.
func (r *Run) End() string {
	r.program.cancel()
	<-r.program.done
	d := r.d
	d.mu.Lock()
	d.program = nil
	clear(d.bound)
	clear(d.handles)
	d.mu.Unlock()
	p := r.program
	p.mu.Lock()
	s := p.stopped
	p.stopped = nil
	p.mu.Unlock()
	if s != nil {
		d.turn.Lock() // no request reads the stop any more
		defer d.turn.Unlock()
		d.continued(s.goroutine)
	}
	switch n := p.exit; {
	case n == nil || *n == 0:
		return ""
	case *n < 0:
		return "signal: " + syscall.Signal(-*n).String()
	default:
		return "exit status " + strconv.Itoa(*n)
	}
}

// isOn reports whether a front end has turned the debugger on.
func (d *Debugger) isOn() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.started
}

// Interrupt sends SIGINT to the program that runs, which may have something to clean
// up: Delve, if it gets the signal, ends the program. It reports whether a program got
// it; one that stands can't.
func (d *Debugger) Interrupt() bool {
	p := d.current()
	return p != nil && p.interrupt()
}

// GiveUp turns the debugger off.
func (d *Debugger) GiveUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.started = false
}

// emit sends an event.
func (d *Debugger) emit(event string, body any) {
	d.mu.Lock()
	d.seq++
	seq := d.seq
	d.mu.Unlock()
	d.Emit(Event{Seq: seq, Type: "event", Event: event, Body: body})
}

// stoppedAt notes that a program stands, and tells front ends.
func (d *Debugger) stoppedAt(p *program, s *stop) {
	if s.reason == "pause" || s.goroutine == 0 {
		s.goroutine = p.interesting(s)
	}
	p.mu.Lock()
	p.stopped = s
	late := p.pending // since the stop was judged
	p.pending, p.pausing = nil, false
	p.mu.Unlock()
	for _, f := range late {
		f()
	}
	body := map[string]any{"reason": s.reason, "threadId": s.goroutine, "allThreadsStopped": true, "hitBreakpointIds": s.hits}
	if s.text != "" {
		body["text"], body["description"] = s.text, s.text
	}
	d.emit("stopped", body)
}

// continued tells front ends that the program runs, and forgets what was shown of it.
func (d *Debugger) continued(goroutine int64) {
	d.mu.Lock()
	clear(d.handles)
	d.mu.Unlock()
	d.emit("continued", map[string]any{"threadId": goroutine, "allThreadsContinued": true})
}

// pausesOn reports whether to stop at one of Delve's own breakpoints.
func (d *Debugger) pausesOn(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.exceptions[name]
}

// hit returns the breakpoint that Delve has hit. If it only logs, hit does that.
func (d *Debugger) hit(p *program, id int) (b *Breakpoint, log bool) {
	d.mu.Lock()
	b = d.bound[id]
	d.mu.Unlock()
	if b == nil || b.LogMessage == "" {
		return b, false
	}
	d.emit("output", map[string]any{"category": "console", "output": p.logged(b.LogMessage) + "\n", "line": b.Line, "source": b.Source})
	return b, true
}

// logged returns the message of a logpoint, in which expressions in braces are
// replaced by their values.
func (p *program) logged(message string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(message, "{")
		out.WriteString(before)
		expr, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			if found {
				out.WriteString("{" + rest)
			}
			return out.String()
		}
		v, err := p.client.Eval(p.ctx, delve.EvalScope{GoroutineID: -1}, expr, usual)
		if err != nil {
			out.WriteString("{" + expr + "}")
		} else {
			out.WriteString(summary(v, 1))
		}
		message = after
	}
}

// bind sets all breakpoints in a program that stands.
func (d *Debugger) bind(p *program) {
	d.turn.Lock()
	defer d.turn.Unlock()
	sources, err := p.client.ListSources(p.ctx, "^cell ")
	if err != nil {
		d.log.Info("debugger: which cells a program has", "err", err)
	}
	p.files = sources
	d.mu.Lock()
	paths := slices.Collect(maps.Keys(d.breakpoints))
	d.mu.Unlock()
	for _, path := range paths {
		d.bindPath(p, path)
	}
	p.mu.Lock()
	p.attached = true
	p.mu.Unlock()
}

// bindPath sets the breakpoints of one path anew. Its caller has the turn.
func (d *Debugger) bindPath(p *program, path string) {
	d.mu.Lock()
	var old []int
	for id, b := range d.bound {
		if b.Source.Path == path {
			old = append(old, id)
			delete(d.bound, id)
		}
	}
	wanted := slices.Clone(d.breakpoints[path])
	d.mu.Unlock()
	for _, id := range old {
		if err := p.client.ClearBreakpoint(p.ctx, id); err != nil {
			d.log.Info("debugger: clear a breakpoint", "err", err)
		}
	}
	for _, file := range d.files(path) {
		if _, isCell := cellNumber(file); isCell && !slices.Contains(p.files, file) {
			continue
		}
		for i := range wanted {
			d.bindOne(p, file, &wanted[i])
		}
	}
}

// farthest is how many lines below its own a breakpoint may be set.
const farthest = 20

// bindOne sets one breakpoint in a file: in the first line with code from its own on.
func (d *Debugger) bindOne(p *program, file string, b *Breakpoint) {
	for line := b.Line; line < b.Line+farthest; line++ {
		made, err := p.client.CreateBreakpoint(p.ctx, delve.Breakpoint{File: file, Line: line, Condition: b.Condition, HitCondition: b.HitCondition})
		if err == nil {
			d.mu.Lock()
			d.bound[made.ID] = b
			d.mu.Unlock()
			return
		}
		if strings.Contains(err.Error(), "Breakpoint exists") {
			return
		}
	}
	d.log.Info("debugger: a breakpoint has no code", "file", file, "line", b.Line)
}

// files returns the names that files of a path have in programs.
func (d *Debugger) files(path string) (names []string) {
	if !strings.HasPrefix(path, d.prefix) {
		return []string{path}
	}
	cells := d.Cells()
	for _, number := range slices.Sorted(maps.Keys(cells)) {
		if cellPath(d.prefix, cells[number]) == path {
			names = append(names, cellFile(number))
		}
	}
	return names
}

// path returns the path by which front ends know a file of a program.
func (d *Debugger) path(file string) string {
	if number, ok := cellNumber(file); ok {
		if code, found := d.Cells()[number]; found {
			return cellPath(d.prefix, code)
		}
	}
	return file
}

// source returns what the text of the cell with a number says, or nil.
func (d *Debugger) source(number int) *waits.Source {
	code, found := d.Cells()[number]
	if !found {
		return nil
	}
	return d.read(code)
}

func (d *Debugger) read(code string) *waits.Source {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sources[code]
	if s == nil {
		s = waits.Read(code)
		d.sources[code] = s
	}
	return s
}

// current returns the program that runs, or nil.
func (d *Debugger) current() *program {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.program
}

// requestWithin is how long a request may take.
const requestWithin = 10 * time.Second

// Handle answers a request. It never returns without an answer, and takes no longer
// than ten seconds. While the program runs, requests about its state fail.
func (d *Debugger) Handle(ctx context.Context, r Request) (answer Response) {
	d.turn.Lock()
	defer d.turn.Unlock()
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	d.mu.Lock()
	d.seq++
	answer = Response{Seq: d.seq, Type: "response", RequestSeq: r.Seq, Command: r.Command}
	d.mu.Unlock()
	body, err := d.answer(ctx, r)
	answer.Body = body
	if body == nil {
		answer.Body = struct{}{}
	}
	if err != nil {
		answer.Message = strings.TrimPrefix(err.Error(), "delve: ")
		failed := map[string]any{"error": map[string]any{"id": 1, "format": answer.Message}}
		if list, found := lists[r.Command]; found {
			failed[list] = []any{}
		}
		answer.Body = failed
		return answer
	}
	answer.Success = true
	return answer
}

// lists are the lists in the bodies of replies. JupyterLab reads them also when the
// request failed, because the program had run on.
var lists = map[string]string{
	"stackTrace": "stackFrames", "scopes": "scopes", "variables": "variables", "inspectVariables": "variables",
	"setBreakpoints": "breakpoints", "threads": "threads", "modules": "modules",
}

func (d *Debugger) answer(ctx context.Context, r Request) (any, error) {
	if answer, found := handlers[r.Command]; found {
		return answer(d, ctx, r)
	}
	return nil, fmt.Errorf("debugger: this kernel doesn't know the request %q", r.Command)
}
