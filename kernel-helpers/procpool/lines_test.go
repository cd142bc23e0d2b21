package procpool

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOutputWrittenBeforeTheWorkersExitIsRead(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close() // kept open, as by another process
	io.WriteString(w, "last words")
	o := &output{file: r}
	o.end()
	r.SetReadDeadline(time.Unix(1, 0)) // in the past, as after a long time
	if got, err := io.ReadAll(o); string(got) != "last words" {
		t.Errorf("got %q, %v; want \"last words\"", got, err)
	}
}

func TestAPipeThatIsHeldOpenDelaysNoExit(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o := &output{file: r}
	read := make(chan string, 1)
	go func() {
		got, err := io.ReadAll(o) // usually already waiting when the worker exits
		read <- fmt.Sprint(string(got), err)
	}()
	if _, err := io.WriteString(w, "a line"); err != nil {
		t.Fatal(err)
	}
	o.end()
	if got := <-read; got != "a line<nil>" {
		t.Errorf("got %q, want the line and no error", got)
	}

	var writer sync.WaitGroup
	writer.Go(func() {
		for err := error(nil); err == nil; {
			_, err = w.Write(make([]byte, 1<<16))
		}
	})
	n, err := io.Copy(io.Discard, o)
	if err != nil || n > outputMost+1<<20 {
		t.Errorf("read %d bytes from an endless writer, %v; want at most %d", n, err, outputMost+1<<20)
	}
	w.Close()
	writer.Wait()
}

func TestATraceOfAllGoroutinesIsCutShort(t *testing.T) {
	trace := "goroutine 1 [running]:\n" + strings.Repeat("f(...)\n\tfile.go:1 +0x1\n", 100) + "\n"
	for name, test := range map[string]struct {
		sent, lastWords string
		shown           int
	}{
		"a panic":                         {"panic: boom\n\n" + trace, "panic: boom", 1 + traceLines + 1},
		"a fatal error":                   {"hello\nfatal error: out of memory\n" + trace, "fatal error: out of memory", 2 + traceLines + 1},
		"a signal":                        {"SIGSEGV: segmentation violation\nPC=0x1\n" + trace, "SIGSEGV: segmentation violation", 1 + traceLines + 1},
		"a panic that the task recovered": {"panic: boom\n\n" + trace + strings.Repeat("on we go\n", 50), "panic: boom", 1 + traceLines + 1 + 50},
		"no panic":                        {trace, "", strings.Count(trace, "\n")},
	} {
		shown := new(log)
		p := &printer{stdout: io.Discard, stderr: shown, left: -1}
		if got := p.copyLines(toStderr, "worker-1", strings.NewReader(test.sent)); got != test.lastWords {
			t.Errorf("%s: the last words are %q, want %q", name, got, test.lastWords)
		}
		if got := strings.Count(shown.String(), "\n"); got != test.shown {
			t.Errorf("%s: %d lines shown, want %d", name, got, test.shown)
		}
	}
}
