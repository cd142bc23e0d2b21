package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/front/fronttest"
)

// A cell that failed has one error message with the kind of error, its cause and
// the cell's own lines.
func TestErrorsOfRealCells(t *testing.T) {
	_, c := startedReal(t)
	if o := c.run("func divide(n int) int {\n\treturn 10 / n\n}"); o.Status != "ok" {
		t.Fatal(o)
	}
	for _, e := range []struct {
		name, code string
		setup      string
		ename      string
		value      string
		text       []string // parts of the traceback, in their order
		stdout     string
	}{
		{name: "a type error", code: "%%\nfmt.Println(\"the answer is \" + 42)", ename: compileError, value: "mismatched types",
			text: []string{"cell N, line 2\n    fmt.Println(\"the answer is \" + 42)\n                ^"}},
		{name: "two compile errors", code: "%%\nx := 1\nnowhere()", ename: compileError, value: "x",
			text: []string{"declared and not used: x", "cell N, line 2\n    x := 1\n    ^", "undefined: nowhere", "cell N, line 3\n    nowhere()\n    ^"}},
		{name: "an error in a declaration", code: "\n\nfunc g() {\n\tnowhere()\n}", ename: compileError, value: "undefined: nowhere", text: []string{"cell N, line 4\n    \tnowhere()\n    \t^"}},
		{name: "a syntax error", code: "%%\nfmt.Println(1))", ename: compileError, text: []string{"cell N, line 2\n    fmt.Println(1))\n                  ^"}},
		{name: "an unfinished cell", code: "%%\nif true {\n", ename: compileError, text: []string{"cell N, line 2\n    if true {\n             ^"}},
		{name: "an unknown module", code: "import \"example.com/nothing/here\"\n%%\nhere.F()", ename: compileError, value: "example.com/nothing/here"},
		{name: "a panic", code: "%%\nfmt.Println(\"before\")\nfmt.Println(divide(0))", ename: panicked, value: "runtime error: integer divide by zero",
			text: []string{"integer divide by zero", "main.divide(", "cell 1, line 2: return 10 / n", "main.main()", "cell N, line 3: fmt.Println(divide(0))"}, stdout: "before\n"},
		{name: "a panic in a goroutine", code: "%%\ngo func() {\n\tpanic(errors.New(\"oops\"))\n}()\ntime.Sleep(time.Hour)", ename: panicked, value: "oops", text: []string{"cell N, line 3"}},
		{name: "a nil map", code: "%%\nvar m map[string]int\nm[\"a\"] = 1", ename: panicked, value: "assignment to entry in nil map", text: []string{"cell N, line 3"}},
		{name: "an endless recursion", code: "func deeper(n int) int { return deeper(n+1) + 1 }\n%%\ndebug.SetMaxStack(1 << 20)\nfmt.Println(deeper(0))", ename: panicked, value: "stack overflow",
			text: []string{"main.deeper(", "cell N, line 1", "times", "main.main()", "cell N, line 4: fmt.Println(deeper(0))"}},
		{name: "an exit status", code: "%%\nos.Exit(3)", ename: exitError, value: "exit status 3"},
		{name: "a signal", code: "%%\nsyscall.Kill(os.Getpid(), syscall.SIGKILL)", ename: exitError, value: "signal: killed"},
		{name: "log.Fatal", code: "%%\nlog.Fatal(\"no\")", ename: exitError, value: "exit status 1"},
		{name: "a deadlock", code: "%%\nfmt.Println(\"before\")\n<-make(chan int)", ename: deadlock, value: "all goroutines are asleep - deadlock!", text: []string{"cell N, line 3: <-make(chan int)"}, stdout: "before\n"},
		{name: "a failing test", code: "%test\nfunc TestX(t *testing.T) {\n\tt.Error(\"bad\")\n}", ename: testFailure, stdout: "    cell N, line 3: bad\n"},
		{name: "a panic in a test", code: "%test\nfunc TestY(t *testing.T) {\n\tvar p *int\n\t*p = 1\n}", ename: panicked, value: "nil pointer dereference"},
		{name: "a data race", setup: "%goflags -race", code: "%%\nn := 0\nvar wg sync.WaitGroup\nfor range 2 {\n\twg.Go(func() {\n\t\tn++\n\t})\n}\nwg.Wait()\nfmt.Println(\"end\")", ename: dataRace, text: []string{"cell N, line 6: n++"}, stdout: "end\n"},
		{name: "a shell command", code: "!false", ename: exitError, value: "exit status 1"},
		{name: "a shell cell", code: "%%bash\necho out\nexit 3", ename: exitError, value: "exit status 3", stdout: "out\n"},
	} {
		t.Run(e.name, func(t *testing.T) {
			if e.setup != "" {
				c.run(e.setup)
				defer c.run(`%goflags ""`)
			}
			o := c.run(e.code)
			if o.Status != "error" || o.EName != e.ename || !strings.Contains(o.EValue, e.value) || o.errors != 1 || !strings.Contains(o.stdout, strings.ReplaceAll(e.stdout, "cell N", "cell "+strconv.Itoa(o.Count))) {
				t.Errorf("got %v, want one error message with ename %s and %q in evalue, and %q in stdout", o, e.ename, e.value, e.stdout)
			}
			if strings.Contains(o.EValue, "\n") {
				t.Errorf("got evalue %q, want one line", o.EValue)
			}
			rest := o.text()
			for _, part := range e.text {
				_, after, found := strings.Cut(rest, strings.ReplaceAll(part, "cell N", "cell "+strconv.Itoa(o.Count)))
				if !found {
					t.Errorf("got\n%s\nwant %q in it, after the parts before", o.text(), part)
				}
				rest = after
			}
			if said := o.stderr + o.text(); saidTwice(said) || regexp.MustCompile(`gonb_|/tmp/|go build|runtime\.|/usr/`).MatchString(said) {
				t.Errorf("got a line twice or something about GoNB's own files: %s", said)
			}
		})
	}
	if o := c.run("%%\nfmt.Println(divide(5))"); o.stdout != "2\n" {
		t.Errorf(`after all these: got %v, want stdout "2\n"`, o)
	}
}

// saidTwice reports whether text says twice how a cell ended.
func saidTwice(text string) bool {
	for _, end := range []string{"exit status", "signal: ", "panic:", "goroutine 1 ["} {
		if strings.Count(text, end) > 1 {
			return true
		}
	}
	return false
}

func TestRealCellsObeyTheFieldsOfRequests(t *testing.T) {
	k, c := startedReal(t)
	t.Run("stop_on_error aborts queued cells", func(t *testing.T) {
		file := filepath.Join(k.dir, "go on")
		failing := fmt.Sprintf("%%%%\nfor {\n\tif _, err := os.Stat(%q); err == nil {\n\t\tos.Exit(1)\n\t}\n\ttime.Sleep(time.Millisecond)\n}", file)
		queue := func(settings ...any) (first, behind string) {
			os.Remove(file)
			first, behind = c.start(failing, settings...), c.start("%%\nfmt.Println(1)")
			c.Ask(jupyter.Shell, "comm_info_request", struct{}{}) // after this both have arrived
			os.WriteFile(file, nil, 0o600)
			return first, behind
		}
		first, behind := queue()
		if a, b := c.finish(first), c.finish(behind); a.EName != exitError || b.Status != "aborted" {
			t.Errorf("got %v\nand behind it %v, want %s and aborted", a, b, exitError)
		}
		first, behind = queue("stop_on_error", false)
		if a, b := c.finish(first), c.finish(behind); a.EName != exitError || b.stdout != "1\n" {
			t.Errorf("got %v\nand behind it %v, want %s and the second to run", a, b, exitError)
		}
	})
	t.Run("the client that sent the cell is asked for input", func(t *testing.T) {
		for _, code := range []string{
			"import \"github.com/janpfeifer/gonb/gonbui\"\n%%\ngonbui.RequestInput(\"name? \", false)\nvar s string\nfmt.Scan(&s)\nfmt.Println(\"hello\", s)",
			"%with_inputs\n!read x; echo hello $x",
		} {
			id := c.start(code)
			c.Await(func(m received) bool { return m.Channel == jupyter.Stdin && m.Parent.MsgID == id })
			c.Send(jupyter.Stdin, "input_reply", map[string]string{"value": "Ann"})
			if o := c.finish(id); !strings.Contains(o.stdout, "hello Ann\n") {
				t.Errorf(`got %v, want "hello Ann\n" in stdout`, o)
			}
		}
	})
	t.Run("with allow_stdin false a program reads EOF", func(t *testing.T) {
		if o := c.run("%%\nvar s string\n_, err := fmt.Scan(&s)\nfmt.Println(err)", "allow_stdin", false); o.stdout != "EOF\n" {
			t.Errorf(`got %v, want stdout "EOF\n"`, o)
		}
	})
	t.Run("silent and store_history", func(t *testing.T) {
		n := c.run("%%\nfmt.Println(1)").Count
		id := c.start("%%\nfmt.Println(1)", "silent", true)
		if o := c.finish(id); o.Status != "ok" || o.stdout != "" || o.Count != n {
			t.Errorf(`got %v, want status "ok", stdout "", count %d`, o, n)
		}
		if o := c.run("%%\nfmt.Println(1)", "store_history", false); o.stdout != "1\n" || o.Count != n {
			t.Errorf(`got %v, want stdout "1\n", count %d`, o, n)
		}
		if o := c.run("%%\nfmt.Println(1)"); o.Count != n+1 {
			t.Errorf("got %v, want count %d", o, n+1)
		}
	})
	t.Run("log lines of GoNB are not output of cells", func(t *testing.T) {
		if o := c.run("%%\nfmt.Fprintln(os.Stderr, \"mine\")"); o.stderr != "mine\n" {
			t.Errorf(`got %v, want stderr "mine\n"`, o)
		}
	})
	t.Run("two front ends", func(t *testing.T) {
		other := connect(t, k.conn)
		id := c.start("%%\nfmt.Println(\"for both\")")
		if o := c.finish(id); o.stdout != "for both\n" {
			t.Errorf(`got %v, want stdout "for both\n"`, o)
		}
		other.Await(func(m received) bool { return m.IsStatus(id, "idle") })
		if got := fmt.Sprint(types(other.About(id))); got != "[busy execute_input stream idle]" {
			t.Errorf("the other client: got %s, want the four messages of the cell", got)
		}
		again := connectAs(t, k.conn, other.Session) // as after its network was down
		if o := again.run("%%\nfmt.Println(\"back\")"); o.stdout != "back\n" {
			t.Errorf(`got %v, want stdout "back\n"`, o)
		}
	})
	t.Run("kill -9 of GoNB in a cell", func(t *testing.T) {
		c.run("func f() int { return 42 }")
		c.run("%env GREETING=hello world")
		id := c.start("%%\nfmt.Println(\"started\")\ntime.Sleep(time.Hour)")
		c.prints(id, "started")
		kill9(t, k.gonbPID())
		if o := c.finish(id); o.EName != kernelDied || !strings.Contains(o.text(), "restored") || o.errors != 1 {
			t.Errorf("got %v, want ename %s, restored in the traceback, 1 error message", o, kernelDied)
		}
		if o := c.run("%%\nfmt.Println(f(), os.Getenv(\"GREETING\"))"); o.stdout != "42 hello world\n" {
			t.Errorf("got %v, want what earlier cells declared and set", o)
		}
		if o := c.run("%%\n\npanic(\"in this line\")"); !strings.Contains(o.text(), "line 3: panic") {
			t.Errorf("got %v, want the panic's line", o)
		}
	})
}

// What is sent by something that isn't a client, or by an attacker, is dropped.
// Cells of other clients run, and nothing runs twice.
func TestTheRealKernelSurvivesWhateverIsSentToIt(t *testing.T) {
	k := startKernel(t, kernelOptions{argv: realArgv(t), env: realEnv(t), workdir: t.TempDir(), transport: "tcp"})
	c := connect(t, k.conn)
	c.run("func f() int { return 42 }")
	count := c.run("%%\nfmt.Print(f())").Count
	goesOn := func(t *testing.T) {
		t.Helper()
		count++
		if o := c.run("%%\nfmt.Print(f())"); o.stdout != "42" || o.Count != count {
			t.Errorf(`got %v with count %d, want stdout "42" and count %d`, o, o.Count, count)
		}
	}
	const printing = "%%\nfmt.Println(\"once\")"
	request := func(key string) [][]byte {
		return fronttest.Frames(t, key, "execute_request", map[string]any{"code": printing, "silent": false, "store_history": true})
	}
	for range 200 { // five channels each
		for _, ch := range front.Channels {
			defer fronttest.DialRaw(t, k.conn, ch).Close()
		}
	}
	t.Run("a thousand silent connections", goesOn)
	for name, garbage := range fronttest.Garbage() {
		t.Run(name, func(t *testing.T) {
			for _, ch := range front.Channels {
				conn := fronttest.DialRaw(t, k.conn, ch)
				defer conn.Close()
				conn.Write(garbage) // may fail as the other end closes
			}
			goesOn(t)
		})
	}
	for name, f := range map[string][][]byte{
		"a wrong signature": request("another key"),
		"no signature":      request(""),
		"too few frames":    request(k.conn.Key)[:3],
		"no content":        append(request(k.conn.Key)[:5], []byte("[]")),
		"an unknown type":   fronttest.Frames(t, k.conn.Key, "make_coffee_request", struct{}{}),
		"100 MB":            append(request(k.conn.Key), make([]byte, 100<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			other := connect(t, k.conn)
			for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin} {
				other.Sockets[ch].Send(t.Context(), f...) // may fail as the other end closes
			}
			goesOn(t)
		})
	}
	t.Run("comm messages that are not JSON", func(t *testing.T) {
		other := connect(t, k.conn)
		for _, f := range badComms(t, k.conn.Key) {
			if err := other.Sockets[jupyter.Shell].Send(t.Context(), f...); err != nil {
				t.Fatal(err)
			}
		}
		other.Ask(jupyter.Shell, "kernel_info_request", struct{}{}) // they have been handled
		goesOn(t)
	})
	t.Run("a replayed message", func(t *testing.T) {
		f := request(k.conn.Key)
		for range 3 {
			if err := c.Sockets[jupyter.Shell].Send(t.Context(), f...); err != nil {
				t.Fatal(err)
			}
		}
		count++ // it runs once
		goesOn(t)
	})
}

// statusField returns a field of /proc/PID/status, or "".
func statusField(pid int, name string) string {
	raw, err := os.ReadFile("/proc/" + itoa(pid) + "/status")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(raw), name+":")
	value, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(value)
}

// residentMB returns the peak memory of a process in MB.
func residentMB(pid int) (mb int) {
	fmt.Sscanf(statusField(pid, "VmHWM"), "%d", &mb)
	return mb >> 10
}

// A cell that prints very much costs neither memory of the kernel nor many messages.
// What is shown and what is in the file are together all that it printed.
func TestBulkOutputIsCompleteAndTakesFewMessages(t *testing.T) {
	k, c := startedReal(t)
	c.run("%%\nfmt.Println(1)")
	long, short := longtest.Pick(20_000, 100_000), longtest.Pick(500_000, 1_000_000) // lines
	small := residentMB(k.supervisorPID())
	for _, b := range []struct {
		name, code string
		line       func(i int) string
		lines      int
	}{
		{"lines of 1,000 bytes", fmt.Sprintf("%%%%\nline := strings.Repeat(\"0123456789\", 100)\nfor i := range %d {\n\tfmt.Printf(\"%%05d%%s\\n\", i, line[6:])\n}", long), func(i int) string {
			return fmt.Sprintf("%05d%s\n", i, strings.Repeat("0123456789", 100)[6:])
		}, long},
		{"short lines", fmt.Sprintf("%%%%\nw := bufio.NewWriter(os.Stdout)\nfor i := range %d {\n\tfmt.Fprintln(w, i)\n\tif i%%1000 == 0 {\n\t\tw.Flush()\n\t}\n}\nw.Flush()", short), func(i int) string { return strconv.Itoa(i) + "\n" }, short},
	} {
		t.Run(b.name, func(t *testing.T) {
			var want strings.Builder
			for i := range b.lines {
				want.WriteString(b.line(i))
			}
			began := time.Now()
			id := c.start(b.code)
			responsive(t, c)
			o := c.finish(id)
			took := time.Since(began)
			if o.Status != "ok" {
				t.Fatal(o)
			}
			m := regexp.MustCompile(`MB left out; the rest is in (\S+) until`).FindStringSubmatch(o.stderr)
			if m == nil {
				t.Fatalf("got stderr %.300q, want the name of the file with the rest", o.stderr)
			}
			rest, err := os.ReadFile(m[1])
			if err != nil {
				t.Fatal(err)
			}
			if o.stdout+string(rest) != want.String() {
				t.Errorf("got %d bytes shown and %d in the file, want all %d in order", len(o.stdout), len(rest), want.Len())
			}
			if len(o.stdout) < 1<<20 {
				t.Errorf("got %d bytes shown, want at least 1 MB", len(o.stdout))
			}
			if most := 20*int(took/time.Second+1) + 20; o.streams > most {
				t.Errorf("got %d messages in %v, want at most %d", o.streams, took, most)
			}
			grown := residentMB(k.supervisorPID()) - small
			t.Logf("%v, %d messages, the supervisor grew by %d MB; GoNB has had %d MB", took.Round(10*time.Millisecond), o.streams, grown, residentMB(k.gonbPID()))
			if grown > 100 && !raced() {
				t.Errorf("got a supervisor that grew by %d MB, want at most 100", grown)
			}
		})
	}
}

// responsive checks that other requests are answered while a cell runs.
func responsive(t *testing.T, c *client) {
	t.Helper()
	began := time.Now()
	c.Ask(jupyter.Control, "kernel_info_request", struct{}{})
	c.Ask(jupyter.Shell, "is_complete_request", map[string]string{"code": "x"})
	t.Logf("two requests meanwhile took %v", time.Since(began).Round(time.Millisecond))
}

// A program may read in a goroutine while its main function does something else.
func TestACellEndsWithoutTheInputThatItDoesNotWaitFor(t *testing.T) {
	_, c := startedReal(t)
	o := c.run("%%\ngo func() {\n\tvar s string\n\tfmt.Scan(&s)\n}()\ntime.Sleep(300 * time.Millisecond)\nfmt.Println(1)")
	if o.Status != "ok" || o.stdout != "1\n" {
		t.Errorf("got %v, want ok and 1", o)
	}
}
