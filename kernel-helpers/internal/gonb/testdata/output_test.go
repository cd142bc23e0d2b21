package jpyexec

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/internal/kernel"
)

// displaysEnv says that this is the program of a cell, and how many displays it
// makes.
const displaysEnv = "TEST_DISPLAYS"

// newPipe returns a pipe's ends, which are closed when the test ends.
func newPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(displaysEnv)); err == nil {
		for i := range n {
			gonbui.DisplayHtml(fmt.Sprintln(i))
		}
		return
	}
	QuietTime = 20 * time.Millisecond
	os.Exit(m.Run())
}

// Another process holds the pipe, and nobody has read any of it so far.
func TestAfterTheEndAPipeIsReadUpToWhatItHolds(t *testing.T) {
	r, w := newPipe(t)
	text := strings.Repeat("0123456789abcde\n", 4000)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	o := newOutput(r)
	if err := o.end(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(o); string(got) != text || err != nil {
		t.Errorf("read %d bytes of %d, %v", len(got), len(text), err)
	}
}

func TestAReadThatWaitsGoesOnAtTheEnd(t *testing.T) {
	r, w := newPipe(t)
	o := newOutput(r)
	read := make(chan string)
	go func() {
		got, _ := io.ReadAll(o)
		read <- string(got)
	}()
	io.WriteString(w, "text")
	if err := o.end(); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "text" {
		t.Errorf("read %q", got)
	}
}

// Some other process may write without end.
func TestAfterTheEndAPipeIsReadForSoLong(t *testing.T) {
	r, w := newPipe(t)
	o := newOutput(r)
	if err := o.end(); err != nil {
		t.Fatal(err)
	}
	read := 0
	for p := make([]byte, 1000); ; {
		if _, err := w.Write(p); err != nil {
			t.Fatal(err)
		}
		n, err := o.Read(p)
		if read += n; err != nil || read > 2*lateMost {
			break
		}
	}
	if read < lateMost || read > lateMost+1000 {
		t.Errorf("read %d bytes", read)
	}
}

// message is one of a kernel that nobody is connected to.
type message struct {
	kernel.Message
	k *kernel.Kernel
}

func (m message) Kernel() *kernel.Kernel          { return m.k }
func (m message) AllowStdin() bool                { return false }
func (m message) Publish(string, any) error       { return nil }
func (m message) ComposedMsg() kernel.ComposedMsg { return kernel.ComposedMsg{} }

func newMessage(t *testing.T) message {
	t.Helper()
	file := filepath.Join(t.TempDir(), "connection.json")
	err := os.WriteFile(file, []byte(`{"transport": "tcp", "ip": "127.0.0.1", "key": "key", "signature_scheme": "hmac-sha256",
		"shell_port": 0, "control_port": 0, "stdin_port": 0, "iopub_port": 0, "hb_port": 0}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	k, err := kernel.New(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Stop)
	return message{k: k}
}

// slow is a front end that takes its time for the first pieces: longer than
// anybody waits for a program that says nothing.
type slow struct {
	bytes.Buffer
	pieces int
}

func (s *slow) Write(p []byte) (int, error) {
	if s.pieces++; s.pieces < 5 {
		time.Sleep(5 * QuietTime)
	}
	return s.Buffer.Write(p)
}

func TestASlowFrontEndLosesNothingOfWhatAProgramPrinted(t *testing.T) {
	const prints = "printf '%0200000d\\n' 1"
	for name, script := range map[string]string{
		"alone":                                  "echo; " + prints,
		"beside a background process":            "sleep 600 & echo $!; " + prints,
		"beside one that nobody can kill for it": "setsid sleep 600 & echo $!; " + prints,
	} {
		t.Run(name, func(t *testing.T) {
			var stdout slow
			if err := New(newMessage(t), "/bin/bash", "-c", script).WithStdout(&stdout).Exec(); err != nil {
				t.Fatal(err)
			}
			pid, text, _ := strings.Cut(stdout.String(), "\n")
			if n, _ := strconv.Atoi(pid); n > 1 {
				syscall.Kill(n, syscall.SIGKILL) // setsid takes it out of reach
			}
			if want := strings.Repeat("0", 199_999) + "1\n"; text != want {
				t.Errorf("%d bytes came of %d", len(text), len(want))
			}
		})
	}
}

func TestASlowFrontEndLosesNothingOfWhatAProgramDisplayed(t *testing.T) {
	t.Setenv(displaysEnv, "100")
	var shown slow
	if err := New(newMessage(t), os.Args[0]).InDir(t.TempDir()).UseNamedPipes(nil).CaptureDisplayDataOutput(&shown).Exec(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(shown.String(), "\n"); n != 100 {
		t.Errorf("%d displays came of 100", n)
	}
}

// held is a front end that takes its time for the first piece, then lets a
// background process print, and returns when that has printed.
type held struct {
	bytes.Buffer
	t              *testing.T
	print, printed string
}

func (h *held) Write(p []byte) (int, error) {
	if h.Len() == 0 {
		time.Sleep(5 * QuietTime)
		if err := os.WriteFile(h.print, nil, 0o600); err != nil {
			h.t.Error(err)
		}
		for late := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(h.printed); err == nil {
				break
			}
			if time.Now().After(late) {
				h.t.Error("the background process was killed")
				break
			}
		}
	}
	return h.Buffer.Write(p)
}

// As long as what has come is being handled, nobody can say that nothing comes.
func TestWhileTheFrontEndIsSlowABackgroundProcessLives(t *testing.T) {
	dir := t.TempDir()
	stdout := held{t: t, print: filepath.Join(dir, "print"), printed: filepath.Join(dir, "printed")}
	script := "{ until [ -e print ]; do sleep 0.01; done; echo more; touch printed; } & echo first"
	if err := New(newMessage(t), "/bin/bash", "-c", script).InDir(dir).WithStdout(&stdout).Exec(); err != nil {
		t.Fatal(err)
	}
	if got := stdout.String(); got != "first\nmore\n" {
		t.Errorf("it printed %q", got)
	}
}
