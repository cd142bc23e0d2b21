package supervisor

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

// patience is how long tests wait for what must happen: a guard against hanging,
// not a measure.
const patience = 60 * time.Second

// Short names for what these tests compare errors with.
const (
	compileError      = report.CompileError
	panicked          = report.Panic
	deadlock          = report.Deadlock
	dataRace          = report.DataRace
	testFailure       = report.TestFailure
	exitError         = report.ExitError
	keyboardInterrupt = report.KeyboardInterrupt
	kernelDied        = report.KernelDied
)

var ansi = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// received is a message that a client got.
type received struct {
	channel jupyter.Channel
	jupyter.Message
}

// client is a front end.
type client struct {
	t       testing.TB
	conn    jupyter.Connection
	session string
	sockets map[jupyter.Channel]*jupyter.Socket
	readers sync.WaitGroup

	mu   sync.Mutex
	got  []received
	news chan struct{} // closed when there is another one
}

// connect connects a front end, and waits until its subscription holds.
func connect(t testing.TB, c jupyter.Connection) *client {
	t.Helper()
	return connectAs(t, c, jupyter.NewID())
}

func connectAs(t testing.TB, c jupyter.Connection, session string) *client {
	t.Helper()
	cl := &client{t: t, conn: c, session: session, sockets: map[jupyter.Channel]*jupyter.Socket{}, news: make(chan struct{})}
	for ch, kind := range map[jupyter.Channel]zmq4.SocketType{
		jupyter.Shell: zmq4.Dealer, jupyter.Control: zmq4.Dealer, jupyter.Stdin: zmq4.Dealer, jupyter.IOPub: zmq4.Sub, jupyter.Heartbeat: zmq4.Req,
	} {
		cl.sockets[ch] = dial(t, c, ch, kind, session)
	}
	for ch, s := range cl.sockets {
		cl.readers.Go(func() { cl.read(ch, s) })
	}
	t.Cleanup(cl.close)
	if err := cl.sockets[jupyter.IOPub].Send(t.Context(), []byte{1}); err != nil {
		t.Fatal(err)
	}
	cl.await(func(m received) bool { return m.Header.MsgType == "iopub_welcome" })
	return cl
}

// dial connects as soon as somebody listens.
func dial(t testing.TB, c jupyter.Connection, ch jupyter.Channel, kind zmq4.SocketType, identity string) *jupyter.Socket {
	t.Helper()
	network, address := c.Endpoint(ch)
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		ctx, cancel := context.WithDeadline(t.Context(), deadline)
		s, err := jupyter.Dial(ctx, network, address, kind, identity)
		cancel()
		if err == nil {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func (c *client) close() {
	for _, s := range c.sockets {
		s.Close()
	}
	c.readers.Wait()
}

func (c *client) read(ch jupyter.Channel, s *jupyter.Socket) {
	for {
		frames, err := s.Recv()
		if err != nil {
			return
		}
		m := jupyter.Message{Buffers: frames}
		if ch != jupyter.Heartbeat {
			if m, err = jupyter.Key(c.conn.Key).Decode(frames); err != nil {
				c.t.Errorf("%s: %v", ch, err)
				return
			}
		}
		c.mu.Lock()
		c.got = append(c.got, received{ch, m})
		close(c.news)
		c.news = make(chan struct{})
		c.mu.Unlock()
	}
}

// await returns the first message that is wanted, also of those that came long
// ago.
func (c *client) await(wanted func(received) bool) received {
	c.t.Helper()
	m, err := c.find(wanted, patience)
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c *client) find(wanted func(received) bool, within time.Duration) (received, error) {
	late := time.After(within)
	for i := 0; ; {
		c.mu.Lock()
		got, news := c.got, c.news
		c.mu.Unlock()
		for ; i < len(got); i++ {
			if wanted(got[i]) {
				return got[i], nil
			}
		}
		select {
		case <-news:
		case <-late:
			var types []string
			for _, m := range got[max(0, len(got)-20):] {
				types = append(types, string(m.channel)+":"+m.Header.MsgType+string(m.Content))
			}
			return received{}, fmt.Errorf("%w in %v; the last that came: %s", errSilence, within, strings.Join(types, "\n"))
		}
	}
}

var errSilence = fmt.Errorf("no such message")

// about returns what has come so far about a request.
func (c *client) about(id string) (of []received) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.got {
		if m.Parent.MsgID == id {
			of = append(of, m)
		}
	}
	return of
}

// send sends a request and returns its id.
func (c *client) send(ch jupyter.Channel, msgType string, content any) string {
	c.t.Helper()
	m, err := jupyter.NewMessage(c.session, msgType, content)
	if err != nil {
		c.t.Fatal(err)
	}
	c.post(ch, m)
	return m.Header.MsgID
}

func (c *client) post(ch jupyter.Channel, m jupyter.Message) {
	c.t.Helper()
	frames, err := jupyter.Key(c.conn.Key).Encode(m)
	if err == nil {
		err = c.sockets[ch].Send(c.t.Context(), frames...)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// reply waits for the reply to a request, on the channel of the request.
func (c *client) reply(ch jupyter.Channel, id string) jupyter.Message {
	c.t.Helper()
	return c.await(func(m received) bool {
		return m.channel == ch && m.Parent.MsgID == id && strings.HasSuffix(m.Header.MsgType, "_reply")
	}).Message
}

// replied reports whether the reply to a request on the shell channel is there.
func (c *client) replied(id string) bool {
	return slices.ContainsFunc(c.about(id), func(m received) bool { return m.channel == jupyter.Shell })
}

// ask is send and reply, with the content of the reply.
func (c *client) ask(ch jupyter.Channel, msgType string, content any) map[string]any {
	c.t.Helper()
	return decode(c.t, c.reply(ch, c.send(ch, msgType, content)))
}

func decode(t testing.TB, m jupyter.Message) (content map[string]any) {
	t.Helper()
	if err := m.Decode(&content); err != nil {
		t.Fatal(err)
	}
	return content
}

// outcome is what came of a cell.
type outcome struct {
	Status, EName, EValue  string
	Count                  int `json:"execution_count"`
	Traceback              []string
	stdout, stderr         string
	errors, streams, shown int // messages
	took                   time.Duration
}

func (o outcome) text() string { return ansi.ReplaceAllString(strings.Join(o.Traceback, "\n"), "") }

func (o outcome) String() string {
	return fmt.Sprintf("%s %s %q, %d error messages\nstdout %.500q\nstderr %.500q\n%s", o.Status, o.EName, o.EValue, o.errors, o.stdout, o.stderr, o.text())
}

// start sends a cell; settings are alternating names and values of further
// fields.
func (c *client) start(code string, settings ...any) string {
	c.t.Helper()
	content := map[string]any{"code": code, "silent": false, "store_history": true, "allow_stdin": true, "stop_on_error": true, "user_expressions": struct{}{}}
	for i := 0; i < len(settings); i += 2 {
		content[settings[i].(string)] = settings[i+1]
	}
	return c.send(jupyter.Shell, "execute_request", content)
}

// finish waits for a cell's reply and idle status.
func (c *client) finish(id string) (o outcome) {
	c.t.Helper()
	began := time.Now()
	reply := c.reply(jupyter.Shell, id)
	c.await(func(m received) bool { return isStatus(m, id, "idle") })
	o.took = time.Since(began)
	if err := reply.Decode(&o); err != nil {
		c.t.Fatal(err)
	}
	for _, m := range c.about(id) {
		switch m.Header.MsgType {
		case "stream":
			var s struct{ Name, Text string }
			if err := m.Decode(&s); err != nil {
				c.t.Fatal(err)
			}
			o.streams++
			if s.Name == "stdout" {
				o.stdout += s.Text
			} else {
				o.stderr += s.Text
			}
		case "error":
			o.errors++
		case "display_data":
			o.shown++
		}
	}
	return o
}

// run runs a cell to its end.
func (c *client) run(code string, settings ...any) outcome {
	c.t.Helper()
	return c.finish(c.start(code, settings...))
}

// prints waits until a cell has printed something.
func (c *client) prints(id, text string) {
	c.t.Helper()
	var all strings.Builder
	c.await(func(m received) bool {
		if m.Parent.MsgID == id && m.Header.MsgType == "stream" {
			all.WriteString(decode(c.t, m.Message)["text"].(string))
		}
		return strings.Contains(all.String(), text)
	})
}

func isStatus(m received, id, state string) bool {
	return m.channel == jupyter.IOPub && m.Parent.MsgID == id && m.Header.MsgType == "status" &&
		bytes.Contains(m.Content, []byte(`"`+state+`"`))
}

func isIdle(m received, id string) bool { return isStatus(m, id, "idle") }

// testKernel is a kernel, as Jupyter starts one.
type testKernel struct {
	t      testing.TB
	cmd    *exec.Cmd // the keeper, or what stands between it and us
	conn   jupyter.Connection
	file   string // the connection file
	dir    string // everything of this kernel is below
	log    lockedBuffer
	ended  chan struct{}
	status int // to be read after ended
}

type kernelOptions struct {
	argv      []string // {file} stands for the connection file; nil: this program's own part
	env       []string
	transport string // "" is ipc
	workdir   string
	stderr    *os.File // file descriptor 3 of the kernel
	plain     bool     // nobody looks whether something is left
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startKernel starts a kernel in a folder of its own, and checks in the end that
// nothing is left of it.
func startKernel(t testing.TB, o kernelOptions) *testKernel {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "gkt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	k := &testKernel{t: t, dir: dir, file: filepath.Join(dir, "kernel-"+jupyter.NewID()[:8]+".json"), ended: make(chan struct{})}
	k.conn = jupyter.Connection{Transport: "ipc", IP: filepath.Join(dir, "s"), Key: jupyter.NewID(), SignatureScheme: "hmac-sha256", ShellPort: 1, ControlPort: 2, StdinPort: 3, IOPubPort: 4, HBPort: 5}
	if o.transport == "tcp" {
		k.conn.Transport, k.conn.IP = "tcp", "127.0.0.1"
		ports := freePorts(t)
		k.conn.ShellPort, k.conn.ControlPort, k.conn.StdinPort, k.conn.IOPubPort, k.conn.HBPort = ports[0], ports[1], ports[2], ports[3], ports[4]
	}
	if err := k.conn.Write(k.file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(k.temp(), 0o700); err != nil {
		t.Fatal(err)
	}
	argv := slices.Clone(o.argv)
	if argv == nil {
		argv = fakeArgv(t)
	}
	for i, arg := range argv {
		argv[i] = strings.ReplaceAll(arg, "{file}", k.file)
	}
	k.cmd = exec.Command(argv[0], argv[1:]...)
	k.cmd.Env = append(os.Environ(), "TMPDIR="+k.temp(), "JPY_PARENT_PID="+itoa(os.Getpid()), "GORACE=atexit_sleep_ms=0")
	k.cmd.Env = append(k.cmd.Env, o.env...)
	k.cmd.Dir = o.workdir
	k.cmd.Stderr = &k.log
	k.cmd.WaitDelay = time.Second
	if o.stderr != nil {
		k.cmd.ExtraFiles = []*os.File{o.stderr}
	}
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as Jupyter does
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		k.cmd.Wait()
		k.status = k.cmd.ProcessState.ExitCode()
		close(k.ended)
	}()
	t.Cleanup(func() {
		k.cmd.Process.Signal(syscall.SIGTERM)
		if err := k.leavesNothing(); err != nil && !o.plain {
			t.Error(err)
		}
		<-k.ended
		if t.Failed() {
			t.Logf("the kernel's log:\n%s", k.log.String())
		}
		if strings.Contains(k.log.String(), "DATA RACE") {
			t.Error("the kernel has a data race")
		}
		if strings.Contains(k.log.String(), k.conn.Key) {
			t.Error("the key is in the kernel's log")
		}
	})
	return k
}

// fakeArgv is the command line of a kernel with a fake GoNB.
func fakeArgv(t testing.TB) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, kernelPart, "{file}"}
}

func (k *testKernel) temp() string { return filepath.Join(k.dir, "t") }

// leavesNothing waits until no process and no temporary file of the kernel is
// left.
func (k *testKernel) leavesNothing() error {
	var left []string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		left = k.left()
		if len(left) == 0 {
			return nil
		}
	}
	return fmt.Errorf("still left: %v", left)
}

// left lists processes that have the kernel's folder in their environment or
// that are ours in any way, and files in the kernel's temporary folder and ipc sockets.
func (k *testKernel) left() (left []string) {
	for _, p := range k.processes() {
		left = append(left, fmt.Sprintf("%s (%d)", p.name, p.pid))
	}
	files, _ := filepath.Glob(filepath.Join(k.temp(), "*"))
	sockets, _ := filepath.Glob(filepath.Join(k.dir, "s-*"))
	return append(append(left, files...), sockets...)
}

// processes lists the processes below the kernel, and those that have lost all
// their ancestors and ended up with us, unless their environment says that they
// are another's. It reaps the dead among these.
func (k *testKernel) processes() (mine []process) {
	table, err := processes()
	if err != nil {
		k.t.Fatal(err)
	}
	for _, p := range below(table, os.Getpid(), spareNobody) {
		if p.pid == k.cmd.Process.Pid {
			select {
			case <-k.ended:
				continue
			default:
			}
		}
		if p.zombie {
			if p.parent == os.Getpid() && p.pid != k.cmd.Process.Pid {
				reap(p, os.Getpid())
			}
			continue
		}
		env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.pid))
		if bytes.Contains(env, []byte("TMPDIR="+k.temp())) {
			mine = append(mine, p)
		} else if !bytes.Contains(env, []byte("TMPDIR=/tmp/gkt-")) && p.name != "go" && p.name != "supervisor.test" {
			mine = append(mine, p) // it has hidden its environment
		}
	}
	return mine
}

// process finds one of the kernel's processes by what it is.
func (k *testKernel) find(wanted func(process) bool) process {
	k.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		mine := k.processes()
		if i := slices.IndexFunc(mine, wanted); i >= 0 {
			return mine[i]
		}
	}
	k.t.Fatal("there is no such process")
	return process{}
}

// supervisorPID is the inner process: the keeper's child.
func (k *testKernel) supervisorPID() int {
	k.t.Helper()
	keeper := k.cmd.Process.Pid
	return k.find(func(p process) bool { return p.parent == keeper }).pid
}

// gonbPID is GoNB.
func (k *testKernel) gonbPID() int {
	k.t.Helper()
	inner := k.supervisorPID()
	return k.find(func(p process) bool { return p.parent == inner }).pid
}

func kill9(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// freePorts returns five ports on which nobody listens, from below the range of
// which systems take the ports of outgoing connections: somebody else's could
// have one of those before we do.
func freePorts(t testing.TB) (ports []int) {
	t.Helper()
	const low, high = 20000, 32000 // as the jupyter package has them
	for tries := 0; len(ports) < 5; tries++ {
		port := low + rand.IntN(high-low)
		l, err := net.Listen("tcp4", "127.0.0.1:"+itoa(port))
		switch {
		case err == nil:
			defer l.Close()
			ports = append(ports, port)
		case tries == 500:
			t.Fatal(err)
		}
	}
	return ports
}

func stop(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

func waitFor(t testing.TB, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ready(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came to that")
		}
	}
}
