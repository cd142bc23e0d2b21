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

	"example.com/speedup/kernel-helpers/base/leaktest"
)

func TestCloseWaitsForSubmittedWork(t *testing.T) {
	p := newPool(t, 2)
	file := filepath.Join(t.TempDir(), "file")
	var futures []*Future[int]
	for n := range 10 {
		futures = append(futures, obey.Submit(t.Context(), p, order{n, "wait for file", file}))
	}
	pids := pids(p)
	closed := make(chan error)
	go func() { closed <- p.Close() }()
	leaktest.Wait(t, "the pool is closed", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.closed
	})
	if _, err := double.Submit(t.Context(), p, 1).Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Submit while the pool is closing: got error %v, want ErrClosed", err)
	}
	select {
	case <-closed:
		t.Error("Close returned before the tasks")
	default:
	}
	os.WriteFile(file, nil, 0o600)
	if err := <-closed; err != nil {
		t.Errorf("Close: got error %v, want nil", err)
	}
	for n, f := range futures {
		if got, err := f.Wait(t.Context()); got != n || err != nil {
			t.Errorf("task %d: got %d, %v; want %[1]d", n, got, err)
		}
	}
	for _, pid := range pids {
		if !leaktest.Gone(pid) {
			t.Errorf("process %d is still running", pid)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("a second Close: got error %v, want nil", err)
	}
	for _, err := range double.Map(t.Context(), p, slices.Values(numbers(100))) {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("Map after Close: got error %v, want ErrClosed", err)
		}
	}
}

func pids(p *Pool) (pids []int) {
	for _, w := range p.Workers() {
		pids = append(pids, w.PID)
	}
	return pids
}

func TestCloseInALoopKeepsTheWorkInProgress(t *testing.T) {
	p := newPool(t, 2)
	i := 0
	var last error
	drawn := 0
	for n, err := range double.Map(t.Context(), p, endless(&drawn)) {
		if last = err; err != nil {
			break
		}
		if n != 2*i {
			t.Fatalf("result %d is %d, want %d", i, n, 2*i)
		}
		if i++; i == 10 {
			p.Close()
		}
	}
	if !errors.Is(last, ErrClosed) || i < 10 {
		t.Errorf("got %d results, then the error %v; want at least 10, then ErrClosed", i, last)
	}
}

func TestATaskThatCrashesWhileThePoolClosesIsRetried(t *testing.T) {
	p := newPool(t, 1, Retries(1))
	f := obey.Submit(t.Context(), p, order{4, "die once", filepath.Join(t.TempDir(), "died")})
	if err := p.Close(); err != nil {
		t.Errorf("Close: got error %v, want nil", err)
	}
	if n, err := f.Wait(t.Context()); n != 4 || err != nil {
		t.Errorf("got %d, %v; want 4", n, err)
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
			t.Errorf("task %d: got error %v, want ErrClosed", i, err)
		}
	}
	for _, pid := range pids {
		if !leaktest.Gone(pid) {
			t.Errorf("process %d is still running", pid)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close after Kill: got error %v, want nil", err)
	}
	if _, err := double.Submit(t.Context(), p, 1).Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Submit after Kill: got error %v, want ErrClosed", err)
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
		leaktest.Wait(t, "two tasks are running", func() bool { return inHand(p) == 2 })
		cancel(why)
	}()
	for _, err := range obey.Map(ctx, p, slices.Values([]order{{0, "spin", "x"}, {1, "stop", ""}, {2, "spin", "x"}})) {
		last = err
	}
	if !errors.Is(last, why) {
		t.Errorf("Map: got error %v, want the context's cause", last)
	}
	if err := p.Close(); !errors.Is(err, why) {
		t.Errorf("Close: got error %v, want the context's cause", err)
	}
	for _, pid := range pids {
		if !leaktest.Gone(pid) {
			t.Errorf("process %d is still running", pid)
		}
	}
	if _, err := Start(ctx, 1); !errors.Is(err, why) {
		t.Errorf("Start with a cancelled context: got error %v, want its cause", err)
	}
}

func TestDetachWaitsForAStopInProgress(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Start(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock() // stop needs the lock too
	cancel()
	detached := make(chan struct{})
	go func() { p.detach(); close(detached) }()
	for range 100 {
		runtime.Gosched()
	}
	select {
	case <-detached:
		t.Error("detach returned while the end of the context was stopping the pool")
	default:
	}
	p.mu.Unlock()
	<-detached
	p.Kill()
}

// inHand returns how many tasks are running.
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

func TestTheContextOfACallEndsOnlyItsTasks(t *testing.T) {
	for _, how := range []string{"spin", "stop", "wait for the end"} {
		t.Run(how, func(t *testing.T) {
			var opts []Option
			if how == "wait for the end" {
				opts = append(opts, patient) // the worker must survive, even on a busy machine
			}
			p := newPool(t, 2, opts...)
			file := filepath.Join(t.TempDir(), "file")
			other := obey.Submit(t.Context(), p, order{9, "wait for file", file})
			leaktest.Wait(t, "the other task is running", func() bool { return inHand(p) == 1 })
			ctx, cancel := context.WithCancelCause(t.Context())
			why := errors.New("enough")
			go func() {
				leaktest.Wait(t, "both tasks are running", func() bool { return inHand(p) == 2 })
				cancel(why)
			}()
			results := 0
			for _, err := range obey.Map(ctx, p, slices.Values(slices.Repeat([]order{{1, how, "x"}}, 50))) {
				if results++; !errors.Is(err, why) {
					t.Errorf("got error %v, want the context's cause", err)
				}
			}
			if results != 1 {
				t.Errorf("got %d results, want 1", results)
			}
			os.WriteFile(file, nil, 0o600)
			if n, err := other.Wait(t.Context()); n != 9 || err != nil {
				t.Errorf("the other task: got %d, %v; want 9", n, err)
			}
			if n, err := double.Submit(t.Context(), p, 2).Wait(t.Context()); n != 4 || err != nil {
				t.Errorf("the next task: got %d, %v; want 4", n, err)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if replaced := p.started > 2; replaced != (how != "wait for the end") {
				t.Errorf("%d processes were started, want more than 2: %t", p.started, !replaced)
			}
		})
	}
}

// patient gives tasks that end when told all the time that they need.
func patient(s *settings) { s.timeoutGrace, s.cancelGrace = time.Minute, time.Minute }

func TestCancellingAContextWithdrawsItsFuture(t *testing.T) {
	p := newPool(t, 1, patient)
	ctx, cancel := context.WithCancel(t.Context())
	ahead, cancelAhead := context.WithCancel(t.Context())
	first := obey.Submit(ctx, p, order{1, "wait for the end", ""})
	leaktest.Wait(t, "the first task is running", func() bool { return inHand(p) == 1 })
	path := filepath.Join(t.TempDir(), "ran")
	second := obey.Submit(ahead, p, order{2, "note", path})
	third := obey.Submit(t.Context(), p, order{3, "note", path})
	cancelAhead()
	if _, err := second.Wait(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("the task sent ahead: got error %v, want context.Canceled", err)
	}
	cancel()
	if _, err := first.Wait(t.Context()); !errors.Is(err, context.Canceled) || errors.Is(err, ErrCrashed) {
		t.Errorf("the running task: got error %v, want context.Canceled", err)
	}
	if n, err := third.Wait(t.Context()); n != 3 || err != nil {
		t.Errorf("the third task: got %d, %v; want 3", n, err)
	}
	if ran := notes(t, path); !slices.Equal(ran, []int{3}) {
		t.Errorf("tasks %v ran, want [3]", ran)
	}
	if _, err := double.Submit(ctx, p, 1).Wait(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("Submit with a cancelled context: got error %v, want context.Canceled", err)
	}
	p.mu.Lock()
	if p.started > 1 {
		t.Errorf("%d processes were started, want 1", p.started)
	}
	p.mu.Unlock()

	p = newPool(t, 1)
	stubborn, cancelStubborn := context.WithCancel(t.Context())
	f := obey.Submit(stubborn, p, order{4, "spin", ""})
	leaktest.Wait(t, "a task is running that ignores its context", func() bool { return inHand(p) == 1 })
	cancelStubborn()
	if _, err := f.Wait(t.Context()); !errors.Is(err, context.Canceled) || errors.Is(err, ErrCrashed) {
		t.Errorf("a task that ignores its context: got error %v, want context.Canceled", err)
	}
}

// The worker is running another call's task when work that it hasn't begun is
// withdrawn, and it has no processor for a while.
func TestAWorkerIsNotKilledForWithdrawnWorkThatItHasNotBegun(t *testing.T) {
	p := newPool(t, 1, patient) // the test calls killLate itself
	other := obey.Submit(t.Context(), p, order{1, "wait for the end", ""})
	leaktest.Wait(t, "the other task is running", func() bool { return inHand(p) == 1 })
	pid := p.Workers()[0].PID
	syscall.Kill(pid, syscall.SIGSTOP)
	leaktest.Wait(t, "the worker has stopped", func() bool { return stopped(pid) })
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
		t.Fatal("the worker was killed")
	}
	syscall.Kill(pid, syscall.SIGCONT)
	if _, err := ahead.Wait(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("the task sent ahead: got error %v, want context.Canceled", err)
	}
	for look, want := range []bool{false, true} { // at the first call, the worker's message may not have been read yet
		if p.killLate(theirs, false); condemned() != want {
			t.Fatalf("call %d of killLate: killed is %t, want %t", look+1, !want, want)
		}
	}
	if _, err := other.Wait(t.Context()); !errors.Is(err, ErrCrashed) {
		t.Errorf("the other task: got error %v, want a crash", err)
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
			t.Fatalf("got %d, %v; want 0", n, err)
		}
		break
	}
	p.mu.Lock()
	if p.open != 0 {
		t.Errorf("%d tasks are in progress after the loop, want 0", p.open)
	}
	p.mu.Unlock()
	ran := len(notes(t, path))
	if err := p.Close(); err != nil {
		t.Errorf("Close: got error %v, want nil", err)
	}
	if more := len(notes(t, path)) - ran; more != 0 {
		t.Errorf("%d tasks ran after the loop, want 0", more)
	}
}

func TestAPoolLeavesNothingBehind(t *testing.T) {
	use := func(end func(p *Pool)) {
		p := newPool(t, 2, TaskTimeout(time.Minute))
		if _, err := Collect(double.Map(t.Context(), p, slices.Values(numbers(500)))); err != nil {
			t.Errorf("got error %v, want nil", err)
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
	use(func(p *Pool) { p.Close() }) // creates what is created once in a program
	goroutines, files := runtime.NumGoroutine(), openFiles()
	for range 3 {
		use(func(p *Pool) { p.Close() })
		use((*Pool).Kill)
	}
	leaktest.Wait(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= goroutines })
	if now := openFiles(); now > files {
		t.Errorf("%d files are open, want at most %d as before", now, files)
	}
}

func openFiles() int {
	entries, _ := os.ReadDir("/dev/fd")
	return len(entries)
}

func TestMemoryStaysFlat(t *testing.T) {
	p := newPool(t, 2)
	const pieces = 256 // pieces of a megabyte, in both directions
	if peak := gigabyte(t, p, pieces); peak > pieces<<20/2 {
		t.Errorf("the peak is %d MB while %d MB were sent, want at most %d MB", peak>>20, 2*pieces, pieces/2)
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
				t.Fatalf("the parent printed %q, want the process ids of four workers and a task's child", line)
			}
			if part == "parent" {
				cmd.Process.Kill()
			}
			cmd.Wait()
			ended := time.Now()
			for i, pid := range pids {
				leaktest.Wait(t, "process "+strconv.Itoa(i)+" is gone", func() bool { return leaktest.Gone(pid) })
			}
			t.Logf("all processes had ended %v after the parent", time.Since(ended))
		})
	}
}

func TestATasksChildrenEndWithItsWorker(t *testing.T) {
	p := newPool(t, 1)
	path := filepath.Join(t.TempDir(), "child")
	if _, err := obey.Submit(t.Context(), p, order{1, "leave a child", path}).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	child := notes(t, path)[0]
	if leaktest.Gone(child) {
		t.Fatal("the child has ended, want it running")
	}
	if err := p.Close(); err != nil { // the child's copy of standard output must not block this
		t.Errorf("Close: got error %v, want nil", err)
	}
	leaktest.Wait(t, "the child is gone", func() bool { return leaktest.Gone(child) })
}

func TestAProcessThatHoldsAWorkersOutputDelaysNothing(t *testing.T) {
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
		t.Errorf("Close: got error %v, want nil", err)
	}
	if leaktest.Gone(child) {
		t.Error("the child has ended, although it is in its own process group")
	}
	if n := strings.Count(stdout.String(), "worker-1: 0123456789\n"); n != 5000 {
		t.Errorf("%d lines shown, want 5000", n)
	}
}

func TestWorkersIgnoreInterrupts(t *testing.T) {
	p := newPool(t, 1)
	pid := p.Workers()[0].PID
	syscall.Kill(pid, syscall.SIGINT)
	if n, err := double.Submit(t.Context(), p, 2).Wait(t.Context()); n != 4 || err != nil || p.Workers()[0].PID != pid {
		t.Errorf("after an interrupt: got %d, %v; want 4 from the same worker", n, err)
	}
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("the worker's process group is %d, %v; want its own", group, err)
	}
}

func TestLinesAreShownWholeWithTheWorkersName(t *testing.T) {
	// One worker, so that the parts of a line come from one process.
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
		t.Errorf("got %.100q … %.30q, want the short lines whole", single.String(), single.String()[max(0, len(single.String())-30):])
	}
	if got := strings.NewReplacer("worker-1: ", "", "\n", "").Replace(rest); got != long || strings.Count(rest, "\n") != len(long)/longestLine+1 {
		t.Errorf("a line of %[3]d bytes was shown as %[1]d bytes in %[2]d lines", len(got), strings.Count(rest, "\n"), len(long))
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
			t.Errorf("the line %q is missing", want)
		}
	}
	if len(lines) != len(texts) {
		t.Errorf("%d lines shown, want %d", len(lines), len(texts))
	}
}

func TestTheOutputOfACrashedWorkerIsShown(t *testing.T) {
	stdout, stderr := new(log), new(log)
	p := newPool(t, 1, Output(stdout, stderr))
	f := obey.Submit(t.Context(), p, order{1, "panic elsewhere", ""})
	if _, err := f.Wait(t.Context()); err == nil {
		t.Error("got no error")
	}
	if got := stderr.String(); !strings.HasPrefix(got, "worker-1: panic: boom in another goroutine\nworker-1: \nworker-1: goroutine ") {
		t.Errorf("standard error is %q, want the panic and its trace", got)
	}
}

func TestShowLinesLimitsTheLines(t *testing.T) {
	for show, want := range map[int]string{
		0:  "... and 5 more lines\n",
		4:  "worker-1: x\nworker-1: x\nworker-1: x\nworker-1: x\n... and 1 more line\n",
		5:  strings.Repeat("worker-1: x\n", 5),
		-1: strings.Repeat("worker-1: x\n", 5),
	} {
		stdout := new(log)
		p := newPool(t, 1, Output(stdout, io.Discard), ShowLines(show))
		if _, err := Collect(say.Map(t.Context(), p, slices.Values(slices.Repeat([]string{"x\n"}, 5)))); err != nil {
			t.Errorf("got error %v, want nil", err)
		}
		if err := p.Close(); err != nil {
			t.Errorf("Close: got error %v, want nil", err)
		}
		if got := stdout.String(); got != want {
			t.Errorf("ShowLines(%d): got %q, want %q", show, got, want)
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
		t.Errorf("got %+v, want the program's arguments, the name worker-1 and no input", got)
	}
	if Worker() != "" {
		t.Errorf("Worker() = %q in the parent, want \"\"", Worker())
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

func TestAWorkerHoldsNoDescriptorOfItsParent(t *testing.T) {
	// Open a descriptor without FD_CLOEXEC, as one from a shell.
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
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF { // blocks while another process holds the other end
		t.Errorf("got %d, %v; want 0, EOF", n, err)
	}
}

func TestATaskMayStartAPool(t *testing.T) {
	p := newPool(t, 1)
	got, err := nested.Submit(t.Context(), p, 21).Wait(t.Context())
	if got != 42 || err != nil {
		t.Errorf("got %d, %v; want 42", got, err)
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
