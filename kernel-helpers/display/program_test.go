package display

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// programEnv makes the test binary run one of programs, in place of a cell's
// program.
const programEnv = "DISPLAY_TEST_PROGRAM"

var programs = map[string]func(){
	"one of each": func() {
		HTML("<b>bold</b>", "bold")
		Markdown("*md*")
		SVG("<svg/>", `a "b" <c>`)
		PNG([]byte{1, 2, 3}, "three bytes")
		Update("id", "<i>working</i>", "working")
		Update("id", "", "finished")
	},
	"many goroutines": func() {
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() { HTML("x", fmt.Sprint(i)) })
		}
		all.Wait()
	},
	"text then picture": func() {
		streamsWithin = time.Minute
		pauses := 0
		streamsPause = func(d time.Duration) {
			if pauses++; pauses == 20 {
				fmt.Fprintln(os.Stderr, "waits")
			}
			time.Sleep(d)
		}
		fmt.Println("text")
		HTML("<b>picture</b>", "picture")
	},
	"impatient": func() {
		kernel.within = 200 * time.Millisecond
		HTML("<b>first</b>", "first")
		HTML("<b>second</b>", "second")
		Update("id", "<b>working</b>", "working")
		Update("id", "", "finished")
		fmt.Println("in a notebook:", InNotebook())
	},
	"starts a child": func() {
		HTML("<b>parent</b>", "parent")
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), programEnv+"=impatient")
		out, err := child.CombinedOutput()
		fmt.Printf("child: %v\n%s", err, out)
		HTML("<b>parent again</b>", "parent again")
	},
}

func TestMain(m *testing.M) {
	if program := os.Getenv(programEnv); program != "" {
		programs[program]()
		return
	}
	m.Run()
}

func program(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), programEnv+"="+name, ownerEnv+"=1 /another/pipe", "GORACE=atexit_sleep_ms=0")
	return cmd
}

// A fakeKernel plays GoNB's part on the two pipes, for one program.
type fakeKernel struct {
	toKernel, toProgram string
	served              sync.WaitGroup

	received []*protocol.DisplayData // everything but sync requests
	unsynced int                     // bundles received since the last sync request
	onFirst  func()                  // called when the first message of any kind arrives
	dieAfter int                     // stop after this many messages without reading or answering; 0 means never
}

func startKernel(t *testing.T, k *fakeKernel, cmd *exec.Cmd) *fakeKernel {
	t.Helper()
	dir := t.TempDir()
	k.toKernel, k.toProgram = filepath.Join(dir, "to-kernel"), filepath.Join(dir, "to-program")
	for _, path := range []string{k.toKernel, k.toProgram} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Env = append(cmd.Env, protocol.GONB_PIPE_ENV+"="+k.toKernel, protocol.GONB_PIPE_BACK_ENV+"="+k.toProgram)
	k.served.Go(func() {
		if err := k.serve(); err != nil {
			t.Errorf("kernel: %v", err)
		}
	})
	// serve must not wait for a program that never opens the pipes.
	t.Cleanup(func() {
		for _, path := range []string{k.toKernel, k.toProgram} {
			if f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0); err == nil {
				defer f.Close()
			}
		}
		k.served.Wait()
	})
	return k
}

func (k *fakeKernel) serve() error {
	in, err := os.Open(k.toKernel)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(k.toProgram, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer out.Close()
	from, to := gob.NewDecoder(in), gob.NewEncoder(out)
	for n := 1; ; n++ {
		data := &protocol.DisplayData{}
		if err := from.Decode(data); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if n == 1 && k.onFirst != nil {
			k.onFirst()
		}
		value, ok := data.Data[protocol.MIMECommValue].(protocol.CommValue)
		if !ok {
			k.received = append(k.received, data)
			k.unsynced++
		}
		if n == k.dieAfter {
			return nil
		}
		if ok {
			k.unsynced = 0
			if err := to.Encode(&protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: value.Value}); err != nil {
				return err
			}
		}
	}
}

func TestEveryBundleHasPlainTextAndIsConfirmed(t *testing.T) {
	cmd := program(t, "one of each")
	k := startKernel(t, &fakeKernel{}, cmd)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("program: %v, printed %q; want success and no output", err, out)
	}
	k.served.Wait()
	if k.unsynced > 0 {
		t.Errorf("%d bundles unconfirmed at the program's end, want 0", k.unsynced)
	}
	want := []map[protocol.MIMEType]string{
		{"text/html": "<b>bold</b>", "text/plain": "bold"},
		{"text/markdown": "*md*", "text/plain": "*md*"},
		{"text/html": `<img alt="a &#34;b&#34; &lt;c&gt;" src="data:image/svg+xml;base64,PHN2Zy8+">`, "text/plain": `a "b" <c>`},
		{"image/png": "\x01\x02\x03", "text/plain": "three bytes"},
		{"text/html": "<i>working</i>", "text/plain": "working"},
		{"text/plain": "finished"},
	}
	if len(k.received) != len(want) {
		t.Fatalf("%d bundles, want %d", len(k.received), len(want))
	}
	for i, data := range k.received {
		if len(data.Data) != len(want[i]) {
			t.Errorf("bundle %d is %v, want %v", i, data.Data, want[i])
		}
		for mime, content := range want[i] {
			if got := fmt.Sprintf("%s", data.Data[mime]); got != content {
				t.Errorf("bundle %d: %s is %q, want %q", i, mime, got, content)
			}
		}
		if got, want := data.DisplayID != "", i >= 4; got != want {
			t.Errorf("bundle %d has the display id %q, want one: %t", i, data.DisplayID, want)
		}
	}
	if a, b := k.received[4].DisplayID, k.received[5].DisplayID; a != b {
		t.Errorf("updates of one block have the ids %q and %q, want the same id", a, b)
	} else if a == "id" {
		t.Error("the block has the id \"id\", want an id unique to the run")
	}
}

func TestBundlesOfManyGoroutinesAllArrive(t *testing.T) {
	cmd := program(t, "many goroutines")
	k := startKernel(t, &fakeKernel{}, cmd)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("program: %v, printed %q; want success and no output", err, out)
	}
	k.served.Wait()
	texts := map[any]bool{}
	for _, data := range k.received {
		texts[data.Data[protocol.MIMETextPlain]] = true
	}
	if len(texts) != 50 || k.unsynced > 0 {
		t.Errorf("got %d different bundles, %d of them unconfirmed; want 50 and 0", len(texts), k.unsynced)
	}
}

func TestABundleDoesNotOvertakePrintedText(t *testing.T) {
	cmd := program(t, "text then picture")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	k := startKernel(t, &fakeKernel{onFirst: func() { close(sent) }}, cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The kernel is slow to read printed text, so the program keeps polling.
	if line, err := bufio.NewReader(stderr).ReadString('\n'); line != "waits\n" {
		t.Errorf("standard error: got %q, %v; want \"waits\\n\"", line, err)
	}
	select {
	case <-sent:
		t.Error("got a message before the printed text was read")
	default:
	}
	if text, err := bufio.NewReader(stdout).ReadString('\n'); text != "text\n" || err != nil {
		t.Errorf("standard output: got %q, %v; want \"text\\n\"", text, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	k.served.Wait()
	if len(k.received) != 1 {
		t.Errorf("%d bundles, want 1", len(k.received))
	}
}

func TestADeadKernelCostsOneWarningAndPlainTextIsPrinted(t *testing.T) {
	const plainText = "first\nsecond\nfinished\nin a notebook: false\n"
	run := func(t *testing.T, cmd *exec.Cmd, wantWarning bool) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, &stderr)
		}
		if stdout.String() != plainText {
			t.Errorf("printed %q, want %q", &stdout, plainText)
		}
		if got := strings.Count(stderr.String(), "display: "); got != 1 && wantWarning || got != 0 && !wantWarning {
			t.Errorf("%d warnings on standard error, want one: %t; standard error:\n%s", got, wantWarning, &stderr)
		}
	}
	t.Run("no kernel", func(t *testing.T) {
		cmd := program(t, "impatient")
		cmd.Env = append(cmd.Env, protocol.GONB_PIPE_ENV+"=")
		run(t, cmd, false)
	})
	t.Run("the pipe has been removed", func(t *testing.T) {
		cmd := program(t, "impatient")
		cmd.Env = append(cmd.Env, protocol.GONB_PIPE_ENV+"="+filepath.Join(t.TempDir(), "none"))
		run(t, cmd, true)
	})
	t.Run("no process opens the pipe", func(t *testing.T) {
		pipe := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := program(t, "impatient")
		cmd.Env = append(cmd.Env, protocol.GONB_PIPE_ENV+"="+pipe, protocol.GONB_PIPE_BACK_ENV+"="+pipe)
		run(t, cmd, true)
	})
	t.Run("the kernel dies before it confirms", func(t *testing.T) {
		cmd := program(t, "impatient")
		startKernel(t, &fakeKernel{dieAfter: 2}, cmd)
		run(t, cmd, true)
	})
}

func TestAChildOfACellLeavesTheKernelAlone(t *testing.T) {
	cmd := program(t, "starts a child")
	k := startKernel(t, &fakeKernel{}, cmd)
	out, err := cmd.CombinedOutput()
	if want := "child: <nil>\nfirst\nsecond\nfinished\nin a notebook: false\n"; err != nil || string(out) != want {
		t.Errorf("%v, printed %q, want %q", err, out, want)
	}
	k.served.Wait()
	if len(k.received) != 2 {
		t.Errorf("%d bundles, want the parent's 2", len(k.received))
	}
}
