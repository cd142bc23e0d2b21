package supervisor

import (
	"net"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/processes"
)

// An interrupt ends each of these cells with all its processes. The next cell runs,
// and declarations are kept, which shows that GoNB wasn't given up. The cells would
// go on for ten minutes or more. Times are logged and not compared: the goal is 1 s
// for Go programs and compilers, and 2 s for processes that hide.
func TestAnInterruptEndsWhateverACellDoes(t *testing.T) {
	started := func(code string) string { return "%%\nfmt.Println(\"started\")\n" + code }
	sleeps := func(n int) func(*testKernel) bool {
		return func(k *testKernel) bool { return count(k, "sleep") >= n }
	}
	proxy := silentProxy(t)
	for _, c := range longtest.Nth(3, []struct {
		name   string
		before []string // cells that run first
		code   string
		ready  func(*testKernel) bool // nil: it has printed "started"
		limit  time.Duration
		after  []string
	}{
		{name: "an endless loop", code: started("for {\n}"), limit: time.Second},
		{name: "a blocked channel", code: started("go func() { time.Sleep(time.Hour) }()\n<-make(chan int)"), limit: time.Second},
		{name: "a sleep of ten minutes", code: started("time.Sleep(10 * time.Minute)"), limit: time.Second},
		{name: "a program that ignores signals", code: started("signal.Ignore(os.Interrupt, syscall.SIGTERM)\nfor {\n}"), limit: 2 * time.Second},
		{name: "a flood of goroutines", code: started("for range 100_000 {\n\tgo func() {\n\t\tfor {\n\t\t}\n\t}()\n}\nselect {}"), limit: 2 * time.Second},
		{name: "a flood of output", code: started("for {\n\tfmt.Println(\"y\")\n}"), limit: 2 * time.Second},
		{name: "a program that starts others", code: started("for range 5 {\n\texec.Command(\"sleep\", \"600\").Start()\n}\ntime.Sleep(time.Hour)"), ready: sleeps(5), limit: 2 * time.Second},
		{name: "a compiler at work on the standard library", before: []string{"%goflags -race -a"}, code: "%%\nfmt.Println(f())", ready: func(k *testKernel) bool { return count(k, "compile") > 0 }, limit: time.Second, after: []string{`%goflags ""`}},
		{name: "a download that hangs", before: []string{"%env GOPROXY http://" + proxy.address}, code: "import \"example.com/nothing/here\"\n%%\nhere.F()", ready: func(*testKernel) bool { return proxy.called() }, limit: time.Second, after: []string{"%env GOPROXY off"}},
		{name: "a shell", code: "%%bash\nsleep 600", ready: sleeps(1), limit: time.Second},
		{name: "background processes", code: "%%bash\nsleep 600 &\nsleep 600 & wait", ready: sleeps(2), limit: 2 * time.Second},
		{name: "a session of its own", code: "%%bash\nsetsid sleep 600 &\nsleep 600", ready: sleeps(2), limit: 2 * time.Second},
		{name: "double forks that ignore signals", code: "%%bash\n" + hiding, ready: sleeps(3), limit: 2 * time.Second},
		{name: "two hundred sleeps", code: "%%bash\nfor i in $(seq 200); do sleep 600 & done; wait", ready: sleeps(200), limit: 2 * time.Second},
		{name: "processes that start processes", code: "%%bash\nbear() { (setsid sleep 600 & (sleep 0.02; bear) & ) ; }\nbear & sleep 600", ready: sleeps(20), limit: 2 * time.Second},
	}) {
		for _, debugged := range longtest.Pick([]bool{false}, []bool{false, true}) {
			name := c.name
			if debugged {
				name += ", debugged"
			}
			t.Run(name, func(t *testing.T) {
				k, cl := startedPatient(t)
				if debugged {
					debuggerOf(cl).must("initialize", map[string]any{"clientID": "jupyterlab"})
				}
				for _, code := range append([]string{"func f() int { return 42 }"}, c.before...) {
					if o := cl.run(code); o.Status != "ok" {
						t.Fatal(o)
					}
				}
				id := cl.start(c.code)
				if c.ready == nil {
					cl.prints(id, "started\n")
				} else {
					waitFor(t, func() bool { return c.ready(k) })
				}
				began := time.Now()
				cl.Send(jupyter.Control, "interrupt_request", struct{}{})
				o := cl.finish(id)
				t.Logf("ended %v after the interrupt, on an idle machine at most %v", time.Since(began).Round(time.Millisecond), c.limit)
				if o.EName != keyboardInterrupt || o.errors != 1 || strings.Contains(o.stderr+o.text(), "signal: ") {
					t.Errorf("got %v, want one message with %s and no signal", o, keyboardInterrupt)
				}
				for _, p := range k.processes() {
					if name := strings.TrimSpace(p.Name); !isPartOfKernel(k, p) && !strings.HasPrefix(name, "gopls") {
						t.Errorf("got %s (%d), want no process left", p.Name, p.PID)
					}
				}
				for _, code := range append(c.after, "%%\nfmt.Print(f())") {
					o = cl.run(code)
				}
				if o.stdout != "42" {
					t.Errorf(`the next cell: got %v, want stdout "42"`, o)
				}
			})
		}
	}
}

// isPartOfKernel reports whether p is the keeper, the supervisor or GoNB.
func isPartOfKernel(k *testKernel, p processes.Process) bool {
	inner := k.supervisorPID()
	return p.PID == k.cmd.Process.Pid || p.PID == inner || p.Parent == inner && strings.HasPrefix(p.Name, "gonb")
}

// count returns how many processes of the kernel have the given name.
func count(k *testKernel, name string) (n int) {
	for _, p := range k.processes() {
		if p.Name == name {
			n++
		}
	}
	return n
}

// proxy is a module proxy that accepts connections and never answers.
type proxy struct {
	address string
	calls   chan struct{}
}

func silentProxy(t *testing.T) *proxy {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: l.Addr().String(), calls: make(chan struct{}, 100)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			p.calls <- struct{}{}
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return p
}

func (p *proxy) called() bool { return len(p.calls) > 0 }

// At whatever moment a cell is interrupted, it ends and the next one runs.
func TestAnInterruptAtAnyMomentEndsTheCell(t *testing.T) {
	_, c := startedPatient(t)
	c.run("func f() int { return 42 }")
	for pause := time.Duration(0); pause < 400*time.Millisecond; pause += longtest.Pick(39, time.Duration(13)) * time.Millisecond {
		id := c.start("%%\nfmt.Println(f())\nfor {\n}")
		c.Await(func(m received) bool { return m.IsStatus(id, "busy") })
		time.Sleep(pause) // any moment will do
		c.Send(jupyter.Control, "interrupt_request", struct{}{})
		o := c.finish(id)
		if o.EName != keyboardInterrupt || o.errors != 1 {
			t.Errorf("after %v: got %v, want one message with %s", pause, o, keyboardInterrupt)
		}
	}
	if o := c.run("%%\nfmt.Print(f())"); o.stdout != "42" {
		t.Errorf(`got %v, want stdout "42"`, o)
	}
}
