package jupyter

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

// The fake kernel is this test binary, started again: a real process with
// zmq4's own sockets. A word in its environment and the code sent to it select
// its faults.

const fakeVariable = "FAKE_KERNEL"

func TestMain(m *testing.M) {
	if os.Getenv(ownerVariable) != "" {
		own()
	}
	if fault, ok := os.LookupEnv(fakeVariable); ok {
		if err := runFake(fault, os.Args[len(os.Args)-1]); err != nil {
			fmt.Fprintln(os.Stderr, "fake kernel:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// own is the program of a process that starts a kernel, prints its process id,
// and is then killed.
func own() {
	spec := Spec{Name: "fake", Argv: []string{os.Args[0], "{connection_file}"}, Env: map[string]string{ownerVariable: "", fakeVariable: ""}}
	k, err := Start(context.Background(), spec, StartOptions{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(k.process.cmd.Process.Pid)
	select {}
}

const ownerVariable = "FAKE_OWNER"

// fakeSpec returns a kernel spec of the fake kernel with a fault.
func fakeSpec(t testing.TB, fault string) Spec {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Spec{
		Name:          "fake",
		Dir:           t.TempDir(),
		Argv:          []string{program, "{connection_file}"},
		InterruptMode: "message",
		Env:           map[string]string{fakeVariable: fault, "GORACE": "atexit_sleep_ms=0"},
	}
}

// Lines that the fake kernel writes to its log.
const (
	fakeListens = "the fake kernel listens"
	fakeIsAsked = "the fake kernel is asked for its info"
)

type fake struct {
	fault string
	key   Key

	shell, control, stdin, iopub zmq4.Socket

	publishing  int // number of kernel_info requests; 4 means more than 3
	interrupted chan struct{}
	answers     chan Message
}

func runFake(fault, connectionFile string) error {
	switch fault {
	case "dies at start":
		fmt.Fprintln(os.Stderr, "no licence for fake kernels")
		os.Exit(7)
	case "ignores signals":
		signal.Ignore(os.Interrupt, syscall.SIGTERM)
	}
	c, err := ReadConnection(connectionFile)
	if err != nil {
		return err
	}
	if fault == "accepts and says nothing" {
		for _, ch := range []Channel{Shell, Control, Stdin, IOPub, Heartbeat} {
			network, address := c.Endpoint(ch)
			l, err := net.Listen(network, address)
			if err != nil {
				return err
			}
			defer l.Close()
		}
		fmt.Fprintln(os.Stderr, fakeListens)
		select {}
	}

	ctx := context.Background()
	quiet := zmq4.WithLogger(log.New(io.Discard, "", 0))
	f := &fake{
		fault: fault, key: Key(c.Key),
		shell: zmq4.NewRouter(ctx, quiet), control: zmq4.NewRouter(ctx, quiet), stdin: zmq4.NewRouter(ctx, quiet),
		iopub:       zmq4.NewPub(ctx, quiet),
		interrupted: make(chan struct{}, 100),
		answers:     make(chan Message, 1),
	}
	heartbeat := zmq4.NewRep(ctx, quiet)
	for ch, s := range map[Channel]zmq4.Socket{Shell: f.shell, Control: f.control, Stdin: f.stdin, IOPub: f.iopub, Heartbeat: heartbeat} {
		network, address := c.Endpoint(ch)
		if network == "unix" {
			network = "ipc"
		}
		if err := s.Listen(network + "://" + address); err != nil {
			return err
		}
	}
	go func() {
		for {
			msg, err := heartbeat.Recv()
			if err != nil {
				return
			}
			heartbeat.Send(msg)
		}
	}()
	go f.serve(f.stdin, func(m Message) { f.answers <- m })
	go f.serve(f.control, f.onControl)
	f.serve(f.shell, f.onShell)
	select {} // without a shell channel, but running
}

func (f *fake) serve(s zmq4.Socket, handle func(Message)) {
	for {
		msg, err := s.Recv()
		if err != nil {
			return
		}
		m, err := f.key.Decode(msg.Frames)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		handle(m)
	}
}

func (f *fake) send(s zmq4.Socket, parent Message, msgType string, content any) {
	m, err := NewMessage("fake", msgType, content)
	if err != nil {
		panic(err)
	}
	m.Identities, m.Parent = parent.Identities, parent.Header
	if s == f.iopub {
		m.Identities = [][]byte{[]byte("kernel." + msgType)}
	}
	key := f.key
	if f.fault == "signs wrongly" {
		key = Key("another key")
	}
	frames, err := key.Encode(m)
	if err != nil {
		panic(err)
	}
	if err := s.SendMulti(zmq4.NewMsgFrom(frames...)); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func (f *fake) status(parent Message, state string) {
	f.send(f.iopub, parent, "status", map[string]string{"execution_state": state})
}

func (f *fake) print(parent Message, text string) {
	f.send(f.iopub, parent, "stream", map[string]string{"name": "stdout", "text": text})
}

func (f *fake) onControl(m Message) {
	switch m.Header.MsgType {
	case "interrupt_request":
		if f.fault == "ignores interrupts" {
			return
		}
		f.send(f.shell, m, "interrupt_reply", map[string]string{"status": "ok"}) // on shell, as from GoNB
		f.interrupted <- struct{}{}
	case "shutdown_request":
		if f.fault == "ignores shutdown" {
			return
		}
		f.send(f.control, m, "shutdown_reply", map[string]string{"status": "ok"})
		os.Exit(0)
	}
}

func (f *fake) onShell(m Message) {
	if m.Header.MsgType == "kernel_info_request" {
		fmt.Fprintln(os.Stderr, fakeIsAsked)
	}
	if f.fault == "never answers" {
		return
	}
	switch m.Header.MsgType {
	case "kernel_info_request":
		f.publishing = min(f.publishing+1, 4)
		published := f.fault != "never publishes" && (f.fault != "publishes late" || f.publishing > 3)
		if published {
			f.status(m, "busy")
		}
		f.send(f.shell, m, "kernel_info_reply", map[string]any{
			"status": "ok", "protocol_version": "5.4", "implementation": "fake",
			"banner":        strconv.Itoa(f.publishing),
			"language_info": map[string]string{"name": "fake", "version": os.Getenv("FAKE_VERSION")},
		})
		if published {
			f.status(m, "idle")
		}
	case "execute_request":
		var r struct {
			Code       string `json:"code"`
			AllowStdin bool   `json:"allow_stdin"`
		}
		if err := m.Decode(&r); err != nil {
			panic(err)
		}
		f.execute(m, r.Code, r.AllowStdin)
	}
}

func (f *fake) execute(m Message, code string, allowStdin bool) {
	f.status(m, "busy")
	reply := map[string]any{"status": "ok", "execution_count": 1}
	word, rest, _ := strings.Cut(code, " ")
	n, _ := strconv.Atoi(rest)
	switch word {
	case "print":
		f.print(m, rest)
	case "fail":
		reply = map[string]any{"status": "error", "ename": "Oops", "evalue": rest, "traceback": []string{"here"}}
	case "lines": // n short lines, one per message
		for i := range n {
			f.print(m, strconv.Itoa(i)+"\n")
		}
	case "megabytes":
		big, err := NewMessage("fake", "stream", map[string]string{"name": "stdout", "text": strings.Repeat("0123456789abcdef", 1<<16)})
		if err != nil {
			panic(err)
		}
		big.Identities, big.Parent = [][]byte{[]byte("stream")}, m.Header
		frames, err := f.key.Encode(big)
		if err != nil {
			panic(err)
		}
		for range n { // the same message each time, because signing would take longer
			f.iopub.SendMulti(zmq4.NewMsgFrom(frames...))
		}
	case "die":
		f.print(m, "last words")
		fmt.Fprintln(os.Stderr, "the fake kernel gives up")
		time.Sleep(50 * time.Millisecond) // zmq4 sends from a goroutine for which the fake can't wait
		os.Exit(3)
	case "crash":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "hang":
		<-f.interrupted
		reply = map[string]any{"status": "error", "ename": "KeyboardInterrupt"}
	case "hang-for-interrupts": // until the nth
		for range n {
			<-f.interrupted
		}
	case "ask":
		f.send(f.stdin, m, "input_request", map[string]any{"prompt": "name? ", "password": allowStdin})
		select {
		case a := <-f.answers:
			f.print(m, string(a.Content)+a.Parent.MsgType)
		case <-f.interrupted:
		}
	case "ask-and-end": // once the client has been asked, and has made a file
		f.send(f.stdin, m, "input_request", map[string]any{"prompt": "name? ", "password": allowStdin})
		for _, err := os.Stat(rest); err != nil; _, err = os.Stat(rest) {
			time.Sleep(time.Millisecond)
		}
		f.print(m, "unanswered")
	case "spawn": // a grandchild in its own session that ignores all signals except SIGKILL
		c := exec.Command("/bin/sh", "-c", "trap '' INT TERM HUP; sleep 600 & sleep 600")
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := c.Start(); err != nil {
			panic(err)
		}
		f.print(m, strconv.Itoa(c.Process.Pid))
	case "litter": // files that RemoveAll can't remove
		dir := os.TempDir() + "/locked"
		os.Mkdir(dir, 0o700)
		os.WriteFile(dir+"/file", nil, 0o400)
		os.Chmod(dir, 0o500)
		f.print(m, dir)
	case "environ":
		raw, _ := json.Marshal(os.Environ())
		f.print(m, string(raw))
	case "garbage":
		f.shell.SendMulti(zmq4.NewMsgFrom(m.Identities[0], []byte("not a message")))
	case "close-shell":
		f.shell.Close()
	case "lose-idle":
		f.send(f.shell, m, "execute_reply", reply)
		return
	case "late-idle":
		f.send(f.shell, m, "execute_reply", reply)
		time.Sleep(10 * time.Millisecond)
		f.print(m, "late")
		f.status(m, "idle")
		return
	case "late-reply":
		f.status(m, "idle")
		f.send(f.shell, m, "execute_reply", reply)
		return
	}
	f.send(f.shell, m, "execute_reply", reply)
	f.status(m, "idle")
}
