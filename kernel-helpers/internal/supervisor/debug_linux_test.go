package supervisor

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/processes"
	"example.com/speedup/kernel-helpers/internal/supervisor/front/fronttest"
)

// debugFront is a front end with a debugger.
type debugFront struct {
	*client
	seq  int
	seen map[string]bool // events that have been awaited, by message id
}

// startedDebugger starts a kernel with the real GoNB and turns its debugger on.
func startedDebugger(t testing.TB) (*testKernel, *debugFront) {
	t.Helper()
	if b := tools(t); b.gopls == "" || !exists(filepath.Join(filepath.Dir(b.gopls), "dlv")) {
		t.Skip("bin/dlv is missing: ./install.sh prepare builds it")
	}
	k, c := startedReal(t)
	f := debuggerOf(c)
	f.must("initialize", map[string]any{"clientID": "jupyterlab"})
	f.must("attach", map[string]any{})
	return k, f
}

func debuggerOf(c *client) *debugFront { return &debugFront{client: c, seen: map[string]bool{}} }

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// ask sends a debug request and returns the reply.
func (f *debugFront) ask(command string, arguments any) map[string]any {
	f.t.Helper()
	f.seq++
	return f.Ask(jupyter.Control, "debug_request", map[string]any{"type": "request", "seq": f.seq, "command": command, "arguments": arguments})
}

// must is ask for a request that succeeds. It returns the body.
func (f *debugFront) must(command string, arguments any) map[string]any {
	f.t.Helper()
	reply := f.ask(command, arguments)
	if reply["success"] != true || reply["command"] != command || reply["type"] != "response" || int(reply["request_seq"].(float64)) != f.seq {
		f.t.Fatalf("%s: got %v, want success", command, reply)
	}
	body, _ := reply["body"].(map[string]any)
	return body
}

// breaks sets breakpoints in lines of a cell, and returns the lines where they are.
func (f *debugFront) breaks(code string, lines ...int) (at []int) {
	f.t.Helper()
	path := f.must("dumpCell", map[string]any{"code": code})["sourcePath"]
	breakpoints := []any{}
	for _, line := range lines {
		breakpoints = append(breakpoints, map[string]any{"line": line})
	}
	body := f.must("setBreakpoints", map[string]any{"source": map[string]any{"path": path}, "breakpoints": breakpoints})
	for _, b := range body["breakpoints"].([]any) {
		at = append(at, int(b.(map[string]any)["line"].(float64)))
	}
	return at
}

// event waits for the next event of a kind, and returns its body.
func (f *debugFront) event(kind string) map[string]any {
	f.t.Helper()
	m := f.Await(func(m received) bool {
		return m.Header.MsgType == "debug_event" && !f.seen[m.Header.MsgID] && strings.Contains(string(m.Content), `"event":"`+kind+`"`)
	})
	f.seen[m.Header.MsgID] = true
	var content struct{ Body map[string]any }
	if err := m.Decode(&content); err != nil {
		f.t.Fatal(err)
	}
	return content.Body
}

// stack returns the frames of the goroutine that has stopped: function, file and
// line.
func (f *debugFront) stack(stopped map[string]any) (frames []string, top int) {
	f.t.Helper()
	for _, frame := range f.must("stackTrace", map[string]any{"threadId": stopped["threadId"]})["stackFrames"].([]any) {
		frame := frame.(map[string]any)
		if len(frames) == 0 {
			top = int(frame["id"].(float64))
		}
		frames = append(frames, fmt.Sprint(frame["name"], " ", frame["source"].(map[string]any)["name"], ":", frame["line"]))
	}
	return frames, top
}

// scope returns the variables of a frame's scope, "name = value".
func (f *debugFront) scope(frame int, name string) (list []string) {
	f.t.Helper()
	for _, s := range f.must("scopes", map[string]any{"frameId": frame})["scopes"].([]any) {
		if s := s.(map[string]any); s["name"] == name {
			return f.variables(s["variablesReference"])
		}
	}
	f.t.Fatalf("there is no scope %s", name)
	return nil
}

func (f *debugFront) variables(reference any) (list []string) {
	f.t.Helper()
	for _, v := range f.must("variables", map[string]any{"variablesReference": reference})["variables"].([]any) {
		v := v.(map[string]any)
		list = append(list, fmt.Sprint(v["name"], " = ", v["value"]))
	}
	return list
}

// has fails the test unless each wanted text is the beginning of an entry.
func has(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, w) }) {
			t.Errorf("%s: got\n%s\nwant %q in it", what, strings.Join(got, "\n"), w)
		}
	}
}

const debuggedWorker = `type page struct {
	URL  string
	size int
}

var total = 42

func work(id int, jobs <-chan page, results chan<- int) {
	for p := range jobs {
		n := len(p.URL) + p.size
		results <- n
	}
	close(results)
}`

const debuggedMain = `// a comment
%%
jobs, results := make(chan page, 3), make(chan int)
var mu sync.Mutex
mu.Lock()
words := map[string][]int{"a": {1, 2}}
var err error = fmt.Errorf("no %d", 7)
go work(1, jobs, results)
jobs <- page{"ab", 1}
jobs <- page{"cd", 2}

close(jobs)
sum := 0
for n := range results {
	sum += n
}
fmt.Println(sum, words, err, total)`

func TestACellStopsAtBreakpoints(t *testing.T) {
	_, f := startedDebugger(t)
	f.run(debuggedWorker)
	if at := f.breaks(debuggedMain, 11); !slices.Equal(at, []int{12}) {
		t.Errorf("a breakpoint in an empty line: got it in %v, want the line with the next statement, 12", at)
	}
	id := f.start(debuggedMain)
	stopped := f.event("stopped")
	if stopped["reason"] != "breakpoint" || stopped["allThreadsStopped"] != true {
		t.Errorf("got %v, want a stop at a breakpoint", stopped)
	}
	frames, top := f.stack(stopped)
	if want := []string{"main cell 2:12"}; !slices.Equal(frames, want) {
		t.Errorf("stack: got %q, want %q", frames, want)
	}
	has(t, "locals", f.scope(top, "Locals"), "jobs = chan page len ", "mu = Mutex: locked", `words = map[string][]int len 1 {"a": []int len 2 cap 2 [1, 2]}`, "err = &errors.errorString{", "results = chan int unbuffered")
	has(t, "globals", f.scope(top, "Globals"), "total = 42")
	f.must("next", map[string]any{"threadId": 1})
	if frames, _ = f.stack(f.event("stopped")); frames[0] != "main cell 2:13" {
		t.Errorf("after next: got %q, want line 13", frames)
	}
	// A breakpoint in an earlier cell's function, and none in this one.
	f.breaks(debuggedWorker, 11)
	f.breaks(debuggedMain)
	f.must("continue", map[string]any{"threadId": 1})
	stopped = f.event("stopped")
	frames, top = f.stack(stopped)
	if want := []string{"work cell 1:11"}; !slices.Equal(frames, want) {
		t.Errorf("in the worker: got %q, want %q", frames, want)
	}
	has(t, "locals of the worker", f.scope(top, "Locals"), "id = 1", "p = page{URL: ", "n = ")
	has(t, "goroutines", f.scope(top, "Goroutines"), "1 main = ", "▶ ", "runtime = ")
	f.breaks(debuggedWorker)
	f.must("continue", map[string]any{"threadId": 1})
	if o := f.finish(id); o.Status != "ok" || o.stdout != "7 map[a:[1 2]] no 7 42\n" || o.stderr != "" {
		t.Errorf("got %v, want ok", o)
	}
	// The edited cell runs under the debugger, too, and the breakpoints of its old
	// text don't stop it.
	f.breaks(debuggedMain, 9)
	if o := f.run(debuggedMain + "\n"); o.stdout != "7 map[a:[1 2]] no 7 42\n" {
		t.Errorf("edited: got %v", o)
	}
	if reply := f.ask("frobnicate", map[string]any{}); reply["success"] != false || !strings.Contains(fmt.Sprint(reply["message"]), "frobnicate") {
		t.Errorf("an unknown request: got %v, want an error that names it", reply)
	}
	f.must("disconnect", map[string]any{})
	if info := f.must("debugInfo", map[string]any{}); info["isStarted"] != false || len(info["breakpoints"].([]any)) != 0 {
		t.Errorf("after disconnect: got %v, want it off, without breakpoints", info)
	}
}

func TestAPageReloadFindsTheStoppedCell(t *testing.T) {
	k, f := startedDebugger(t)
	f.breaks("%%\nx := 1\nfmt.Println(x)", 3)
	id := f.start("%%\nx := 1\nfmt.Println(x)")
	stopped := f.event("stopped")
	other := debuggerOf(connect(t, k.conn))
	info := other.must("debugInfo", map[string]any{})
	if threads := info["stoppedThreads"].([]any); len(threads) != 1 || threads[0] != stopped["threadId"] || info["isStarted"] != true {
		t.Errorf("got %v, want the stopped goroutine", info)
	}
	if b := info["breakpoints"].([]any); len(b) != 1 {
		t.Errorf("got the breakpoints %v, want one", b)
	}
	frames, top := other.stack(stopped)
	if frames[0] != "main cell 1:3" {
		t.Errorf("got %q, want line 3", frames)
	}
	if got := other.must("evaluate", map[string]any{"expression": "x + 1", "frameId": top})["result"]; got != "2" {
		t.Errorf("evaluate: got %v, want 2", got)
	}
	other.must("continue", map[string]any{"threadId": 1})
	f.event("continued")
	if o := f.finish(id); o.stdout != "1\n" {
		t.Errorf("got %v, want 1", o)
	}
	// Two front ends step at the same moment: both are answered, and at least one step
	// is made. Then one front end goes away, and the other ends the cell.
	id = f.start("%%\nx := 1\nfmt.Println(x)")
	f.event("stopped")
	var steps []string
	for _, front := range []*debugFront{f, other} {
		steps = append(steps, front.Send(jupyter.Control, "debug_request", map[string]any{"type": "request", "seq": 99, "command": "next", "arguments": map[string]any{"threadId": 1}}))
	}
	made := 0
	for i, front := range []*debugFront{f, other} {
		if reply := fronttest.Decode(t, front.Reply(jupyter.Control, steps[i])); reply["success"] == true {
			made++
		}
	}
	if made == 0 {
		t.Error("two front ends stepped: got two errors, want at least one step")
	}
	f.Close()
	other.ask("continue", map[string]any{"threadId": 1})
	other.Await(func(m received) bool { return m.IsStatus(id, "idle") })
	if o := other.run("%%\nfmt.Println(2)"); o.stdout != "2\n" {
		t.Errorf("after a front end has gone: got %v, want 2", o)
	}
}

// Whatever ends the kernel while a cell stands at a breakpoint, nothing is left of it.
func TestNothingIsLeftOfADebuggedCell(t *testing.T) {
	ends := []struct {
		name string
		end  func(*testKernel, *debugFront)
	}{
		{"the keeper is killed", func(k *testKernel, _ *debugFront) { kill9(t, k.cmd.Process.Pid) }},
		{"the supervisor is killed", func(k *testKernel, _ *debugFront) { kill9(t, k.supervisorPID()) }},
		{"a restart", func(_ *testKernel, f *debugFront) {
			f.Ask(jupyter.Control, "shutdown_request", map[string]bool{"restart": true})
		}},
	}
	for _, e := range ends[:longtest.Pick(1, len(ends))] {
		t.Run(e.name, func(t *testing.T) {
			k, f := startedDebugger(t)
			code := "%%\nx := 1\nfmt.Println(x)"
			f.breaks(code, 3)
			f.start(code)
			f.event("stopped")
			e.end(k, f)
			if err := k.leavesNothing(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDebuggedCellsEndAsOthersDo(t *testing.T) {
	_, f := startedDebugger(t)
	for _, e := range []struct{ name, code, ename, value, stdout string }{
		{"a panic", "%%\nfmt.Println(1)\npanic(\"oops\")", panicked, "oops", "1\n"},
		{"an exit status", "%%\nos.Exit(3)", exitError, "exit status 3", ""},
		{"a deadlock", "%%\n<-make(chan int)", deadlock, "all goroutines are asleep", ""},
		{"a compile error", "%%\nnowhere()", compileError, "nowhere", ""},
		{"a failing test", "%test\nfunc TestX(t *testing.T) {\n\tt.Error(\"bad\")\n}", testFailure, "a test failed", "bad"},
		{"a signal", "%%\nsyscall.Kill(os.Getpid(), syscall.SIGKILL)", exitError, "signal: killed", ""},
		{"declarations", "func double(n int) int { return 2 * n }", "", "", ""},
		{"exec", "func twice() { fmt.Println(double(4)) }\n%exec twice", "", "", "8\n"},
		{"a shell command", "!echo hello", "", "", "hello\n"},
		{"the environment", "%%\nfmt.Println(os.Getenv(\"SPEEDUP_DEBUGGED\"))", "", "", "1\n"},
	} {
		if o := f.run(e.code); o.EName != e.ename || !strings.Contains(o.EValue, e.value) || !strings.Contains(o.stdout, e.stdout) || strings.Contains(o.stderr, "debugger:") {
			t.Errorf("%s: got %v, want ename %q with %q, and %q in stdout", e.name, o, e.ename, e.value, e.stdout)
		}
	}
}

func TestADebuggedCellReadsItsInput(t *testing.T) {
	_, f := startedDebugger(t)
	code := "%%\nvar s string\nfmt.Scan(&s)\nfmt.Println(\"hello\", s)"
	f.breaks(code, 4)
	id := f.start(code)
	f.Await(func(m received) bool { return m.Channel == jupyter.Stdin && m.Parent.MsgID == id })
	f.Send(jupyter.Stdin, "input_reply", map[string]any{"value": "you", "status": "ok"})
	f.event("stopped")
	f.must("continue", map[string]any{"threadId": 1})
	if o := f.finish(id); o.stdout != "hello you\n" {
		t.Errorf("got %v, want hello you", o)
	}
}

func TestARunningCellCanBePaused(t *testing.T) {
	_, f := startedDebugger(t)
	code := "var done = make(chan bool)\n%%\nfmt.Println(\"started\")\ngo func() {\n\tfor {\n\t\ttime.Sleep(time.Microsecond)\n\t}\n}()\nfmt.Println(<-done)"
	id := f.start(code)
	f.prints(id, "started")
	// A program that has printed may still be on its way to the line where it waits.
	for tries := 1; ; tries++ {
		f.must("pause", map[string]any{"threadId": 1})
		stopped := f.event("stopped")
		if stopped["reason"] != "pause" {
			t.Errorf("got %v, want a pause", stopped)
		}
		frames, _ := f.stack(stopped)
		state := fmt.Sprint(f.must("evaluate", map[string]any{"expression": "goroutine 1", "frameId": 0})["result"])
		main, _ := f.stack(f.event("stopped"))
		if strings.Contains(frames[0], "cell 1:") && strings.Contains(state, "waiting to receive from done") && main[0] == "main cell 1:9" {
			break
		}
		if tries == 100 {
			t.Fatalf("got a stop at %q, goroutine 1: %s, at %q; want a stop in the cell, and that goroutine 1 waits for done in line 9", frames, state, main)
		}
		f.must("continue", map[string]any{"threadId": 1})
	}
	f.must("continue", map[string]any{"threadId": 1})
	// While it runs, a breakpoint can be set, and requests about its state fail.
	if reply := f.ask("stackTrace", map[string]any{"threadId": 1}); reply["success"] != false {
		t.Errorf("a stack of a running program: got %v, want an error", reply)
	}
	f.breaks(code, 6)
	f.event("stopped")
	f.Send(jupyter.Control, "interrupt_request", struct{}{})
	if o := f.finish(id); o.EName != keyboardInterrupt {
		t.Errorf("got %v, want %s", o, keyboardInterrupt)
	}
	f.event("continued")
	f.breaks(code)
	// A program that catches the signal can clean up, as without the debugger.
	id = f.start("%%\nctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)\ndefer stop()\nfmt.Println(\"started\")\n<-ctx.Done()\nfmt.Println(\"cleaned up\")")
	f.prints(id, "started")
	f.Send(jupyter.Control, "interrupt_request", struct{}{})
	if o := f.finish(id); o.EName != keyboardInterrupt || o.stdout != "started\ncleaned up\n" {
		t.Errorf("got %v, want %s, and what the program prints at its end", o, keyboardInterrupt)
	}
}

func TestPanicsCanStopACell(t *testing.T) {
	_, f := startedDebugger(t)
	f.must("setExceptionBreakpoints", map[string]any{"filters": []string{"panic"}})
	code := "%%\nn := 7\npanic(fmt.Sprint(\"oops \", n))"
	id := f.start(code)
	stopped := f.event("stopped")
	if stopped["reason"] != "exception" || !strings.Contains(fmt.Sprint(stopped["text"]), "oops 7") {
		t.Errorf("got %v, want a stop with the panic's text", stopped)
	}
	f.must("continue", map[string]any{"threadId": 1})
	if o := f.finish(id); o.EName != panicked {
		t.Errorf("got %v, want %s", o, panicked)
	}
}

// Whatever is killed while a cell stands at a breakpoint, the cell ends, nothing of
// it is left, and the next one runs.
func TestADebuggedCellSurvivesKills(t *testing.T) {
	k, f := startedDebugger(t)
	code := "%%\nx := 1\nfmt.Println(x)"
	f.breaks(code, 3)
	program := func(p processes.Process) bool { return strings.HasPrefix(p.Name, "gonb_") }
	delve := func(p processes.Process) bool { return p.Name == "dlv" }
	for name, end := range map[string]func(){
		"Delve":     func() { kill9(t, k.find(delve).PID) },
		"program":   func() { kill9(t, k.find(program).PID) },
		"interrupt": func() { f.Send(jupyter.Control, "interrupt_request", struct{}{}) },
		"terminate": func() { f.ask("terminate", map[string]any{}) },
		"GoNB":      func() { kill9(t, k.gonbPID()) },
	} {
		id := f.start(code)
		f.event("stopped")
		end()
		if name == "program" {
			f.must("continue", map[string]any{"threadId": 1}) // its death is noticed then
		}
		o := f.finish(id)
		if o.Status != "error" {
			t.Errorf("%s: got %v, want an error", name, o)
		}
		f.event("continued")
		waitFor(t, func() bool {
			return !slices.ContainsFunc(k.processes(), func(p processes.Process) bool { return program(p) || delve(p) })
		})
		f.breaks(code)
		if o := f.run(code); o.stdout != "1\n" {
			t.Errorf("after %s: got %v, want 1", name, o)
		}
		f.breaks(code, 3)
	}
	f.start(code)
	f.event("stopped") // and the kernel is shut down, which leaves nothing, either
}

func TestWithoutDelveCellsRunUndebugged(t *testing.T) {
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "dlv"), []byte("#!/bin/sh\necho could not launch process: operation not permitted >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]struct {
		path, notice string
		starts       bool
	}{
		"no Delve":                    {"", "dlv (Delve) is not on the kernel's PATH", false},
		"a Delve that starts nothing": {broken, "could not launch process: operation not permitted", true},
	} {
		t.Run(name, func(t *testing.T) {
			env := slices.Clone(realEnv(t))
			env[0] = "PATH=" + e.path + ":" + tools(t).dir + ":" + withoutDelve(os.Getenv("PATH"))
			k := startKernel(t, kernelOptions{argv: realArgv(t), env: env, workdir: t.TempDir()})
			f := debuggerOf(connect(t, k.conn))
			if reply := f.ask("initialize", map[string]any{}); reply["success"] != e.starts {
				t.Errorf("initialize: got %v, want success %t", reply, e.starts)
			}
			for i := range 2 {
				o := f.run("%%\nfmt.Println(1)")
				if o.stdout != "1\n" || strings.Contains(o.stderr, e.notice) != (i == 0) || strings.Count(o.stderr, "\n") != 1-i {
					t.Errorf("cell %d: got %v, want 1, and the line with %q before the first cell only", i+1, o, e.notice)
				}
			}
		})
	}
}

// withoutDelve returns PATH without folders that have Delve.
func withoutDelve(path string) string {
	return strings.Join(slices.DeleteFunc(filepath.SplitList(path), func(dir string) bool { return exists(filepath.Join(dir, "dlv")) }), ":")
}

// Sessions of random steps, pauses, interrupts and kills: no request and no cell
// hangs.
func TestRandomDebugSessions(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 17))
	k, f := startedDebugger(t)
	f.run(debuggedWorker)
	f.breaks(debuggedWorker, 10)
	program := func(p processes.Process) bool { return strings.HasPrefix(p.Name, "gonb_") }
	for n := range longtest.Pick(4, 200) {
		code := debuggedMain + strings.Repeat("\n", n%7)
		f.breaks(code, 3+rnd.IntN(12))
		id := f.start(code)
		f.event("stopped")
		for ended := false; !ended; ended = f.Replied(id) {
			var threads any = 1
			switch r := rnd.IntN(40); {
			case r == 0:
				f.Send(jupyter.Control, "interrupt_request", struct{}{})
			case r == 1:
				for _, p := range k.processes() {
					if program(p) || p.Name == "dlv" {
						// A program whose last step this was may have ended by itself.
						if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
							t.Fatal(err)
						}
						break
					}
				}
			case r < 5:
				f.ask("pause", map[string]any{"threadId": 1})
			case r < 9:
				f.breaks(code, 3+rnd.IntN(12), 3+rnd.IntN(12))
			case r < 12:
				f.ask("stackTrace", map[string]any{"threadId": threads})
				f.ask("threads", map[string]any{})
			default:
				f.ask([]string{"next", "stepIn", "stepOut", "continue"}[rnd.IntN(4)], map[string]any{"threadId": 1})
				time.Sleep(time.Duration(rnd.IntN(20)) * time.Millisecond)
			}
		}
		f.finish(id)
		for _, m := range f.About("") {
			f.seen[m.Header.MsgID] = true
		}
	}
	f.breaks(debuggedWorker)
	if o := f.run("%%\nfmt.Println(total)"); o.stdout != "42\n" {
		t.Errorf("at the end: got %v, want 42", o)
	}
}

// %debug reports who waits for what when a program comes to grief, as text and as a
// picture, without a front end that debugs.
func TestDebugCommandReportsADeadlock(t *testing.T) {
	_, f := startedDebugger(t)
	f.must("disconnect", map[string]any{})
	f.run("func send(to chan<- int) {\n\tto <- 1\n}")
	for _, e := range []struct {
		name, code string
		ename      string
		value      string
		parts      []string
	}{
		{"a deadlock", "%debug\n%%\nresults := make(chan int)\nfor range 3 {\n\tgo send(results)\n}\n<-make(chan bool)", deadlock, "asleep",
			[]string{"fatal error: all goroutines are asleep - deadlock!", "deadlock: no goroutine can go on", "3 goroutines (send): waiting to send on to at cell 1, line 2, started at cell 2, line 5"}},
		{"a panic", "%debug\n%%\ngo send(nil)\ntime.Sleep(50 * time.Millisecond)\npanic(\"oops\")", panicked, "oops",
			[]string{"oops", "(send): waiting for ever: to is nil at cell 1, line 2"}},
		{"a limit", "%debug 500ms\n%%\nvar mu sync.Mutex\nmu.Lock()\nvar wg sync.WaitGroup\nwg.Go(func() {\n\tmu.Lock()\n})\ngo func() {\n\tselect {}\n}()\nfor {\n\ttime.Sleep(time.Millisecond)\n}", exitError, "signal: killed",
			[]string{"not at its end after 500ms", "waiting for ever in an empty select at cell 4, line 10", "(func at cell 4, line 6): waiting to lock mu at cell 4, line 7\n", "mu is probably held by goroutine 1 (main)\n"}},
		{"a breakpoint in a test", "%debug\n%test\nfunc TestX(t *testing.T) {\n\tgo send(nil)\n\ttime.Sleep(50 * time.Millisecond)\n\tn := 7\n\truntime.Breakpoint()\n\tt.Log(n)\n}", "", "",
			[]string{"breakpoint: goroutine ", " (TestX) at cell 5, line 8\n  t = &testing.T{", "\n  n = 7\n", "(TestX): at the breakpoint at cell 5, line 8", "(send): waiting for ever: to is nil at cell 1, line 2"}},
		{"a program that ends", "%debug 1m\n%%\nfmt.Println(1)", "", "", nil},
		{"a bad limit", "%debug soon\n%%\nfmt.Println(1)", "CommandError", "such as %debug 5s", nil},
	} {
		id := f.start(e.code)
		o := f.finish(id)
		if o.EName != e.ename || !strings.Contains(o.EValue, e.value) {
			t.Errorf("%s: got %v, want ename %q with %q", e.name, o, e.ename, e.value)
		}
		var text, picture string
		for _, m := range f.About(id) {
			if m.Header.MsgType == "display_data" {
				var content struct{ Data map[string]string }
				if err := m.Decode(&content); err != nil {
					t.Fatal(err)
				}
				text, picture = content.Data["text/plain"], content.Data["text/html"]
			}
		}
		for _, part := range e.parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s: got the report\n%s\nwant %q in it", e.name, text, part)
			}
		}
		if strings.HasPrefix(picture, `<img alt="`) != (e.parts != nil) {
			t.Errorf("%s: got the picture %.100q, want one only with a report", e.name, picture)
		}
	}
}

// These are the requests that the Jupyter extension of Visual Studio Code (main branch
// of microsoft/vscode-jupyter, 00b6b3c) sends for Debug Cell, with conditions and a
// logpoint, which JupyterLab can't send.
func TestRequestsOfVisualStudioCode(t *testing.T) {
	_, f := startedDebugger(t)
	f.must("disconnect", map[string]any{"restart": false})
	code := "%%\nsum := 0\nfor i := range 10 {\n\tsum += i\n}\nfmt.Println(sum)"
	f.must("initialize", map[string]any{"clientID": "vscode", "adapterID": "Jupyter", "supportsVariableType": true, "supportsVariablePaging": true, "pathFormat": "path"})
	f.must("attach", map[string]any{"justMyCode": true, "__mode": "cell", "__cellIndex": 0})
	f.event("initialized")
	f.must("debugInfo", map[string]any{})
	path := f.must("dumpCell", map[string]any{"code": code})["sourcePath"]
	f.must("setBreakpoints", map[string]any{
		"source": map[string]any{"name": "cell", "path": path}, "lines": []int{4, 6}, "sourceModified": false,
		"breakpoints": []any{
			map[string]any{"line": 4, "condition": "i == 7"},
			map[string]any{"line": 6, "logMessage": "the sum is {sum}"},
		},
	})
	f.must("setFunctionBreakpoints", map[string]any{"breakpoints": []any{}})
	f.must("setExceptionBreakpoints", map[string]any{"filters": []string{}})
	f.must("configurationDone", map[string]any{})
	id := f.start(code)
	stopped := f.event("stopped")
	threads := f.must("threads", map[string]any{})["threads"].([]any)
	if len(threads) != 1 || threads[0].(map[string]any)["id"] != stopped["threadId"] {
		t.Errorf("threads: got %v, want main alone", threads)
	}
	stack := f.must("stackTrace", map[string]any{"threadId": stopped["threadId"], "startFrame": 0, "levels": 1})["stackFrames"].([]any)
	frame := stack[0].(map[string]any)
	if len(stack) != 1 || frame["line"] != 4.0 || frame["source"].(map[string]any)["path"] != path {
		t.Errorf("got the frames %v, want line 4 of the cell", stack)
	}
	scopes := f.must("scopes", map[string]any{"frameId": frame["id"]})["scopes"].([]any)
	list := f.must("variables", map[string]any{"variablesReference": scopes[0].(map[string]any)["variablesReference"], "start": 0, "count": 10})["variables"].([]any)
	found := map[any]string{}
	for _, v := range list {
		v := v.(map[string]any)
		found[v["name"]] = fmt.Sprint(v["type"], " ", v["value"])
	}
	if found["i"] != "int 7" || found["sum"] != "int 21" {
		t.Errorf("at the condition: got %v, want i = 7 and sum = 21", found)
	}
	if got := f.must("evaluate", map[string]any{"expression": "sum", "frameId": frame["id"], "context": "hover"})["result"]; got != "21" {
		t.Errorf("hover: got %v, want 21", got)
	}
	f.must("continue", map[string]any{"threadId": stopped["threadId"]})
	if o := f.finish(id); o.stdout != "45\n" {
		t.Errorf("got %v, want 45", o)
	}
	if output := f.event("output")["output"]; output != "the sum is 45\n" {
		t.Errorf("logpoint: got %q, want the sum", output)
	}
	f.must("disconnect", map[string]any{"restart": false})
}
