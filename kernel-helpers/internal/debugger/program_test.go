//go:build linux

package debugger

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
)

// An experiment is a program of cells under Delve, without a kernel.
type experiment struct {
	*Debugger
	t      *testing.T
	dir    string
	delve  string
	events chan Event
	seq    int
}

// findDelve returns the Delve that install.sh builds, or skips the test.
func findDelve(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../../bin/dlv")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		if path, err = exec.LookPath("dlv"); err != nil {
			t.Skip("there is no Delve: ./install.sh prepare builds it")
		}
	}
	return path
}

// build builds a program whose cells are the texts.
func build(t *testing.T, cells ...string) *experiment {
	t.Helper()
	dir, err := os.MkdirTemp("", "dbg") // short, because of the socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	e := &experiment{t: t, dir: dir, delve: findDelve(t), events: make(chan Event, 1000)}
	text, numbers := "package main\n", map[int]string{}
	for i, cell := range cells {
		numbers[i+1] = cell
		text += fmt.Sprintf("//line cell %d:1:1\n%s\n", i+1, cell)
	}
	for name, text := range map[string]string{"go.mod": "module x\ngo 1.26\n", "main.go": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-gcflags=-N -l", "-ldflags=-compressdwarf=false", "-o", "program", ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	e.Debugger = New(Config{
		Folder: dir, Log: slog.New(slog.DiscardHandler), Emit: func(event Event) { e.events <- event },
		Delve: func() (string, error) { return e.delve, nil },
		Cells: func() map[int]string { return numbers },
	})
	e.must("initialize", nil)
	return e
}

// start starts the program, with breakpoints in lines of a cell, and waits until it
// stands.
func (e *experiment) start(cell int, lines ...int) (stopped map[string]any) {
	e.t.Helper()
	if len(lines) > 0 {
		var breakpoints []Breakpoint
		for _, line := range lines {
			breakpoints = append(breakpoints, Breakpoint{Line: line})
		}
		e.must("setBreakpoints", map[string]any{"source": Source{Path: cellPath(e.prefix, e.Cells()[cell])}, "breakpoints": breakpoints})
	}
	run, err := e.Begin(e.t.Context(), nil)
	if err != nil {
		e.t.Fatal(err)
	}
	cmd := exec.Command(e.delve, "exec", filepath.Join(e.dir, "program"), "--headless", "--accept-multiclient", "--api-version=2",
		"--check-go-version=false", "--log-dest=/dev/null", "--listen=unix:"+run.socket)
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() {
		e.Handle(e.t.Context(), Request{Command: "terminate"})
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		run.End()
	})
	return e.stopped()
}

// stopped waits for the program to stop.
func (e *experiment) stopped() map[string]any {
	e.t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case event := <-e.events:
			if event.Event == "stopped" {
				return event.Body.(map[string]any)
			}
		case <-late:
			e.t.Fatal("the program did not stop")
		}
	}
}

// must sends a request that succeeds, and returns the body of the answer.
func (e *experiment) must(command string, arguments any) map[string]any {
	e.t.Helper()
	raw, err := json.Marshal(arguments)
	if err != nil {
		e.t.Fatal(err)
	}
	e.seq++
	answer := e.Handle(e.t.Context(), Request{Seq: e.seq, Command: command, Arguments: raw})
	if !answer.Success {
		e.t.Fatalf("%s: got %q, want success", command, answer.Message)
	}
	var body map[string]any
	raw, err = json.Marshal(answer.Body)
	if err == nil {
		err = json.Unmarshal(raw, &body)
	}
	if err != nil {
		e.t.Fatal(err)
	}
	return body
}

// frames returns the frames of a goroutine, "function cell:line", and their ids.
func (e *experiment) frames(thread any) (list []string, ids []any) {
	e.t.Helper()
	for _, f := range e.must("stackTrace", map[string]any{"threadId": thread})["stackFrames"].([]any) {
		f := f.(map[string]any)
		list = append(list, fmt.Sprintf("%v %v:%v", f["name"], f["source"].(map[string]any)["name"], f["line"]))
		ids = append(ids, f["id"])
	}
	return list, ids
}

// scope returns the variables of a scope of a frame, "name = value".
func (e *experiment) scope(frame any, name string) []string {
	e.t.Helper()
	for _, s := range e.must("scopes", map[string]any{"frameId": frame})["scopes"].([]any) {
		if s := s.(map[string]any); s["name"] == name {
			return e.list(s["variablesReference"])
		}
	}
	e.t.Fatalf("there is no scope %s", name)
	return nil
}

func (e *experiment) list(reference any) (list []string) {
	e.t.Helper()
	for _, v := range e.must("variables", map[string]any{"variablesReference": reference})["variables"].([]any) {
		v := v.(map[string]any)
		list = append(list, fmt.Sprintf("%v = %v", v["name"], v["value"]))
	}
	return list
}

// parts returns the parts of a local variable.
func (e *experiment) parts(frame any, name string) []string {
	e.t.Helper()
	scopes := e.must("scopes", map[string]any{"frameId": frame})["scopes"].([]any)
	for _, v := range e.must("variables", map[string]any{"variablesReference": scopes[0].(map[string]any)["variablesReference"]})["variables"].([]any) {
		if v := v.(map[string]any); v["name"] == name {
			return e.list(v["variablesReference"])
		}
	}
	e.t.Fatalf("there is no variable %s", name)
	return nil
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

func TestVariablesLookAsInGo(t *testing.T) {
	e := build(t, `import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

type shape interface{ area() float64 }
type square struct{ side float64 }

func (s square) area() float64 { return s.side * s.side }

type node struct {
	next  *node
	value int
	mu    sync.Mutex
}

type pair[K comparable, V any] struct {
	key K
	val V
}

func main() {
	var none shape
	var s shape = square{2}
	list := &node{&node{nil, 2, sync.Mutex{}}, 1, sync.Mutex{}}
	list.mu.Lock()
	empty := []int(nil)
	many := make([]int, 1000)
	many[999] = 7
	m := map[string][]int{"a": {1}}
	c := make(chan string, 4)
	c <- "one"
	c <- "two"
	<-c
	c <- "three"
	err := fmt.Errorf("why: %w", errors.New("inner"))
	var rw sync.RWMutex
	rw.RLock()
	var wg sync.WaitGroup
	wg.Add(2)
	var n atomic.Int64
	n.Store(5)
	d := 1500 * time.Millisecond
	p := pair[string, int]{"k", 3}
	anonymous := struct{ a, b int }{1, 2}
	long := fmt.Sprintf("%2000d", 1)
	f := main
	var nothing any
	bytes := [3]byte{1, 2, 3}
	fmt.Println(none, s, list, empty, many, m, c, err, &rw, &wg, &n, d, p, anonymous, long, f == nil, nothing, bytes)
}`)
	stopped := e.start(1, 54)
	_, ids := e.frames(stopped["threadId"])
	has(t, "locals", e.scope(ids[0], "Locals"),
		"none = nil", "s = square{side: 2}", "list = &node{next: ", "empty = []int nil", "many = []int len 1000 cap 1000 [0, 0",
		`m = map[string][]int len 1 {"a": []int len 1 cap 1 [1]}`, "c = chan string len 2 cap 4", "err = &fmt.wrapError{",
		"rw = RWMutex: 1 reading", "wg = WaitGroup: 2 to wait for, 0 waiting", "n = 5", "d = 1.5s",
		`p = pair[string,int]{key: "k", val: 3}`, "anonymous = struct { a int; b int }{a: 1, b: 2}", `long = "   `, "f = main", "nothing = nil",
		"bytes = [3]uint8 [1, 2, 3]")
	has(t, "a list", e.parts(ids[0], "list"), "next = &node{next: nil, value: 2", "value = 1", "mu = Mutex: locked")
	has(t, "a channel", e.parts(ids[0], "c"), `[0] = "two"`, `[1] = "three"`, "len = 2", "cap = 4", "closed = false")
	has(t, "a large slice", e.parts(ids[0], "many"), "[0:64] = 64 elements", "[960:1000] = 40 elements")
	has(t, "an anonymous struct", e.parts(ids[0], "anonymous"), "a = 1", "b = 2")
	has(t, "an interface", e.parts(ids[0], "s"), "side = 2")
	for expr, want := range map[string]string{"many[999]": "7", "len(c)": "2", "list.next.value + 1": "3", "s.(square).side": "2", "p.val = 9": "9"} {
		raw, _ := json.Marshal(map[string]any{"expression": expr, "frameId": ids[0]})
		answer := e.Handle(t.Context(), Request{Command: "evaluate", Arguments: raw})
		if got, _ := answer.Body.(map[string]any)["result"].(string); got != want {
			t.Errorf("evaluate %s: got %q (%s), want %q", expr, got, answer.Message, want)
		}
	}
	rich := e.must("richInspectVariables", map[string]any{"variableName": "m", "frameId": ids[0]})["data"].(map[string]any)["text/plain"]
	if want := "map[string][]int {\n    \"a\": []int {\n        1,\n    },\n}"; rich != want {
		t.Errorf("a map as a whole: got\n%s\nwant\n%s", rich, want)
	}
}

func TestGoroutinesThatWaitForEachOther(t *testing.T) {
	e := build(t, `import (
	"sync"
	"time"
)

type account struct {
	mu sync.Mutex
	n  int
}

func move(from, to *account, ready *sync.WaitGroup) {
	from.mu.Lock()
	defer from.mu.Unlock()
	ready.Done()
	ready.Wait()
	to.mu.Lock()
	to.n++
	to.mu.Unlock()
}`, `func main() {
	var a, b account
	var ready sync.WaitGroup
	ready.Add(2)
	results := make(chan int)
	go move(&a, &b, &ready)
	go move(&b, &a, &ready)
	for i := range 3 {
		go func() { results <- i }()
	}
	time.Sleep(300 * time.Millisecond)
	println("here")
	<-make(chan int)
}`)
	stopped := e.start(2, 12)
	_, ids := e.frames(stopped["threadId"])
	got := e.scope(ids[0], "Goroutines")
	has(t, "goroutines", got, "! = probably a deadlock: ", "▶ 1 main = here · cell 2, line 12", "3 goroutines = waiting to send on results · cell 2, line 9", "runtime = ")
	all := strings.Join(got, "\n")
	if !regexp.MustCompile(`deadlock: goroutine \d+ \(move\) is waiting to lock to.mu, which goroutine \d+ \(move\) has locked as from.mu; goroutine \d+ \(move\) is waiting`).MatchString(all) ||
		strings.Count(all, "move = waiting to lock to.mu · cell 1, line 16 · started at cell 2, line ") != 2 {
		t.Errorf("got\n%s\nwant two goroutines that wait to lock to.mu, and the cycle", all)
	}
	// The runtime finds that nothing can go on.
	e.must("setExceptionBreakpoints", map[string]any{"filters": []string{"fatal"}})
	e.must("continue", map[string]any{})
	stopped = e.stopped()
	if stopped["reason"] != "exception" || !strings.Contains(fmt.Sprint(stopped["text"]), "all goroutines are asleep") {
		t.Errorf("got %v, want a stop because all goroutines are asleep", stopped)
	}
	_, ids = e.frames(stopped["threadId"])
	has(t, "goroutines of a deadlock", e.scope(ids[0], "Goroutines"), "! = deadlock: goroutine ")
}

func TestTenThousandGoroutines(t *testing.T) {
	e := build(t, `import "time"

func main() {
	never := make(chan int)
	for range 10_000 {
		go func() { never <- 1 }()
	}
	time.Sleep(time.Second)
	println(len(never))
}`)
	stopped := e.start(1, 9)
	_, ids := e.frames(stopped["threadId"])
	began := time.Now()
	got := e.scope(ids[0], "Goroutines")
	t.Logf("listed after %v", time.Since(began))
	has(t, "goroutines", got, "▶ 1 main = here", "10000 goroutines = waiting to send on never · cell 1, line 6")
	began = time.Now()
	e.must("next", map[string]any{})
	e.stopped()
	t.Logf("a step took %v", time.Since(began))
}

// The programs are typical cells; the line is where they stop.
var typical = []struct {
	line int
	text string
}{
	{5, "func main() {\n\tx, s, ok := 1, \"two\", true\n\tx++\n\tfor i := range 3 {\n\t\tprintln(x, s, ok, i)\n\t}\n}"},
	{2, "func fib(n int) int {\n\tif n < 2 {\n\t\treturn n\n\t}\n\treturn fib(n-1) + fib(n-2)\n}\nfunc main() { println(fib(5)) }"},
	{4, "func main() {\n\ttotal := 0\n\tadd := func(n int) {\n\t\ttotal += n\n\t}\n\tadd(3)\n\tprintln(total)\n}"},
	{6, "type t struct{ a, b int }\nfunc (v *t) sum(extra int) int {\n\tn := v.a + v.b\n\tn += extra\n\tm := n * 2\n\treturn n + m\n}\nfunc main() { println((&t{1, 2}).sum(3)) }"},
	{4, "func main() {\n\tx := 1\n\tif x := 2; x > 1 {\n\t\tprintln(x)\n\t}\n\tprintln(x)\n}"},
	{3, "func work(id int, in <-chan int, out chan<- int) {\n\tfor v := range in {\n\t\tout <- v * id\n\t}\n\tclose(out)\n}\nfunc main() {\n\tin, out := make(chan int), make(chan int)\n\tgo work(7, in, out)\n\tin <- 6\n\tprintln(<-out)\n}"},
	{4, "func main() {\n\tdefer func() {\n\t\tr := recover()\n\t\tprintln(r != nil)\n\t}()\n\tvar p *int\n\t*p = 1\n}"},
	{3, "func max[T int | float64](a, b T) T {\n\tif a > b {\n\t\treturn a\n\t}\n\treturn b\n}\nfunc main() { println(max(3, 2)) }"},
	{5, "func main() {\n\tvar i any = 3\n\tswitch v := i.(type) {\n\tcase int:\n\t\tprintln(v)\n\t}\n}"},
	{4, "func count(yield func(int) bool) {\n\tfor i := range 2 {\n\t\tif !yield(i) {\n\t\t\treturn\n\t\t}\n\t}\n}\nfunc main() {\n\tfor n := range count {\n\t\tprintln(n)\n\t\tbreak\n\t}\n}"},
	{7, "import \"sync\"\nfunc main() {\n\tvar mu sync.Mutex\n\tn, done := 0, make(chan bool)\n\tgo func(by int) {\n\t\tmu.Lock()\n\t\tn += by\n\t\tmu.Unlock()\n\t\tclose(done)\n\t}(5)\n\t<-done\n\tprintln(n)\n}"},
	{6, "func main() {\n\tin, quit := make(chan int, 1), make(chan bool)\n\tin <- 4\n\tselect {\n\tcase v := <-in:\n\t\tprintln(v)\n\tcase <-quit:\n\t}\n}"},
	{6, "import \"sync\"\nfunc main() {\n\tvar wg sync.WaitGroup\n\tfor i := range 1 {\n\t\twg.Go(func() {\n\t\t\tprintln(i)\n\t\t})\n\t}\n\twg.Wait()\n}"},
	{4, "import \"strings\"\ntype word string\nfunc (w word) shout() string {\n\tupper := strings.ToUpper(string(w))\n\treturn upper + \"!\"\n}\nfunc main() {\n\tprintln(word(\"hi\").shout())\n}"},
	{7, "func main() {\n\tgrid := [2][2]int{{1, 2}, {3, 4}}\n\tsum := 0\nouter:\n\tfor _, row := range grid {\n\t\tfor _, v := range row {\n\t\t\tsum += v\n\t\t\tif sum > 3 {\n\t\t\t\tbreak outer\n\t\t\t}\n\t\t}\n\t}\n\tprintln(sum)\n}"},
	{3, "type stack[T any] struct{ items []T }\nfunc (s *stack[T]) push(v T) int {\n\ts.items = append(s.items, v)\n\treturn len(s.items)\n}\nfunc main() {\n\tvar s stack[string]\n\tprintln(s.push(\"a\"))\n}"},
	{5, "import \"context\"\nfunc run(ctx context.Context, n int) error {\n\t<-ctx.Done()\n\terr := ctx.Err()\n\treturn err\n}\nfunc main() {\n\tctx, cancel := context.WithCancel(context.Background())\n\tcancel()\n\tprintln(run(ctx, 8) != nil)\n}"},
	{3, "func try(n int) (result int) {\n\tdefer func() {\n\t\tresult *= 2\n\t}()\n\tresult = n + 1\n\treturn result\n}\nfunc main() { println(try(4)) }"},
	{6, "func main() {\n\tvar next func(n int) int\n\tdepth := 0\n\tnext = func(n int) int {\n\t\tif n == 0 {\n\t\t\treturn depth\n\t\t}\n\t\tdepth++\n\t\treturn next(n - 1)\n\t}\n\tprintln(next(3))\n}"},
	{7, "import \"time\"\nfunc main() {\n\ttick := time.NewTicker(time.Millisecond)\n\tdefer tick.Stop()\n\tn, open := 0, true\n\tfor range tick.C {\n\t\tif n++; n == 3 {\n\t\t\tbreak\n\t\t}\n\t}\n\tprintln(n, open)\n}"},
}

// Stacks and scalar variables are those that Delve itself shows.
func TestSameStacksAndVariablesAsDelve(t *testing.T) {
	for i, program := range typical[:longtest.Pick(3, len(typical))] {
		e := build(t, program.text)
		stopped := e.start(1, program.line)
		got, ids := e.frames(stopped["threadId"])
		locals := e.scope(ids[0], "Locals")
		script := filepath.Join(e.dir, "script")
		if err := os.WriteFile(script, fmt.Appendf(nil, "break b cell 1:%d\ncontinue\nstack\nargs\nlocals\nexit\n", program.line), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(e.delve, "exec", filepath.Join(e.dir, "program"), "--check-go-version=false", "--allow-non-terminal-interactive=true", "--init", script)
		cmd.Stdin = strings.NewReader("exit\n")
		raw, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("program %d: dlv: %v\n%s", i, err, raw)
		}
		text := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(string(raw), "")
		var want []string
		for _, m := range regexp.MustCompile(`(?m)^\s*\d+\s+0x[0-9a-f]+ in (\S+)\n\s+at .*(cell 1:\d+)$`).FindAllStringSubmatch(text, -1) {
			if !wrapper.MatchString(m[1]) {
				want = append(want, shortFunction(m[1])+" "+m[2])
			}
		}
		got = slices.DeleteFunc(got, func(f string) bool { return !strings.Contains(f, "cell 1:") })
		if !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("program %d: stack: got %q, want %q as in\n%s", i, got, want, text)
		}
		for _, m := range regexp.MustCompile(`(?m)^(\w+) = (-?\d+|"[^"]*"|true|false)$`).FindAllStringSubmatch(text, -1) {
			if line := m[1] + " = " + m[2]; !slices.Contains(locals, line) {
				t.Errorf("program %d: got %q, want %q in it", i, locals, line)
			}
		}
	}
}
