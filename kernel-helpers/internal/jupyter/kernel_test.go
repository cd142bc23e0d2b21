package jupyter

import (
	"context"
	"encoding/json"
	"errors"
	"os"
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

// startFake starts a fake kernel with a fault, and kills it after the test.
func startFake(t *testing.T, fault string) *Kernel {
	t.Helper()
	nothingLeft(t)
	k, err := Start(t.Context(), fakeSpec(t, fault), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Kill(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// run executes code and returns its output.
func run(ctx context.Context, k *Kernel, code string) (string, ExecuteReply, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // so that a test that hangs fails
	defer cancel()
	var b strings.Builder
	reply, err := k.Execute(ctx, ExecuteRequest{Code: code}, func(m Message) {
		if m.Header.MsgType == "stream" {
			var s struct{ Text string }
			if err := m.Decode(&s); err != nil {
				panic(err)
			}
			b.WriteString(s.Text)
		}
	})
	return b.String(), reply, err
}

func TestAKernelRunsCodeOverIPCAndTCP(t *testing.T) {
	for _, transport := range []string{"ipc", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			nothingLeft(t)
			k, err := Start(t.Context(), fakeSpec(t, ""), StartOptions{Transport: transport, Env: []string{"FAKE_VERSION=9"}})
			if err != nil {
				t.Fatal(err)
			}
			if got := k.Info(); got.Implementation != "fake" || got.LanguageInfo.Version != "9" {
				t.Errorf("got info %+v, want fake with version 9", got)
			}
			var types []string
			reply, err := k.Execute(t.Context(), ExecuteRequest{Code: "print héllo"}, func(m Message) {
				types = append(types, m.Header.MsgType)
			})
			if err != nil || reply.Status != "ok" || reply.ExecutionCount != 1 {
				t.Errorf("got reply %+v, error %v; want ok and count 1", reply, err)
			}
			if want := []string{"status", "stream", "status"}; !slices.Equal(types, want) {
				t.Errorf("handled %v, want %v", types, want)
			}
			if _, reply, err = run(t.Context(), k, "fail badly"); err != nil || reply.Status != "error" || reply.EName != "Oops" || reply.EValue != "badly" {
				t.Errorf("got reply %+v, error %v; want the error Oops", reply, err)
			}
			if err := k.Ping(t.Context()); err != nil {
				t.Errorf("Ping: %v", err)
			}
			if err := k.Interrupt(t.Context()); err != nil {
				t.Errorf("Interrupt: %v", err)
			}
			if k.Err() != nil {
				t.Errorf("Err of a running kernel: got %v, want nil", k.Err())
			}
			if err := k.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			<-k.Done()
			if err := k.Err(); !errors.Is(err, ErrClosed) {
				t.Errorf("Err after Shutdown: got %v, want ErrClosed", err)
			}
			if _, _, err := run(t.Context(), k, "print"); !errors.Is(err, ErrClosed) {
				t.Errorf("Execute after Shutdown: got error %v, want ErrClosed", err)
			}
			if err := k.Shutdown(t.Context()); err != nil {
				t.Errorf("a second Shutdown: got error %v, want nil", err)
			}
		})
	}
}

func TestAKernelIsPrivate(t *testing.T) {
	k := startFake(t, "")
	for path, want := range map[string]os.FileMode{
		string(k.folder):                   0o700,
		k.folder.temp():                    0o700,
		k.folder.connectionFile(k.session): 0o600,
		k.folder.log():                     0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
	text, _, err := run(t.Context(), k, "environ")
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	if err := json.Unmarshal([]byte(text), &env); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"TMPDIR=" + k.folder.temp(), k.process.marker, "JPY_PARENT_PID=" + strconv.Itoa(os.Getpid())} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is missing in the kernel's environment", want)
		}
	}
}

func TestAFailedStartLeavesNothingAndReportsWhy(t *testing.T) {
	for _, c := range []struct {
		fault string
		until string // cancel the start once the log contains this; "" for never
		want  []string
	}{
		{"dies at start", "", []string{"died: exit status 7", "no licence for fake kernels"}},
		{"signs wrongly", "", []string{"invalid message", ErrBadSignature.Error()}},
		{"never answers", fakeIsAsked + "\n", []string{"no reply", "time is up"}},
		{"never publishes", fakeIsAsked + "\n" + fakeIsAsked + "\n", []string{"iopub", "time is up"}},
		{"accepts and says nothing", fakeListens + "\n", []string{" channel: ", "time is up"}},
	} {
		t.Run(c.fault, func(t *testing.T) {
			nothingLeft(t)
			spec := fakeSpec(t, c.fault)
			logFile := t.TempDir() + "/kernel.log"
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if c.until != "" {
				go func() {
					for ; ctx.Err() == nil; time.Sleep(time.Millisecond) {
						if text, _ := os.ReadFile(logFile); strings.Contains(string(text), c.until) {
							cancel(errors.New("time is up"))
						}
					}
				}()
			}
			_, err := Start(ctx, spec, StartOptions{LogFile: logFile})
			if err == nil {
				t.Fatal("Start succeeded, want an error")
			}
			for _, want := range append(c.want, "jupyter: start fake") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is missing in the error: %v", want, err)
				}
			}
		})
	}
	t.Run("no such program", func(t *testing.T) {
		nothingLeft(t)
		for _, program := range []string{"no-such-kernel", "/no/such/kernel"} {
			spec := fakeSpec(t, "")
			spec.Argv[0] = program
			_, err := Start(t.Context(), spec, StartOptions{})
			if err == nil || !strings.Contains(err.Error(), program) || !strings.Contains(err.Error(), spec.file()) {
				t.Errorf("%s: got error %v, want one that names program and spec", program, err)
			}
		}
	})
	t.Run("a cancelled context", func(t *testing.T) {
		nothingLeft(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Start(ctx, fakeSpec(t, ""), StartOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want context.Canceled", err)
		}
	})
	t.Run("a bad option", func(t *testing.T) {
		nothingLeft(t)
		if _, err := Start(t.Context(), fakeSpec(t, ""), StartOptions{Transport: "pigeon"}); err == nil || !strings.Contains(err.Error(), "pigeon") {
			t.Errorf("got error %v, want one that names the transport", err)
		}
		if _, err := Start(t.Context(), fakeSpec(t, ""), StartOptions{LogFile: "/no/such/folder/log"}); err == nil || !strings.Contains(err.Error(), "/no/such/folder/log") {
			t.Errorf("got error %v, want one that names the log file", err)
		}
		if _, err := Start(t.Context(), fakeSpec(t, ""), StartOptions{Dir: "/no/such/folder"}); err == nil || !strings.Contains(err.Error(), "/no/such/folder") {
			t.Errorf("got error %v, want one that names the folder", err)
		}
	})
}

func TestStartRepeatsItsRequestUntilAStatusArrives(t *testing.T) {
	k := startFake(t, "publishes late")
	if k.Info().Banner != "4" {
		t.Errorf("got %s kernel_info requests, want 4, because the first three have no status", k.Info().Banner)
	}
}

func TestExecuteReportsADeadKernelsLog(t *testing.T) {
	t.Run("exit", func(t *testing.T) {
		k := startFake(t, "")
		text, _, err := run(t.Context(), k, "die")
		var dead *DeadError
		if !errors.As(err, &dead) {
			t.Fatalf("got error %v, want a DeadError", err)
		}
		if dead.State != "exit status 3" || !strings.Contains(dead.Log, "gives up") || dead.Cause != nil {
			t.Errorf("got %+v, want exit status 3 and the log", dead)
		}
		if text != "last words" {
			t.Errorf("output before the end is %q, want last words", text)
		}
		if err := ask(t, k); !errors.As(err, &dead) {
			t.Errorf("a request to a dead kernel: got error %v, want a DeadError", err)
		}
	})
	t.Run("signal", func(t *testing.T) {
		k := startFake(t, "")
		_, _, err := run(t.Context(), k, "crash")
		if err == nil || !strings.Contains(err.Error(), "signal: killed") {
			t.Errorf("got error %v, want the signal", err)
		}
	})
	t.Run("all waiting calls", func(t *testing.T) {
		k := startFake(t, "")
		errs := make(chan error)
		for range 5 {
			go func() {
				_, _, err := run(t.Context(), k, "hang")
				errs <- err
			}()
		}
		if err := k.process.signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := <-errs; !errors.As(err, new(*DeadError)) {
				t.Errorf("got error %v, want a DeadError", err)
			}
		}
	})
	t.Run("a kernel without its sockets is ended", func(t *testing.T) {
		k := startFake(t, "")
		_, _, err := run(t.Context(), k, "close-shell")
		if err == nil || !strings.Contains(err.Error(), "shell channel was closed") {
			t.Errorf("got error %v, want the channel that was closed", err)
		}
	})
}

func TestAwaitWaitsWhileThereIsProgress(t *testing.T) {
	done := make(chan struct{})
	looks := 0
	onAndOn := func(until int) func() int64 {
		looks = 0
		return func() int64 {
			if looks++; looks == until {
				close(done)
			}
			return int64(looks)
		}
	}
	if !await(done, time.Microsecond, onAndOn(3*lookMost)) || looks < 3*lookMost {
		t.Fatalf("await stopped waiting at look %d", looks)
	}
	if !await(done, time.Hour, nil) {
		t.Error("await is false for a closed channel")
	}
	done = make(chan struct{})
	if await(done, time.Microsecond, func() int64 { looks++; return 7 }) || await(done, time.Microsecond, nil) {
		t.Error("await is true although done is not closed")
	}
	if await(done, time.Microsecond, onAndOn(0)) || looks != lookLimit {
		t.Errorf("await stopped waiting at look %d, want %d", looks, lookLimit)
	}
}

// ask sends a request that every kernel answers.
func ask(t *testing.T, k *Kernel) error {
	_, err := k.Request(t.Context(), Shell, "kernel_info_request", struct{}{})
	return err
}

func TestACancelledExecuteInterruptsTheKernel(t *testing.T) {
	cause := errors.New("enough")
	cancelled := func(t *testing.T, k *Kernel, code string) (ExecuteReply, error) {
		t.Helper()
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		return k.Execute(ctx, ExecuteRequest{Code: code}, func(m Message) { // the first message is the busy status
			cancel(cause)
		})
	}
	for _, code := range []string{"hang", "hang-for-interrupts 3"} {
		t.Run(code, func(t *testing.T) {
			k := startFake(t, "")
			k.interruptGrace = time.Minute // the kernel obeys, however slowly
			reply, err := cancelled(t, k, code)
			if !errors.Is(err, cause) || errors.Is(err, ErrStillBusy) || reply.Status == "" {
				t.Errorf("got reply %+v, error %v; want a reply and the cause", reply, err)
			}
			if text, _, err := run(t.Context(), k, "print next"); text != "next" || err != nil {
				t.Errorf("the next request: got %q, %v; want next", text, err)
			}
		})
	}
	t.Run("a kernel that ignores interrupts", func(t *testing.T) {
		k := startFake(t, "ignores interrupts")
		_, err := cancelled(t, k, "hang")
		if !errors.Is(err, cause) || !errors.Is(err, ErrStillBusy) {
			t.Errorf("got error %v, want the cause and ErrStillBusy", err)
		}
		if k.Err() != nil {
			t.Errorf("the kernel has ended, want it running: %v", k.Err())
		}
	})
	t.Run("before it began", func(t *testing.T) {
		k := startFake(t, "")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		if _, _, err := run(ctx, k, "hang"); !errors.Is(err, cause) {
			t.Errorf("got error %v, want the cause", err)
		}
	})
}

func TestShutdownKillsAKernelThatDoesNotEnd(t *testing.T) {
	k := startFake(t, "ignores shutdown")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := k.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := k.Err(); !errors.Is(err, ErrClosed) {
		t.Errorf("Err: got %v, want ErrClosed", err)
	}
}

func TestFloodsArriveComplete(t *testing.T) {
	t.Run("short lines, slowly handled", func(t *testing.T) {
		k := startFake(t, "")
		const n = 20_000
		next := 0
		_, err := k.Execute(t.Context(), ExecuteRequest{Code: "lines " + strconv.Itoa(n)}, func(m Message) {
			if m.Header.MsgType != "stream" {
				return
			}
			if next == 0 { // gives the kernel the time to write everything
				time.Sleep(200 * time.Millisecond)
			}
			if !strings.Contains(string(m.Content), `"`+strconv.Itoa(next)+`\n"`) {
				t.Fatalf("line %d is %s, want its number", next, m.Content)
			}
			next++
		})
		if err != nil || next != n {
			t.Errorf("got %d lines, want %d; error %v", next, n, err)
		}
		if left := k.backlog.Load(); left != 0 {
			t.Errorf("the backlog is %d bytes, want 0", left)
		}
	})
	t.Run("100 MB", func(t *testing.T) {
		k := startFake(t, "")
		bytes := 0
		_, err := k.Execute(t.Context(), ExecuteRequest{Code: "megabytes 100"}, func(m Message) { bytes += len(m.Content) })
		if err != nil || bytes < 100<<20 || bytes > 101<<20 {
			t.Errorf("got %d bytes, want 100 MB; error %v", bytes, err)
		}
	})
	t.Run("while the kernel is killed", func(t *testing.T) {
		k := startFake(t, "")
		_, err := k.Execute(t.Context(), ExecuteRequest{Code: "lines 1000000"}, func(m Message) {
			if m.Header.MsgType == "stream" {
				k.process.signal(syscall.SIGKILL)
			}
		})
		if !errors.As(err, new(*DeadError)) {
			t.Errorf("got error %v, want a DeadError", err)
		}
	})
}

func TestExecuteFailsIfTheBacklogIsTooLarge(t *testing.T) {
	k := startFake(t, "")
	k.backlog.Add(MaxBacklog - 1<<20) // as if other handlers were that slow
	_, err := k.Execute(t.Context(), ExecuteRequest{Code: "megabytes 3"}, nil)
	if !errors.Is(err, ErrBacklog) {
		t.Errorf("got error %v, want ErrBacklog", err)
	}
}

func TestExecuteWaitsForReplyAndIdleInAnyOrder(t *testing.T) {
	k := startFake(t, "")
	if text, reply, err := run(t.Context(), k, "late-idle"); text != "late" || reply.Status != "ok" || err != nil {
		t.Errorf("idle after reply: got %q, %+v, %v; want late and ok", text, reply, err)
	}
	if _, reply, err := run(t.Context(), k, "late-reply"); reply.Status != "ok" || err != nil {
		t.Errorf("reply after idle: got %+v, %v; want ok", reply, err)
	}
}

func TestALostIdleStatusIsDetected(t *testing.T) {
	k := startFake(t, "")
	_, reply, err := run(t.Context(), k, "lose-idle")
	if !errors.Is(err, ErrOutputLost) || reply.Status != "ok" {
		t.Errorf("got reply %+v, error %v; want ok and ErrOutputLost", reply, err)
	}
	if text, _, err := run(t.Context(), k, "print next"); text != "next" || err != nil {
		t.Errorf("the next request: got %q, %v; want next", text, err)
	}
}

func TestAnInvalidMessageEndsWaitingCalls(t *testing.T) {
	k := startFake(t, "")
	_, _, err := run(t.Context(), k, "garbage")
	if !errors.Is(err, ErrNoDelimiter) {
		t.Errorf("got error %v, want ErrNoDelimiter", err)
	}
	if text, _, err := run(t.Context(), k, "print next"); text != "next" || err != nil {
		t.Errorf("the next request: got %q, %v; want next", text, err)
	}
}

func TestInput(t *testing.T) {
	t.Run("is answered", func(t *testing.T) {
		k := startFake(t, "")
		var got string
		_, err := k.Execute(t.Context(), ExecuteRequest{
			Code: "ask",
			Input: func(ctx context.Context, prompt string, password bool) (string, error) {
				return prompt + strconv.FormatBool(password), nil
			},
		}, func(m Message) { got += string(m.Content) })
		if err != nil || !strings.Contains(got, "name? true") || !strings.Contains(got, "input_request") {
			t.Errorf("the output is %s; error %v; want the answer and the request", got, err)
		}
	})
	t.Run("is not available", func(t *testing.T) {
		k := startFake(t, "")
		if _, _, err := run(t.Context(), k, "ask"); !errors.Is(err, ErrNoInput) || errors.Is(err, ErrStillBusy) {
			t.Errorf("got error %v, want ErrNoInput", err)
		}
	})
	t.Run("fails", func(t *testing.T) {
		k := startFake(t, "")
		failed := errors.New("end of file")
		_, err := k.Execute(t.Context(), ExecuteRequest{Code: "ask", Input: func(context.Context, string, bool) (string, error) {
			return "", failed
		}}, nil)
		if !errors.Is(err, failed) {
			t.Errorf("got error %v, want Input's", err)
		}
	})
	t.Run("is not awaited by the program", func(t *testing.T) {
		k := startFake(t, "")
		var got string
		ended := false
		asked := filepath.Join(t.TempDir(), "asked")
		_, err := k.Execute(t.Context(), ExecuteRequest{Code: "ask-and-end " + asked, Input: func(ctx context.Context, _ string, _ bool) (string, error) {
			if err := os.WriteFile(asked, nil, 0o600); err != nil {
				return "", err
			}
			<-ctx.Done()
			ended = true
			return "", context.Cause(ctx)
		}}, func(m Message) { got += string(m.Content) })
		if err != nil || !strings.Contains(got, "unanswered") || !ended {
			t.Errorf("got output %s, error %v, Input ended: %t; want what the program printed, no error, and that Input has ended", got, err, ended)
		}
		if text, _, err := run(t.Context(), k, "print next"); text != "next" || err != nil {
			t.Errorf("the next request: got %q, %v; want next", text, err)
		}
	})
	t.Run("ends with the kernel", func(t *testing.T) {
		k := startFake(t, "")
		_, err := k.Execute(t.Context(), ExecuteRequest{Code: "ask", Input: func(ctx context.Context, _ string, _ bool) (string, error) {
			k.process.signal(syscall.SIGKILL)
			<-ctx.Done()
			return "", context.Cause(ctx)
		}}, nil)
		if !errors.As(err, new(*DeadError)) {
			t.Errorf("got error %v, want a DeadError", err)
		}
	})
}

func TestRequestAcceptsShellAndControlOnly(t *testing.T) {
	k := startFake(t, "")
	if _, err := k.Request(t.Context(), IOPub, "kernel_info_request", nil); err == nil {
		t.Error("Request on iopub succeeded")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	// The fake doesn't reply to this request, just as GoNB doesn't reply to
	// some.
	if _, err := k.Request(ctx, Shell, "complete_request", struct{}{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want context.DeadlineExceeded", err)
	}
}

func TestProcessesEndWithTheirKernel(t *testing.T) {
	for _, end := range []string{"shutdown", "kill", "its own death"} {
		t.Run(end, func(t *testing.T) {
			k := startFake(t, "ignores signals")
			text, _, err := run(t.Context(), k, "spawn")
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			switch end {
			case "shutdown":
				err = k.Shutdown(t.Context())
			case "kill":
				err = k.Kill()
			default:
				if _, _, err := run(t.Context(), k, "crash"); !errors.As(err, new(*DeadError)) {
					t.Errorf("got error %v, want a DeadError", err)
				}
				err = k.Kill()
			}
			if err != nil {
				t.Errorf("%s: %v", end, err)
			}
			// On other systems, processes that left the kernel's group keep running.
			if runtime.GOOS == "linux" && !leaktest.Gone(pid) {
				t.Errorf("process %d is still running", pid)
				syscall.Kill(-pid, syscall.SIGKILL)
			}
		})
	}
}

func TestAnUnwritableFolderIsRemoved(t *testing.T) {
	k := startFake(t, "") // checks that nothing is left
	if _, _, err := run(t.Context(), k, "litter"); err != nil {
		t.Error(err)
	}
}

func TestTheCallersLogFileIsKept(t *testing.T) {
	nothingLeft(t)
	file := t.TempDir() + "/kernel.log"
	k, err := Start(t.Context(), fakeSpec(t, ""), StartOptions{LogFile: file})
	if err != nil {
		t.Fatal(err)
	}
	run(t.Context(), k, "die")
	if err := k.Kill(); err != nil {
		t.Errorf("Kill: %v", err)
	}
	if raw, err := os.ReadFile(file); err != nil || !strings.Contains(string(raw), "gives up") {
		t.Errorf("the log is %q, %v; want the kernel's line", raw, err)
	}
}
