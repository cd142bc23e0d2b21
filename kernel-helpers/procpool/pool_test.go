package procpool

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestCloseWaitsForWhatThePoolHasBeenGiven(t *testing.T) {
	p := newPool(t, 2)
	file := filepath.Join(t.TempDir(), "file")
	var futures []*Future[int]
	for n := range 10 {
		futures = append(futures, obey.Submit(t.Context(), p, order{n, "wait for file", file}))
	}
	pids := pids(p)
	closed := make(chan error)
	go func() { closed <- p.Close() }()
	eventually(t, "the pool is closed", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.closed
	})
	if _, err := double.Submit(t.Context(), p, 1).Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Submit while the pool closes: %v", err)
	}
	select {
	case <-closed:
		t.Error("Close has returned before the tasks have")
	default:
	}
	os.WriteFile(file, nil, 0o600)
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	for n, f := range futures {
		if got, err := f.Wait(t.Context()); got != n || err != nil {
			t.Errorf("task %d: %d, %v", n, got, err)
		}
	}
	for _, pid := range pids {
		if !gone(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	for _, err := range double.Map(t.Context(), p, slices.Values(numbers(100))) {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("Map after Close: %v", err)
		}
	}
}

func pids(p *Pool) (pids []int) {
	for _, w := range p.Workers() {
		pids = append(pids, w.PID)
	}
	return pids
}

func TestCloseWithinALoopLeavesItWhatWasUnderWay(t *testing.T) {
	p := newPool(t, 2)
	i := 0
	var last error
	drawn := 0
	for n, err := range double.Map(t.Context(), p, endless(&drawn)) {
		if last = err; err != nil {
			break
		}
		if n != 2*i {
			t.Fatalf("result %d is %d", i, n)
		}
		if i++; i == 10 {
			p.Close()
		}
	}
	if !errors.Is(last, ErrClosed) || i < 10 {
		t.Errorf("%d results, then %v", i, last)
	}
}

func TestATaskThatCrashesWhileThePoolClosesIsTriedAgain(t *testing.T) {
	p := newPool(t, 1, Retries(1))
	f := obey.Submit(t.Context(), p, order{4, "die once", filepath.Join(t.TempDir(), "died")})
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if n, err := f.Wait(t.Context()); n != 4 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestKillEndsEverything(t *testing.T) {
	p := newPool(t, 2)
	var futures []*Future[int]
	for _, how := range []string{"spin", "deadlock", "stop", "wait for the end", "work"} {
		futures = append(futures, obey.Submit(t.Context(), p, order{1, how, "x"}))
	}
	pids := pids(p)
	p.Kill()
	for i, f := range futures {
		if _, err := f.Wait(t.Context()); !errors.Is(err, ErrClosed) && i < 4 {
			t.Errorf("task %d: %v", i, err)
		}
	}
	for _, pid := range pids {
		if !gone(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close after Kill: %v", err)
	}
	if _, err := double.Submit(t.Context(), p, 1).Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Submit after Kill: %v", err)
	}
}

func TestTheContextOfThePoolEndsEverything(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	p, err := Start(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	pids := pids(p)
	var last error
	go func() {
		eventually(t, "tasks are in hand", func() bool { return inHand(p) == 2 })
		cancel(why)
	}()
	for _, err := range obey.Map(ctx, p, slices.Values([]order{{0, "spin", "x"}, {1, "stop", ""}, {2, "spin", "x"}})) {
		last = err
	}
	if !errors.Is(last, why) {
		t.Errorf("Map: %v; want the context's cause", last)
	}
	if err := p.Close(); !errors.Is(err, why) {
		t.Errorf("Close: %v; want the context's cause", err)
	}
	for _, pid := range pids {
		if !gone(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
	if _, err := Start(ctx, 1); !errors.Is(err, why) {
		t.Errorf("Start with an ended context: %v", err)
	}
}

func TestAPoolThatIsBeingStoppedIsWaitedFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Start(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock() // which the stop needs, too
	cancel()
	detached := make(chan struct{})
	go func() { p.detach(); close(detached) }()
	for range 100 {
		runtime.Gosched()
	}
	select {
	case <-detached:
		t.Error("detached while the end of the context stops the pool")
	default:
	}
	p.mu.Unlock()
	<-detached
	p.Kill()
}

func inHand(p *Pool) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.workers {
		for _, u := range w.sent {
			if u.state().begun {
				n++
			}
		}
	}
	return n
}

func TestTheContextOfACallEndsItsTasksAndNoOthers(t *testing.T) {
	for _, how := range []string{"spin", "stop", "wait for the end"} {
		t.Run(how, func(t *testing.T) {
			var opts []Option
			if how == "wait for the end" {
				opts = append(opts, patient) // whatever the machine does, it's to go on
			}
			p := newPool(t, 2, opts...)
			file := filepath.Join(t.TempDir(), "file")
			other := obey.Submit(t.Context(), p, order{9, "wait for file", file})
			eventually(t, "the other task is in hand", func() bool { return inHand(p) == 1 })
			ctx, cancel := context.WithCancelCause(t.Context())
			why := errors.New("enough")
			go func() {
				eventually(t, "both are in hand", func() bool { return inHand(p) == 2 })
				cancel(why)
			}()
			results := 0
			for _, err := range obey.Map(ctx, p, slices.Values(slices.Repeat([]order{{1, how, "x"}}, 50))) {
				if results++; !errors.Is(err, why) {
					t.Errorf("%v; want the context's cause", err)
				}
			}
			if results != 1 {
				t.Errorf("%d results, want 1", results)
			}
			os.WriteFile(file, nil, 0o600)
			if n, err := other.Wait(t.Context()); n != 9 || err != nil {
				t.Errorf("the other task: %d, %v", n, err)
			}
			if n, err := double.Submit(t.Context(), p, 2).Wait(t.Context()); n != 4 || err != nil {
				t.Errorf("afterwards: %d, %v", n, err)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if replaced := p.started > 2; replaced != (how != "wait for the end") {
				t.Errorf("%d processes were started", p.started)
			}
		})
	}
}

// patient leaves all the time they need to tasks that end when they are told to.
func patient(s *settings) { s.timeoutGrace, s.cancelGrace = time.Minute, time.Minute }

func TestAFutureIsWithdrawnWithItsContext(t *testing.T) {
	p := newPool(t, 1, patient)
	ctx, cancel := context.WithCancel(t.Context())
	ahead, cancelAhead := context.WithCancel(t.Context())
	first := obey.Submit(ctx, p, order{1, "wait for the end", ""})
	eventually(t, "the first is in hand", func() bool { return inHand(p) == 1 })
	path := filepath.Join(t.TempDir(), "ran")
	second := obey.Submit(ahead, p, order{2, "note", path})
	third := obey.Submit(t.Context(), p, order{3, "note", path})
	cancelAhead()
	if _, err := second.Wait(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("what was sent ahead: %v; want context.Canceled", err)
	}
	cancel()
	if _, err := first.Wait(t.Context()); !errors.Is(err, context.Canceled) || errors.Is(err, ErrCrashed) {
		t.Errorf("what was in hand: %v; want context.Canceled", err)
	}
	if n, err := third.Wait(t.Context()); n != 3 || err != nil {
		t.Errorf("the third: %d, %v", n, err)
	}
	if ran := notes(t, path); !slices.Equal(ran, []int{3}) {
		t.Errorf("tasks %v ran, want 3 alone", ran)
	}
	if _, err := double.Submit(ctx, p, 1).Wait(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	p.mu.Lock()
	if p.started > 1 {
		t.Errorf("%d processes were started", p.started)
	}
	p.mu.Unlock()

	p = newPool(t, 1)
	stubborn, cancelStubborn := context.WithCancel(t.Context())
	f := obey.Submit(stubborn, p, order{4, "spin", ""})
	eventually(t, "one is in hand that doesn't look at its context", func() bool { return inHand(p) == 1 })
	cancelStubborn()
	if _, err := f.Wait(t.Context()); !errors.Is(err, context.Canceled) || errors.Is(err, ErrCrashed) {
		t.Errorf("what doesn't look at its context: %v; want context.Canceled", err)
	}
}

// A worker is at another call's task when work is withdrawn that it hasn't
// begun, and has no processor for a while.
func TestAWorkerIsNotKilledForWithdrawnWorkThatItHasNotBegun(t *testing.T) {
	p := newPool(t, 1, patient) // the looks are the test's
	other := obey.Submit(t.Context(), p, order{1, "wait for the end", ""})
	eventually(t, "the other task is in hand", func() bool { return inHand(p) == 1 })
	pid := p.Workers()[0].PID
	syscall.Kill(pid, syscall.SIGSTOP)
	eventually(t, "the worker has stopped", func() bool { return stopped(pid) })
	ctx, cancel := context.WithCancel(t.Context())
	ahead := obey.Submit(ctx, p, order{2, "work", ""})
	p.mu.Lock()
	w := p.workers[0]
	theirs, ours := w.sent[0].state().owner, w.sent[1].state().owner
	p.mu.Unlock()
	condemned := func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.reason != nil
	}
	cancel()
	for range 10 {
		p.killLate(ours, false)
	}
	if condemned() {
		t.Fatal("the worker is killed")
	}
	syscall.Kill(pid, syscall.SIGCONT)
	if _, err := ahead.Wait(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("what was sent ahead: %v; want context.Canceled", err)
	}
	for look, want := range []bool{false, true} { // its end may not have been read yet at the first
		if p.killLate(theirs, false); condemned() != want {
			t.Fatalf("look %d at what is in hand: killed: %t", look+1, !want)
		}
	}
	if _, err := other.Wait(t.Context()); !errors.Is(err, ErrCrashed) {
		t.Errorf("the other task: %v; want a crash", err)
	}
}

func TestTheEndOfALoopWithdrawsTheRest(t *testing.T) {
	p := newPool(t, 2)
	path := filepath.Join(t.TempDir(), "ran")
	inputs := []order{{0, "work", ""}, {1, "wait for the end", ""}, {2, "spin", "x"}}
	for n := range 100 {
		inputs = append(inputs, order{n, "note", path})
	}
	for n, err := range obey.Map(t.Context(), p, slices.Values(inputs)) {
		if n != 0 || err != nil {
			t.Fatal(n, err)
		}
		break
	}
	p.mu.Lock()
	if p.open != 0 {
		t.Errorf("%d tasks are under way after the loop", p.open)
	}
	p.mu.Unlock()
	ran := len(notes(t, path))
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if more := len(notes(t, path)) - ran; more != 0 {
		t.Errorf("%d tasks ran after the loop", more)
	}
}

func TestAPoolLeavesNothingBehind(t *testing.T) {
	use := func(end func(p *Pool)) {
		p := newPool(t, 2, TaskTimeout(time.Minute))
		if _, err := Collect(double.Map(t.Context(), p, slices.Values(numbers(500)))); err != nil {
			t.Error(err)
		}
		for range double.Map(t.Context(), p, slices.Values(numbers(500))) {
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range obey.Map(ctx, p, slices.Values([]order{{1, "work", ""}, {2, "wait for the end", ""}})) {
			cancel()
		}
		obey.Submit(t.Context(), p, order{1, "kill", ""}).Wait(t.Context())
		f := double.Submit(t.Context(), p, 1)
		end(p)
		f.Wait(t.Context())
	}
	use(func(p *Pool) { p.Close() }) // what is made once in a program
	goroutines, files := runtime.NumGoroutine(), openFiles()
	for range 3 {
		use(func(p *Pool) { p.Close() })
		use((*Pool).Kill)
	}
	eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= goroutines })
	if now := openFiles(); now > files {
		t.Errorf("%d files are open, %d before", now, files)
	}
}

func openFiles() int {
	entries, _ := os.ReadDir("/dev/fd")
	return len(entries)
}

func TestMemoryStaysFlat(t *testing.T) {
	p := newPool(t, 2)
	const pieces = 256 // of a megabyte, in both directions
	if peak := gigabyte(t, p, pieces); peak > pieces<<20/2 {
		t.Errorf("%d MB were in use while %d MB went through", peak>>20, 2*pieces)
	}
}

func TestNoWorkerOutlivesItsProgram(t *testing.T) {
	for _, part := range []string{"parent", "parent that ends"} {
		t.Run(part, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), partVariable+"="+part, "PROCPOOL_TEST_DIR="+t.TempDir())
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(stdout).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			var pids []int
			for _, field := range strings.Fields(line) {
				pid, err := strconv.Atoi(field)
				if err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				pids = append(pids, pid)
			}
			if len(pids) != 5 {
				t.Fatalf("the parent said %q; want four workers and a task's child", line)
			}
			if part == "parent" {
				cmd.Process.Kill()
			}
			cmd.Wait()
			ended := time.Now()
			for i, pid := range pids {
				eventually(t, "process "+strconv.Itoa(i)+" is gone", func() bool { return gone(pid) })
			}
			t.Logf("all gone %v after the parent", time.Since(ended))
		})
	}
}

func TestWhatATaskStartsEndsWithItsWorker(t *testing.T) {
	p := newPool(t, 1)
	path := filepath.Join(t.TempDir(), "child")
	if _, err := obey.Submit(t.Context(), p, order{1, "leave a child", path}).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	child := notes(t, path)[0]
	if gone(child) {
		t.Fatal("there is no child")
	}
	if err := p.Close(); err != nil { // which the child's hold on standard output must not stop
		t.Error(err)
	}
	eventually(t, "the child is gone", func() bool { return gone(child) })
}

func TestAProcessThatHoldsAWorkersOutputHoldsUpNobody(t *testing.T) {
	stdout := new(log)
	p := newPool(t, 1, Output(stdout, io.Discard))
	path := filepath.Join(t.TempDir(), "child")
	if _, err := obey.Submit(t.Context(), p, order{1, "leave a child in another group", path}).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	child := notes(t, path)[0]
	defer syscall.Kill(child, syscall.SIGKILL)
	text := strings.Repeat("0123456789\n", 5000)
	if _, err := say.Submit(t.Context(), p, text).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if gone(child) {
		t.Error("the child has ended: it is in a group of its own")
	}
	if n := strings.Count(stdout.String(), "worker-1: 0123456789\n"); n != 5000 {
		t.Errorf("%d lines were shown, want 5000", n)
	}
}

func TestAnInterruptOfTheGroupLeavesWorkersToTheirParent(t *testing.T) {
	p := newPool(t, 1)
	pid := p.Workers()[0].PID
	syscall.Kill(pid, syscall.SIGINT)
	if n, err := double.Submit(t.Context(), p, 2).Wait(t.Context()); n != 4 || err != nil || p.Workers()[0].PID != pid {
		t.Errorf("after an interrupt: %d, %v", n, err)
	}
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("the worker's group is %d, %v; want its own", group, err)
	}
}

func TestLinesAreShownWholeUnderTheWorkersName(t *testing.T) {
	// One worker, or the parts of a line would be another's.
	single := new(log)
	p := newPool(t, 1, Output(single, io.Discard))
	long := strings.Repeat("ä", longestLine)
	for _, text := range []string{"one\ntwo\n", "no", " end", "\n", "", long + "\n", "the last"} {
		if _, err := say.Submit(t.Context(), p, text).Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	rest, found := strings.CutPrefix(single.String(), "worker-1: one\nworker-1: two\nworker-1: no end\n")
	rest, last := strings.CutSuffix(rest, "worker-1: the last\n")
	if !found || !last {
		t.Errorf("%.100q … %.30q", single.String(), single.String()[max(0, len(single.String())-30):])
	}
	if got := strings.NewReplacer("worker-1: ", "", "\n", "").Replace(rest); got != long || strings.Count(rest, "\n") != len(long)/longestLine+1 {
		t.Errorf("%d bytes in %d lines are left of a line of %d", len(got), strings.Count(rest, "\n"), len(long))
	}

	stdout := new(log)
	p = newPool(t, 2, Output(stdout, io.Discard))
	var texts []string
	for n := range 500 {
		texts = append(texts, "line "+strconv.Itoa(n)+"\n")
	}
	workers, err := Collect(say.Map(t.Context(), p, slices.Values(texts)))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	for n, worker := range workers {
		if want := worker + ": line " + strconv.Itoa(n); !slices.Contains(lines, want) {
			t.Errorf("no line %q", want)
		}
	}
	if len(lines) != len(texts) {
		t.Errorf("%d lines are shown of %d", len(lines), len(texts))
	}
}

func TestTheOutputOfAWorkerThatDiesIsShown(t *testing.T) {
	stdout, stderr := new(log), new(log)
	p := newPool(t, 1, Output(stdout, stderr))
	f := obey.Submit(t.Context(), p, order{1, "panic elsewhere", ""})
	if _, err := f.Wait(t.Context()); err == nil {
		t.Error("no error")
	}
	if got := stderr.String(); !strings.HasPrefix(got, "worker-1: panic: boom in another goroutine\nworker-1: \nworker-1: goroutine ") {
		t.Errorf("standard error: %q", got)
	}
}

func TestOnlySoManyLinesAreShownAsAsked(t *testing.T) {
	for show, want := range map[int]string{
		0:  "... and 5 more lines\n",
		4:  "worker-1: x\nworker-1: x\nworker-1: x\nworker-1: x\n... and 1 more line\n",
		5:  strings.Repeat("worker-1: x\n", 5),
		-1: strings.Repeat("worker-1: x\n", 5),
	} {
		stdout := new(log)
		p := newPool(t, 1, Output(stdout, io.Discard), ShowLines(show))
		if _, err := Collect(say.Map(t.Context(), p, slices.Values(slices.Repeat([]string{"x\n"}, 5)))); err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if got := stdout.String(); got != want {
			t.Errorf("ShowLines(%d): %q, want %q", show, got, want)
		}
	}
}

func TestAWorkerHasTheProgramsArgumentsAndNotItsInput(t *testing.T) {
	p := newPool(t, 1)
	got, err := environment.Submit(t.Context(), p, struct{}{}).Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Args[1:], os.Args[1:]) || got.Args[0] != "procpool-worker-1" || got.Name != "worker-1" || got.Variable || got.Input != 0 {
		t.Errorf("%+v", got)
	}
	if Worker() != "" {
		t.Errorf("the parent is worker %q", Worker())
	}
}

type surroundings struct {
	Args     []string
	Name     string
	Variable bool
	Input    int
}

var environment = Define("environment", func(context.Context, struct{}) (surroundings, error) {
	input, err := io.ReadAll(os.Stdin)
	_, set := os.LookupEnv(workerVariable)
	return surroundings{os.Args, Worker(), set, len(input)}, err
})

func TestAWorkerHoldsNothingOfItsParent(t *testing.T) {
	// A descriptor without the mark that closes it on exec, as a shell gives.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	inherited, err := syscall.Dup(int(w.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	newPool(t, 2)
	syscall.Close(inherited)
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF { // hangs while someone holds the other end
		t.Errorf("%d, %v", n, err)
	}
}

func TestATaskMayStartAPoolOfItsOwn(t *testing.T) {
	p := newPool(t, 1)
	got, err := nested.Submit(t.Context(), p, 21).Wait(t.Context())
	if got != 42 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
}

var nested = Define("nested", func(ctx context.Context, n int) (int, error) {
	p, err := Start(ctx, 1)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	return double.Submit(ctx, p, n).Wait(ctx)
})
