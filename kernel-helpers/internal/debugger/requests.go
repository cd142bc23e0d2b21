package debugger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"example.com/speedup/kernel-helpers/internal/debugger/delve"
	"example.com/speedup/kernel-helpers/internal/waits"
)

// handlers answer the requests. They are called one at a time.
var handlers = map[string]func(*Debugger, context.Context, Request) (any, error){
	"initialize":              (*Debugger).initialize,
	"attach":                  (*Debugger).attach,
	"configurationDone":       (*Debugger).needStarted,
	"disconnect":              (*Debugger).disconnect,
	"terminate":               (*Debugger).terminate,
	"debugInfo":               (*Debugger).debugInfo,
	"dumpCell":                (*Debugger).dumpCell,
	"setBreakpoints":          (*Debugger).setBreakpoints,
	"setFunctionBreakpoints":  (*Debugger).setFunctionBreakpoints,
	"setExceptionBreakpoints": (*Debugger).setExceptionBreakpoints,
	"source":                  (*Debugger).sourceText,
	"threads":                 (*Debugger).threads,
	"stackTrace":              (*Debugger).stackTrace,
	"scopes":                  (*Debugger).scopes,
	"variables":               (*Debugger).variables,
	"inspectVariables":        (*Debugger).inspectVariables,
	"richInspectVariables":    (*Debugger).richInspectVariables,
	"evaluate":                (*Debugger).evaluate,
	"modules":                 (*Debugger).modules,
	"continue":                resuming(delve.Continue),
	"next":                    resuming(delve.Next),
	"stepIn":                  resuming(delve.StepIn),
	"stepOut":                 resuming(delve.StepOut),
	"pause":                   (*Debugger).pause,
}

// initialize turns the debugger on.
func (d *Debugger) initialize(_ context.Context, r Request) (any, error) {
	var arguments struct {
		ClientID string `json:"clientID"`
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	_, err := d.Delve()
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.broken = err
		return nil, err
	}
	d.started = true
	d.terse = arguments.ClientID == "jupyterlab"
	return map[string]any{
		"supportsConfigurationDoneRequest":  true,
		"supportsConditionalBreakpoints":    true,
		"supportsHitConditionalBreakpoints": true,
		"supportsLogPoints":                 true,
		"supportsEvaluateForHovers":         true,
		"supportsTerminateRequest":          true,
		"exceptionBreakpointFilters": []any{
			map[string]any{"filter": filterPanic, "label": "Panics", "default": false, "description": "Stop when a goroutine panics and nothing recovers from it"},
			map[string]any{"filter": filterFatal, "label": "Fatal errors", "default": false, "description": "Stop at a deadlock and at other errors by which the runtime ends the program"},
		},
	}, nil
}

const (
	filterPanic = "panic"
	filterFatal = "fatal"
)

var errOff = errors.New("the debugger is off: initialize it first")

// needStarted succeeds if the debugger is on.
func (d *Debugger) needStarted(context.Context, Request) (any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.started {
		return nil, errOff
	}
	return nil, nil
}

// attach does nothing: a program is attached to when a cell runs. Clients that wait
// for the event set their breakpoints then.
func (d *Debugger) attach(ctx context.Context, r Request) (any, error) {
	if _, err := d.needStarted(ctx, r); err != nil {
		return nil, err
	}
	d.emit("initialized", map[string]any{})
	return nil, nil
}

// disconnect turns the debugger off. A program that it has runs on.
func (d *Debugger) disconnect(ctx context.Context, _ Request) (any, error) {
	d.mu.Lock()
	p := d.program
	paths := slices.Collect(maps.Keys(d.breakpoints))
	d.started = false
	clear(d.breakpoints)
	clear(d.exceptions)
	d.mu.Unlock()
	if p == nil {
		return nil, nil
	}
	err := p.whileStopped(ctx, func() {
		for _, path := range paths {
			d.bindPath(p, path)
		}
	})
	if err == nil && p.isStopped() != nil {
		err = p.goOn(ctx, resume{command: delve.Continue})
	}
	return nil, err
}

// terminate ends the program of the cell.
func (d *Debugger) terminate(ctx context.Context, _ Request) (any, error) {
	p := d.current()
	if p == nil || p.client == nil {
		return nil, nil
	}
	if err := p.whileStopped(ctx, func() {}); err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.exit = new(-int(syscall.SIGKILL))
	p.mu.Unlock()
	return nil, p.client.Kill(ctx)
}

// debugInfo describes the debugger's state, also for a front end that has just
// loaded the page.
func (d *Debugger) debugInfo(context.Context, Request) (any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	breakpoints := []any{}
	for _, path := range slices.Sorted(maps.Keys(d.breakpoints)) {
		breakpoints = append(breakpoints, map[string]any{"source": path, "breakpoints": d.breakpoints[path]})
	}
	stopped := []int64{}
	if d.program != nil {
		if s := d.program.isStopped(); s != nil {
			stopped = append(stopped, s.goroutine)
		}
	}
	return map[string]any{
		"isStarted": d.started, "hashMethod": "Murmur2", "hashSeed": hashSeed,
		"tmpFilePrefix": d.prefix, "tmpFileSuffix": pathSuffix,
		"breakpoints": breakpoints, "stoppedThreads": stopped,
		"richRendering": true, "exceptionPaths": []string{}, "copyToGlobals": false,
	}, nil
}

// dumpCell takes the text of a cell in which there may be breakpoints.
func (d *Debugger) dumpCell(ctx context.Context, r Request) (any, error) {
	var arguments struct{ Code string }
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	if _, err := d.needStarted(ctx, r); err != nil {
		return nil, err
	}
	path := cellPath(d.prefix, arguments.Code)
	d.mu.Lock()
	d.dumped[path] = arguments.Code
	d.mu.Unlock()
	return map[string]string{"sourcePath": path}, nil
}

// codeOf returns the text of the cell with a path.
func (d *Debugger) codeOf(path string) (code string, found bool) {
	d.mu.Lock()
	code, found = d.dumped[path]
	d.mu.Unlock()
	if found {
		return code, true
	}
	for _, code := range d.Cells() {
		if cellPath(d.prefix, code) == path {
			return code, true
		}
	}
	return "", false
}

// setBreakpoints replaces the breakpoints of a source. They go to the next line with
// a statement.
func (d *Debugger) setBreakpoints(ctx context.Context, r Request) (any, error) {
	var arguments struct {
		Source      Source
		Breakpoints []Breakpoint
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	if _, err := d.needStarted(ctx, r); err != nil {
		return nil, err
	}
	path := arguments.Source.Path
	set := make([]Breakpoint, 0, len(arguments.Breakpoints))
	if code, found := d.codeOf(path); found {
		for i := range arguments.Breakpoints {
			arguments.Breakpoints[i].Line = d.read(code).Statement(arguments.Breakpoints[i].Line)
		}
	}
	for _, b := range arguments.Breakpoints {
		d.mu.Lock()
		d.ids++
		b.ID = d.ids
		d.mu.Unlock()
		b.Verified, b.Source = true, &Source{Path: path}
		set = append(set, b)
	}
	d.mu.Lock()
	d.breakpoints[path] = set
	if len(set) == 0 {
		delete(d.breakpoints, path)
	}
	p := d.program
	d.mu.Unlock()
	if p != nil {
		if err := p.whileStopped(ctx, func() { d.bindPath(p, path) }); err != nil {
			return nil, err
		}
	}
	return map[string]any{"breakpoints": set}, nil
}

// setFunctionBreakpoints takes an empty list, which some clients send unasked.
func (d *Debugger) setFunctionBreakpoints(_ context.Context, r Request) (any, error) {
	var arguments struct{ Breakpoints []json.RawMessage }
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	if len(arguments.Breakpoints) > 0 {
		return nil, errors.New("a breakpoint needs a line, not a function")
	}
	return map[string]any{"breakpoints": []any{}}, nil
}

// setExceptionBreakpoints chooses at which panics and fatal errors to stop.
func (d *Debugger) setExceptionBreakpoints(_ context.Context, r Request) (any, error) {
	var arguments struct{ Filters []string }
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.exceptions[delve.UnrecoveredPanic] = slices.Contains(arguments.Filters, filterPanic)
	d.exceptions[delve.FatalThrow] = slices.Contains(arguments.Filters, filterFatal)
	return map[string]any{"breakpoints": []any{}}, nil
}

// maxSource limits the files that sourceText returns, in bytes.
const maxSource = 4 << 20

// sourceText returns the text of a cell, or of another file of the program.
func (d *Debugger) sourceText(_ context.Context, r Request) (any, error) {
	var arguments struct{ Source Source }
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	path := arguments.Source.Path
	if code, found := d.codeOf(path); found {
		return map[string]string{"content": code, "mimeType": "text/x-go"}, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil || !filepath.IsAbs(path):
		return nil, fmt.Errorf("the source of %s is not here", path)
	case !info.Mode().IsRegular() || info.Size() > maxSource:
		return nil, fmt.Errorf("%s is no source file", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return map[string]string{"content": string(text), "mimeType": "text/x-go"}, nil
}

// maxThreads is how many goroutines a front end gets as threads.
const maxThreads = 1000

// threads lists the program's goroutines.
func (d *Debugger) threads(ctx context.Context, _ Request) (any, error) {
	list := []Thread{}
	if _, s, err := d.standing(); err == nil {
		snap, err := d.snapshot(ctx)
		if err != nil {
			return nil, err
		}
		for _, w := range snap.user {
			if len(list) < maxThreads || w.id == s.goroutine {
				list = append(list, Thread{w.id, fmt.Sprintf("%d %s: %s", w.id, w.name, w.state)})
			}
		}
	} else if d.current() != nil {
		list = append(list, Thread{1, "main"}) // Which there are is known when the program stops.
	}
	return map[string]any{"threads": list}, nil
}

// standing returns the program and its stop, or an error if it doesn't stand.
func (d *Debugger) standing() (*program, *stop, error) {
	p := d.current()
	if p == nil {
		return nil, nil, errNothing
	}
	s := p.isStopped()
	if s == nil {
		return nil, nil, errRunning
	}
	return p, s, nil
}

// snapshot returns the goroutines of the program, which stands.
func (d *Debugger) snapshot(ctx context.Context) (*snapshot, error) {
	p, s, err := d.standing()
	if err != nil {
		return nil, err
	}
	if s.snapshot == nil {
		snap, err := p.takeSnapshot(ctx, d.source, s.asleep())
		if err != nil {
			return nil, err
		}
		s.snapshot = snap
	}
	return s.snapshot, nil
}

// stackTrace lists the frames of a goroutine, without what the runtime has above
// and below it.
func (d *Debugger) stackTrace(ctx context.Context, r Request) (any, error) {
	var arguments struct {
		ThreadID           int64
		StartFrame, Levels int
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	p, s, err := d.standing()
	if err != nil {
		return nil, err
	}
	id := arguments.ThreadID
	stack, err := p.client.Stacktrace(ctx, id, maxDepth)
	if err != nil && id != s.goroutine {
		id = s.goroutine // front ends that know no threads name one
		stack, err = p.client.Stacktrace(ctx, id, maxDepth)
	}
	if err != nil {
		return nil, err
	}
	stack = withoutBottom(stack)
	first := 0
	for first < len(stack)-1 && waits.IsLow(stack[first].Name()) {
		first++
	}
	if waits.IsLow(stack[min(first, len(stack)-1)].Name()) {
		first = 0
	}
	frames := []Frame{}
	for i := first; i < len(stack); i++ {
		l := stack[i]
		if i > first && wrapper.MatchString(l.Name()) {
			continue
		}
		path := d.path(l.File)
		name := filepath.Base(path)
		if number, isCell := cellNumber(l.File); isCell {
			name = "cell " + strconv.Itoa(number)
		}
		frames = append(frames, Frame{
			ID: d.handle(handle{goroutine: id, frame: i, isFrame: true}), Name: shortFunction(l.Name()),
			Source: &Source{Name: name, Path: path}, Line: l.Line, Column: 1,
		})
	}
	total := len(frames)
	frames = frames[min(max(0, arguments.StartFrame), len(frames)):]
	if arguments.Levels > 0 {
		frames = frames[:min(arguments.Levels, len(frames))]
	}
	return map[string]any{"stackFrames": frames, "totalFrames": total}, nil
}

// scopes lists the groups of variables of a frame.
func (d *Debugger) scopes(_ context.Context, r Request) (any, error) {
	var arguments struct{ FrameID int }
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	f, err := d.frame(arguments.FrameID)
	if err != nil {
		return nil, err
	}
	scope := delve.EvalScope{GoroutineID: f.goroutine, Frame: f.frame}
	return map[string]any{"scopes": []Scope{
		{Name: "Locals", Hint: "locals", Reference: d.listing(func(ctx context.Context) ([]Variable, error) { return d.locals(ctx, scope) })},
		{Name: "Globals", Reference: d.listing(d.globals)},
		{Name: "Goroutines", Reference: d.listing(d.goroutines)},
	}}, nil
}

// frame returns the frame with an id. Id 0 is the frame where the program stands.
func (d *Debugger) frame(id int) (handle, error) {
	_, s, err := d.standing()
	if err != nil {
		return handle{}, err
	}
	if id == 0 {
		return handle{goroutine: s.goroutine, isFrame: true}, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f, found := d.handles[id]
	if !found || !f.isFrame {
		return handle{}, fmt.Errorf("no frame has the id %d: the program has run on", id)
	}
	return f, nil
}

// variables lists the parts of what a reference stands for.
func (d *Debugger) variables(ctx context.Context, r Request) (any, error) {
	var arguments struct{ VariablesReference int }
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	if _, _, err := d.standing(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	h := d.handles[arguments.VariablesReference]
	d.mu.Unlock()
	if h.list == nil {
		return nil, fmt.Errorf("no variable has the reference %d: the program has run on", arguments.VariablesReference)
	}
	list, err := h.list(ctx)
	if err != nil {
		return nil, err
	}
	if list == nil {
		list = []Variable{}
	}
	return map[string]any{"variables": list}, nil
}

// inspectVariables lists the variables of all cells. They exist while a program
// stands.
func (d *Debugger) inspectVariables(ctx context.Context, _ Request) (any, error) {
	list := []Variable{}
	if _, _, err := d.standing(); err == nil {
		found, err := d.globals(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return map[string]any{"variables": list}, nil
}

// richInspectVariables shows one variable as a whole.
func (d *Debugger) richInspectVariables(ctx context.Context, r Request) (any, error) {
	var arguments struct {
		VariableName string
		FrameID      int
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	empty := map[string]any{"data": map[string]any{}, "metadata": map[string]any{}}
	p, _, err := d.standing()
	if err != nil {
		return empty, nil // as for a name that isn't known
	}
	f, err := d.frame(arguments.FrameID)
	if err != nil {
		return nil, err
	}
	v, err := p.client.Eval(ctx, delve.EvalScope{GoroutineID: f.goroutine, Frame: f.frame}, arguments.VariableName, whole)
	if err != nil {
		return nil, err
	}
	return map[string]any{"data": map[string]string{"text/plain": layOut(v)}, "metadata": map[string]any{}}, nil
}

var (
	switchTo   = regexp.MustCompile(`^\s*goroutine\s+(\d+)\s*$`)
	assignment = regexp.MustCompile(`^\s*([^=<>!"'` + "`" + `]*[^=<>!:+*/%&|^"'` + "`" + `\s-])\s*=\s*([^=].*?)\s*$`)
	assertion  = regexp.MustCompile(`\.\((\*?)([\pL_][\pL\d_]*)\)`) // of a cell's type, which Delve wants with its package
	callsOf    = regexp.MustCompile(`^\s*call\s+(.+)$`)
)

// evaluate evaluates an expression in a frame. It also takes assignments, "call f(x)",
// and "goroutine 7", which shows another goroutine.
func (d *Debugger) evaluate(ctx context.Context, r Request) (any, error) {
	var arguments struct {
		Expression, Context string
		FrameID             int
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	p, s, err := d.standing()
	if err != nil {
		return nil, err
	}
	f, err := d.frame(arguments.FrameID)
	if err != nil {
		return nil, err
	}
	scope := delve.EvalScope{GoroutineID: f.goroutine, Frame: f.frame}
	expr := strings.TrimSpace(arguments.Expression)
	if m := switchTo.FindStringSubmatch(expr); m != nil {
		return d.switchGoroutine(ctx, s, m[1])
	}
	if m := assignment.FindStringSubmatch(expr); m != nil {
		if err := p.client.Set(ctx, scope, m[1], m[2]); err != nil {
			return nil, err
		}
		expr = m[1]
	}
	if m := callsOf.FindStringSubmatch(expr); m != nil {
		return d.call(ctx, p, m[1])
	}
	v, err := p.client.Eval(ctx, scope, expr, usual)
	if err != nil && assertion.MatchString(expr) {
		snap, err2 := d.snapshot(ctx)
		if err2 != nil {
			return nil, err
		}
		if v2, err2 := p.client.Eval(ctx, scope, assertion.ReplaceAllString(expr, ".(${1}"+snap.pkg()+".$2)"), usual); err2 == nil {
			v, err = v2, nil
		}
	}
	if err != nil {
		return nil, err
	}
	shown := d.variable(scope, expr, v)
	return map[string]any{"result": shown.Value, "type": typeName(v.Type), "variablesReference": shown.Reference}, nil
}

// switchGoroutine shows another goroutine in place of the one that has stopped.
func (d *Debugger) switchGoroutine(ctx context.Context, s *stop, id string) (any, error) {
	snap, err := d.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(id, 10, 64)
	w := snap.find(n)
	if err != nil || w == nil {
		return nil, fmt.Errorf("there is no goroutine %s", id)
	}
	s.goroutine = n
	d.emit("stopped", map[string]any{"reason": "goroutine", "threadId": n, "allThreadsStopped": true})
	return map[string]any{"result": fmt.Sprintf("goroutine %d %s: %s", n, w.name, w.state), "variablesReference": 0}, nil
}

// call calls a function of the program. Other goroutines run meanwhile.
func (d *Debugger) call(ctx context.Context, p *program, expr string) (any, error) {
	state, err := p.client.Call(ctx, expr, usual)
	if err != nil {
		return nil, err
	}
	var results []string
	for _, v := range deref(state.CurrentThread).ReturnValues {
		results = append(results, summary(v, 2))
	}
	return map[string]any{"result": strings.Join(results, ", "), "variablesReference": 0}, nil
}

// modules lists nothing: a Go program has no modules that could be browsed.
func (d *Debugger) modules(context.Context, Request) (any, error) {
	return map[string]any{"modules": []any{}, "totalModules": 0}, nil
}

// resuming returns the handler of a request that lets the program run.
func resuming(command string) func(*Debugger, context.Context, Request) (any, error) {
	return func(d *Debugger, ctx context.Context, r Request) (any, error) {
		var arguments struct{ ThreadID int64 }
		if err := r.decode(&arguments); err != nil {
			return nil, err
		}
		p, s, err := d.standing()
		if err != nil {
			return nil, err
		}
		next := resume{command: command}
		if command != delve.Continue && s.goroutine != deref(s.state.Goroutine).ID {
			next.goroutine = s.goroutine
		}
		if err := p.goOn(ctx, next); err != nil {
			return nil, err
		}
		return map[string]bool{"allThreadsContinued": true}, nil
	}
}

// pause stops the program.
func (d *Debugger) pause(ctx context.Context, _ Request) (any, error) {
	p := d.current()
	if p == nil {
		return nil, errNothing
	}
	return nil, p.pause(ctx)
}
