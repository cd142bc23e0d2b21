package jupyter

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// realKernels lists two real kernels with equivalent code for each.
var realKernels = []struct {
	name                                        string
	hello, define, use, fail, loop, bulk, lines string
	input                                       string // empty if the kernel's stdin isn't tested
}{
	{
		name:   "gonb",
		hello:  "%%\nfmt.Println(\"hello\")",
		define: "var x = 41",
		use:    "%%\nfmt.Print(x + 1)",
		fail:   "%%\npanic(\"oops\")",
		loop:   "%%\nfmt.Println(\"looping\")\nfor {\n}",
		bulk:   "%%\nw := strings.Repeat(\"Q\", 1<<20-1) + \"\\n\"\nfor range 100 {\n\tfmt.Print(w)\n}",
		lines:  "%%\nw := bufio.NewWriter(os.Stdout)\nfor range 1000000 {\n\tw.WriteString(\"y\\n\")\n}\nw.Flush()",
	},
	{
		name:   "python3",
		hello:  "print('hello')",
		define: "x = 41",
		use:    "print(x + 1, end='')",
		fail:   "1/0",
		loop:   "print('looping', flush=True)\nwhile True: pass",
		bulk:   "w = 'Q' * (2**20 - 1) + '\\n'\nfor _ in range(100): print(w, end='')",
		lines:  "for _ in range(1000): print('y\\n' * 1000, end='')",
		input:  "print(input('name? '), end='')",
	},
}

// unsupervised returns the spec of GoNB itself if gonb-kernel runs it. These
// tests are about the client, and a supervisor limits output and survives a
// GoNB that is killed.
func unsupervised(spec Spec) Spec {
	if filepath.Base(spec.Argv[0]) != "gonb-kernel" {
		return spec
	}
	spec.Argv = []string{filepath.Join(filepath.Dir(spec.Argv[0]), "gonb"), "--kernel", "{connection_file}", "-raw_error=true"}
	return spec
}

// startReal starts an installed kernel, or skips the test.
func startReal(t *testing.T, name string) *Kernel {
	t.Helper()
	spec, err := FindSpec(name)
	if err != nil {
		t.Skipf("the kernel %q is not installed: %v", name, err)
	}
	nothingLeft(t)
	k, err := Start(t.Context(), unsupervised(spec), StartOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	// On a busy machine, a kernel may be slow to obey.
	k.shutdownGrace, k.interruptGrace = time.Minute, time.Minute
	t.Cleanup(func() {
		if err := k.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return k
}

func TestRealKernels(t *testing.T) {
	for _, c := range realKernels {
		t.Run(c.name, func(t *testing.T) {
			k := startReal(t, c.name)
			if k.Info().LanguageInfo.Name == "" {
				t.Errorf("got info %+v, want a language", k.Info())
			}
			ok := func(code, want string) {
				t.Helper()
				if text, reply, err := run(t.Context(), k, code); err != nil || reply.Status != "ok" || text != want {
					t.Errorf("%q printed %.100q, reply %.300v, error %v; want %q", code, text, reply, err, want)
				}
			}
			ok(c.hello, "hello\n")
			ok(c.define, "")
			ok(c.use, "42")

			if _, reply, err := run(t.Context(), k, c.fail); err != nil || reply.Status != "error" || reply.EName == "" {
				t.Errorf("a failing cell: got reply %.300v, error %v; want the status error", reply, err)
			}

			t.Run("100 MB arrive", func(t *testing.T) {
				n, newlines := 0, 0
				_, err := k.Execute(t.Context(), ExecuteRequest{Code: c.bulk}, func(m Message) {
					if m.Header.MsgType == "stream" {
						n += bytes.Count(m.Content, []byte("Q"))
						newlines += bytes.Count(m.Content, []byte(`\n`))
					}
				})
				if err != nil || n != 100<<20-100 || newlines != 100 {
					t.Errorf("got %d bytes in %d lines, %v; want 100 MB in 100 lines", n, newlines, err)
				}
			})
			t.Run("a million lines arrive", func(t *testing.T) {
				if text, _, err := run(t.Context(), k, c.lines); err != nil || text != strings.Repeat("y\n", 1_000_000) {
					t.Errorf("got %d bytes, %v; want 2000000", len(text), err)
				}
			})
			t.Run("an infinite loop ends with its context", func(t *testing.T) {
				cause := errors.New("enough")
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				reply, err := k.Execute(ctx, ExecuteRequest{Code: c.loop}, func(m Message) {
					if m.Header.MsgType == "stream" {
						if err := k.Ping(t.Context()); err != nil { // heartbeats work while the kernel is busy
							t.Error(err)
						}
						cancel(cause)
					}
				})
				if !errors.Is(err, cause) || errors.Is(err, ErrStillBusy) || reply.Status != "error" {
					t.Errorf("got reply %.300v, error %v; want the status error and the cause", reply, err)
				}
				ok(c.use, "42")
			})
			if c.input != "" {
				t.Run("input", func(t *testing.T) {
					var text string
					_, err := k.Execute(t.Context(), ExecuteRequest{
						Code: c.input,
						Input: func(_ context.Context, prompt string, _ bool) (string, error) {
							return "ann, to " + prompt, nil
						},
					}, func(m Message) { text += string(m.Content) })
					if err != nil || !strings.Contains(text, "ann, to name? ") {
						t.Errorf("got %q, %v; want the answer", text, err)
					}
					if _, reply, err := run(t.Context(), k, c.input); err != nil || reply.Status != "error" {
						t.Errorf("without input: got %.300v, %v; want the status error", reply, err)
					}
				})
			}
			t.Run("a killed kernel is reported", func(t *testing.T) {
				_, err := k.Execute(t.Context(), ExecuteRequest{Code: c.loop}, func(m Message) {
					if m.Header.MsgType == "stream" {
						k.process.signal(syscall.SIGKILL)
					}
				})
				var dead *DeadError
				if !errors.As(err, &dead) || dead.State != "signal: killed" {
					t.Errorf("got error %v, want a DeadError with signal: killed", err)
				}
			})
		})
	}
}

func TestRealKernelsObeyShutdown(t *testing.T) {
	for _, c := range realKernels {
		t.Run(c.name, func(t *testing.T) {
			k := startReal(t, c.name)
			if err := k.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			var dead *DeadError
			switch {
			case !errors.As(k.Err(), &dead):
				t.Errorf("got error %v, want a DeadError", k.Err())
			case c.name == "python3" && strings.HasPrefix(dead.State, "exit status"): // not ours
			case dead.State != "exit status 0":
				t.Errorf("the kernel ended with %s, want exit status 0: %v", dead.State, dead)
			}
		})
	}
}

func BenchmarkStartStop(b *testing.B) {
	for _, name := range []string{"gonb", "python3"} {
		b.Run(name, func(b *testing.B) {
			spec, err := FindSpec(name)
			if err != nil {
				b.Skip(err)
			}
			var start, stop time.Duration
			for b.Loop() {
				t0 := time.Now()
				k, err := Start(b.Context(), spec, StartOptions{})
				if err != nil {
					b.Fatal(err)
				}
				t1 := time.Now()
				if err := k.Shutdown(b.Context()); err != nil {
					b.Fatal(err)
				}
				start, stop = start+t1.Sub(t0), stop+time.Since(t1)
			}
			b.ReportMetric(float64(start.Microseconds())/1000/float64(b.N), "start-ms")
			b.ReportMetric(float64(stop.Microseconds())/1000/float64(b.N), "stop-ms")
		})
	}
}

// BenchmarkRequest measures a request to a real kernel and its reply.
func BenchmarkRequest(b *testing.B) {
	for _, name := range []string{"gonb", "python3"} {
		b.Run(name, func(b *testing.B) {
			spec, err := FindSpec(name)
			if err != nil {
				b.Skip(err)
			}
			k, err := Start(b.Context(), spec, StartOptions{})
			if err != nil {
				b.Fatal(err)
			}
			defer k.Kill()
			for b.Loop() {
				if _, err := k.Request(b.Context(), Shell, "kernel_info_request", struct{}{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
