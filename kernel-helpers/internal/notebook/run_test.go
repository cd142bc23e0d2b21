package notebook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The whole file must be the same, except for the name of the folder in which
// GoNB builds.
func TestResultsEqualNbclients(t *testing.T) {
	gonbFolder := regexp.MustCompile(`/[^ "]*/gonb_[0-9a-f]+/`)
	for _, name := range []string{"python3", "gonb"} {
		t.Run(name, func(t *testing.T) {
			needKernel(t, name)
			python := needNbclient(t)
			source := "testdata/run/" + name + ".ipynb"
			reference := filepath.Join(t.TempDir(), "nbclient.ipynb")
			nbclient := exec.Command(python, "testdata/nbclient_run.py", source, reference)
			nbclient.Env = append(os.Environ(), "TMPDIR="+t.TempDir()) // GoNB may leave its folder there
			if out, err := nbclient.CombinedOutput(); err != nil {
				t.Fatalf("nbclient: %v\n%s", err, out)
			}
			want, err := os.ReadFile(reference)
			if err != nil {
				t.Fatal(err)
			}
			nb, err := Read(source)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Run(t.Context(), nb, Options{Dir: filepath.Dir(source)})
			if _, ok := errors.AsType[*CellError](err); !ok {
				t.Fatalf("got error %v, want one of the last cell but one", err)
			}
			got := gonbFolder.ReplaceAll(unmixed(t, nb.Bytes()), []byte("/gonb/"))
			want = gonbFolder.ReplaceAll(unmixed(t, want), []byte("/gonb/"))
			if !bytes.Equal(got, want) {
				t.Errorf("the first difference is %s", difference(got, want))
			}
		})
	}
}

// unmixed puts stderr before adjacent stdout. They reach GoNB through two
// pipes, so their order differs from run to run.
func unmixed(t *testing.T, text []byte) []byte {
	nb := parse(t, string(text))
	for _, c := range nb.cells {
		var outputs []*Output
		for _, o := range c.outputs {
			at := len(outputs)
			for at > 0 && o.Type == "stream" && outputs[at-1].Type == "stream" && o.Name <= outputs[at-1].Name {
				at--
			}
			if at < len(outputs) && outputs[at].Name == o.Name {
				outputs[at].Text += o.Text
				continue
			}
			outputs = slices.Insert(outputs, at, o)
		}
		if c.kind == "code" {
			c.setOutputs(outputs)
		}
	}
	return nb.Bytes()
}

// difference shows two texts around their first difference.
func difference(got, want []byte) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	from := max(0, at-300)
	return fmt.Sprintf("got\n…%s…\nwant\n…%s…", got[from:min(at+600, len(got))], want[from:min(at+600, len(want))])
}

// script returns a notebook for ipykernel whose cells have outputs of an
// earlier run.
func script(t *testing.T, cells ...string) *Notebook {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"nbformat":4,"nbformat_minor":5,"metadata":{"kernelspec":{"name":"python3","display_name":"x"}},"cells":[`)
	for i, source := range cells {
		if i > 0 {
			b.WriteString(",")
		}
		metadata := "{}"
		if after, ok := strings.CutPrefix(source, "#raises\n"); ok {
			source, metadata = after, `{"tags":["raises-exception"]}`
		}
		fmt.Fprintf(&b, `{"cell_type":"code","id":"c%d","metadata":%s,"source":%q,"execution_count":9,"outputs":[{"output_type":"stream","name":"stdout","text":"old"}]}`, i+1, metadata, source)
	}
	b.WriteString("]}")
	return parse(t, b.String())
}

// clean gives the test its own temporary folder. At the end of the test it
// checks that nothing is left there, and no process that was started with it.
func clean(t *testing.T) {
	t.Helper()
	needKernel(t, "python3")
	temp, err := os.MkdirTemp("", "nb") // short, because sockets go there
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	t.Cleanup(func() {
		left, err := os.ReadDir(temp)
		if err != nil || len(left) > 0 {
			t.Errorf("the temporary folder contains %v (%v), want nothing", left, err)
		}
		for _, pid := range started(temp) {
			t.Errorf("process %s is still running", pid)
		}
		if err := os.RemoveAll(temp); err != nil {
			t.Error(err)
		}
	})
}

// started returns the processes whose environment contains the folder, on Linux
// only.
func started(folder string) (pids []string) {
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range environs {
		if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte("="+folder)) {
			pids = append(pids, filepath.Base(filepath.Dir(file)))
		}
	}
	return pids
}

// texts renders each cell's outputs.
func texts(nb *Notebook) []string {
	var all []string
	for _, c := range nb.cells {
		all = append(all, render(c.outputs))
	}
	return all
}

func TestARunEndsAtACellThatFails(t *testing.T) {
	clean(t)
	nb := script(t, "print('a')", "#raises\n1/0", "\nx = 1\nraise ValueError(x)", "print('never')")
	var seen []string
	result, err := Run(t.Context(), nb, Options{Progress: func(cell, cells int) { seen = append(seen, fmt.Sprintf("%d/%d", cell, cells)) }})
	if want := "code cell 3 of 4, id \"c3\", `x = 1`: ValueError: 1"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if want := (Result{Kernel: "python3", Cells: 4, Ran: 3, Failed: 1}); result != want {
		t.Errorf("got %+v, want %+v", result, want)
	}
	if got := strings.Join(seen, " "); got != "1/4 2/4 3/4" {
		t.Errorf("got progress %s, want 1/4 2/4 3/4", got)
	}
	got := texts(nb)
	if got[0] != `stdout "a\n"` || !strings.HasPrefix(got[1], "error ZeroDivisionError") || !strings.HasPrefix(got[2], "error ValueError") || got[3] != "" {
		t.Errorf("got outputs %q, want one output and two errors", got)
	}
	if text := string(nb.Bytes()); strings.Count(text, "null") != 1 || strings.Contains(text, "old") {
		t.Errorf("the cell that didn't run has outputs or a count:\n%s", text)
	}
}

func TestTheRunContinuesAfterAllowedErrors(t *testing.T) {
	clean(t)
	nb := script(t, "1/0", "print('after')")
	result, err := Run(t.Context(), nb, Options{AllowErrors: true})
	if err != nil || result.Failed != 1 || result.Ran != 2 {
		t.Errorf("got %+v, %v; want 2 cells run, 1 failed", result, err)
	}
	if got := texts(nb)[1]; got != `stdout "after\n"` {
		t.Errorf("got %s, want the output of the second cell", got)
	}
}

func TestOutputBeforeTheEndIsKept(t *testing.T) {
	for name, test := range map[string]struct{ code, want, err string }{
		"the kernel dies": {
			// What the kernel prints just before it dies may never arrive.
			"import os; os._exit(3)",
			`error DeadKernelError "the kernel died: exit status 3" ["DeadKernelError: the kernel died: exit status 3"]`,
			"DeadKernelError: the kernel died: exit status 3",
		},
		"the cell takes too long": {
			// Interrupts are repeated until the cell stops; the first one must
			// do.
			"import signal, time; print('before', flush=True)\ntry: open('PIPE', 'w').close(); time.sleep(100)\nexcept KeyboardInterrupt: signal.signal(signal.SIGINT, signal.SIG_IGN); print('stopped')",
			`stdout "before\nstopped\n"; error CellTimeoutError "the cell took longer than 1s" ["CellTimeoutError: the cell took longer than 1s"]`,
			"CellTimeoutError: the cell took longer than 1s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			clean(t)
			pipe, wait := pipe(t)
			nb := script(t, "'first'", "#raises\n"+strings.Replace(test.code, "PIPE", pipe, 1), "print('never')")
			o := Options{Timeout: time.Second, AllowErrors: true, afterFunc: never}
			if strings.Contains(test.code, "PIPE") {
				o.afterFunc = onceRunning(wait)
			}
			result, err := Run(t.Context(), nb, o)
			cell, ok := errors.AsType[*CellError](err)
			if !ok || cell.Cell != 2 || cell.ID != "c2" || cell.EName+": "+cell.EValue != test.err {
				t.Errorf("got error %v, want %s in cell 2", err, test.err)
			}
			if got := texts(nb); !strings.Contains(got[0], "first") || got[1] != test.want || got[2] != "" {
				t.Errorf("got %q, want %s in the second cell and nothing in the third", got, test.want)
			}
			if result.Ran != 2 {
				t.Errorf("ran %d cells, want 2", result.Ran)
			}
			again := parse(t, string(nb.Bytes()))
			if got := texts(again)[1]; got != test.want {
				t.Errorf("saved %q, want %s", got, test.want)
			}
		})
	}
}

func TestTheKernelOfACellThatIgnoresInterruptsIsKilled(t *testing.T) {
	clean(t)
	nb, wait := running(t, "signal.signal(signal.SIGINT, signal.SIG_IGN)")
	_, err := Run(t.Context(), nb, Options{Timeout: time.Second, afterFunc: onceRunning(wait)})
	if err == nil || !strings.Contains(err.Error(), "did not react to interrupts, so its kernel was killed") {
		t.Errorf("got error %v, want one that says the kernel was killed", err)
	}
}

func TestTheTimeoutAppliesToEachCell(t *testing.T) {
	clean(t)
	var began, stopped int
	_, err := Run(t.Context(), script(t, "1", "2"), Options{Timeout: time.Hour, afterFunc: func(d time.Duration, _ func()) func() bool {
		if began++; d != time.Hour || stopped != began-1 {
			t.Errorf("a timer of %v started when %d of %d were stopped, want all", d, stopped, began-1)
		}
		return func() bool { stopped++; return true }
	}})
	if err != nil || began != 2 || stopped != 2 {
		t.Errorf("%d timers were started and %d stopped, %v; want 2 and 2", began, stopped, err)
	}
	_, err = Run(t.Context(), script(t, "import time; time.sleep(100)"), Options{Timeout: time.Nanosecond})
	if cell, ok := errors.AsType[*CellError](err); !ok || cell.EName != "CellTimeoutError" {
		t.Errorf("with a real timer: got error %v, want CellTimeoutError", err)
	}
}

// never replaces afterFunc by a timer that never fires.
func never(time.Duration, func()) (stop func() bool) { return func() bool { return true } }

// onceRunning replaces afterFunc by a timer that fires when wait returns.
func onceRunning(wait func()) func(time.Duration, func()) func() bool {
	var mu sync.Mutex
	var end func()
	go func() {
		wait()
		mu.Lock()
		defer mu.Unlock()
		end()
	}()
	return func(_ time.Duration, f func()) func() bool {
		mu.Lock()
		defer mu.Unlock()
		end = f
		return func() bool { return true }
	}
}

// running returns a notebook whose cell blocks after it has opened a pipe, and
// a function that waits for that.
func running(t *testing.T, code string) (nb *Notebook, wait func()) {
	t.Helper()
	pipe, wait := pipe(t)
	return script(t, fmt.Sprintf("import signal, time; print('before', flush=True)\n%s\nopen(%q, 'w').close()\ntime.sleep(100)", code, pipe)), wait
}

// pipe creates a pipe, and returns a function that waits until a cell has
// opened it.
func pipe(t *testing.T) (path string, wait func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, func() {
		f, err := os.Open(path) // returns when the cell opens the other end
		if err != nil {
			t.Error(err)
			return
		}
		_ = f.Close()
	}
}

func TestTheEndOfTheContextInterruptsTheCell(t *testing.T) {
	clean(t)
	nb, wait := running(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		wait()
		cancel()
	}()
	_, err := Run(ctx, nb, Options{})
	if err == nil || !strings.Contains(err.Error(), "CellInterruptedError") {
		t.Errorf("got error %v, want CellInterruptedError", err)
	}
	// IPython makes no error output, but prints to stderr, if the interrupt comes
	// while it is not in the cell's own code.
	if got := texts(nb)[0]; !strings.HasPrefix(got, `stdout "before\n"; `) || !strings.Contains(got, "KeyboardInterrupt") || !strings.Contains(got, "; error CellInterruptedError") {
		t.Errorf("got %s, want the output and both errors", got)
	}
}

func TestAbortKillsAKernelThatIgnoresInterrupts(t *testing.T) {
	clean(t)
	nb, wait := running(t, "signal.signal(signal.SIGINT, signal.SIG_IGN)")
	abort := make(chan struct{})
	go func() {
		wait()
		close(abort)
	}()
	_, err := Run(t.Context(), nb, Options{Abort: abort})
	if err == nil || !strings.Contains(err.Error(), "CellInterruptedError") {
		t.Errorf("got error %v, want CellInterruptedError", err)
	}
	// The output "before" may be lost when the kernel is killed.
	if got := strings.TrimPrefix(texts(nb)[0], `stdout "before\n"; `); !strings.HasPrefix(got, `error CellInterruptedError`) {
		t.Errorf("got %s, want the error", got)
	}
}

func TestARunThatDoesNotStartDoesNotChangeTheNotebook(t *testing.T) {
	clean(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	closed := make(chan struct{})
	close(closed)
	for name, test := range map[string]struct {
		ctx  context.Context
		o    Options
		want string
	}{
		"no such kernel": {t.Context(), Options{Kernel: "no-such-kernel"}, `no kernel "no-such-kernel" is installed`},
		"no such folder": {t.Context(), Options{Dir: "/no/such/folder"}, "no such file"},
		"cancelled":      {cancelled, Options{}, "canceled"},
		"aborted":        {t.Context(), Options{Abort: closed}, "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			nb := script(t, "print('never')")
			text := nb.Bytes()
			result, err := Run(test.ctx, nb, test.o)
			if err == nil || !strings.Contains(err.Error(), test.want) || result.Ran != 0 {
				t.Errorf("got %+v, %v; want nothing run and an error with %q", result, err, test.want)
			}
			if !bytes.Equal(nb.Bytes(), text) {
				t.Errorf("the notebook has changed:\n%s", nb.Bytes())
			}
		})
	}
}

func TestTheOutputOfACellIsLimited(t *testing.T) {
	clean(t)
	nb := script(t, "import sys\nfor _ in range(200): sys.stdout.write('x' * 99999 + '\\n')")
	if _, err := Run(t.Context(), nb, Options{MaxStream: 1000}); err != nil {
		t.Fatal(err)
	}
	out := nb.cells[0].Outputs()
	if len(out) != 1 || !strings.HasPrefix(out[0].Text, strings.Repeat("x", 1000)+"\n[19999000 bytes of output left out: at most 1000 bytes") {
		t.Errorf("got %d outputs, %.2000q; want 1000 bytes and the note", len(out), out[0].Text)
	}
}

func TestTimesAreRecordedIfTheNotebookHasThem(t *testing.T) {
	clean(t)
	nb := script(t, "1", "2")
	if _, err := Run(t.Context(), nb, Options{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(nb.Bytes()), "iopub") {
		t.Error("times were recorded in a notebook without times")
	}
	nb = parse(t, strings.Replace(string(nb.Bytes()), `"metadata":{}`, `"metadata":{"execution":{"iopub.status.busy":"long ago"}}`, 1))
	if _, err := Run(t.Context(), nb, Options{}); err != nil {
		t.Fatal(err)
	}
	text := string(nb.Bytes())
	for _, name := range []string{"iopub.execute_input", "iopub.status.busy", "iopub.status.idle", "shell.execute_reply"} {
		if strings.Count(text, name) != 2 {
			t.Errorf("%s appears %d times, want it in both cells:\n%s", name, strings.Count(text, name), text)
		}
	}
	if strings.Contains(text, "long ago") {
		t.Error("an old time was kept")
	}
}

func TestASavedFileKeepsModeAndLinks(t *testing.T) {
	folder := t.TempDir()
	file, link := filepath.Join(folder, "a.ipynb"), filepath.Join(folder, "link.ipynb")
	text, err := os.ReadFile("testdata/jupyterlab-4.5.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(file, text, 0o640), os.Symlink("a.ipynb", link)); err != nil {
		t.Fatal(err)
	}
	nb, err := Read(link)
	if err != nil {
		t.Fatal(err)
	}
	nb.cells[2].setCount(5)
	if err := nb.WriteFile(link); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(file)
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("got mode %v, %v; want 0640", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("got mode %v, %v; want a symbolic link", info.Mode(), err)
	}
	if got, _ := os.ReadFile(file); !bytes.Equal(got, nb.Bytes()) {
		t.Error("the file differs from the notebook")
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 2 {
		t.Errorf("the folder contains %v, want the file and the link", entries)
	}
	if err := nb.WriteFile(filepath.Join(folder, "none", "a.ipynb")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("got error %v, want one that names the folder", err)
	}
	if err := nb.WriteFile(folder); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got error %v, want one that says it is not a regular file", err)
	}
}
