package supervisor

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/langserver"
	"example.com/speedup/kernel-helpers/internal/processes"
	"example.com/speedup/kernel-helpers/internal/supervisor/front/fronttest"
)

// testKernel is a kernel, as Jupyter starts one.
type testKernel struct {
	t      testing.TB
	cmd    *exec.Cmd // the keeper, or a program between it and the test
	conn   jupyter.Connection
	file   string // the connection file
	dir    string // contains everything of this kernel
	log    fronttest.Log
	ended  chan struct{}
	status int // to be read after ended
}

type kernelOptions struct {
	argv      []string // {file} stands for the connection file; nil is a kernel with a fake GoNB
	env       []string
	transport string // "" is ipc
	workdir   string
	stderr    *os.File // file descriptor 3 of the kernel
	plain     bool     // the test doesn't check that nothing is left
}

// startKernel starts a kernel in a folder of its own. When the test ends, it checks
// that nothing of the kernel is left.
func startKernel(t testing.TB, o kernelOptions) *testKernel {
	t.Helper()
	dir := fronttest.TempDir(t)
	k := &testKernel{t: t, dir: dir, file: filepath.Join(dir, "kernel-"+jupyter.NewID()[:8]+".json"), ended: make(chan struct{})}
	k.conn = fronttest.Connection(t, cmp.Or(o.transport, "ipc"), dir)
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
	k.cmd.Env = append(os.Environ(), langserver.FolderEnv+"="+languageServers(), "TMPDIR="+k.temp(), "JPY_PARENT_PID="+itoa(os.Getpid()), "GORACE=atexit_sleep_ms=0")
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
			t.Error("got a data race in the kernel's log")
		}
		if strings.Contains(k.log.String(), k.conn.Key) {
			t.Error("got the key in the kernel's log")
		}
	})
	return k
}

// languageServers is the folder in which all kernels of the tests find one gopls.
var languageServers = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("/tmp", "gkt-gopls-")
	if err != nil {
		panic(err)
	}
	return dir
})

// fakeArgv returns the command line of a kernel with a fake GoNB.
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

// left lists the kernel's processes, the files in its temporary folder and its ipc
// sockets.
func (k *testKernel) left() (left []string) {
	for _, p := range k.processes() {
		left = append(left, fmt.Sprintf("%s (%d)", p.Name, p.PID))
	}
	files, _ := filepath.Glob(filepath.Join(k.temp(), "*"))
	sockets, _ := filepath.Glob(filepath.Join(k.dir, "s-*"))
	return append(append(left, files...), sockets...)
}

// processes lists the kernel's processes. Those that lost their ancestors have the
// test as their parent; they count unless their environment says that they belong
// to another kernel. Dead ones are reaped.
func (k *testKernel) processes() (mine []processes.Process) {
	table, err := processes.Table()
	if err != nil {
		k.t.Fatal(err)
	}
	for _, p := range processes.Below(table, os.Getpid(), killAll) { // gopls is everybody's
		if p.PID == k.cmd.Process.Pid {
			select {
			case <-k.ended:
				continue
			default:
			}
		}
		if p.Zombie {
			if p.Parent == os.Getpid() && p.PID != k.cmd.Process.Pid {
				processes.Reap(p)
			}
			continue
		}
		env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID))
		if bytes.Contains(env, []byte("TMPDIR="+k.temp())) {
			mine = append(mine, p)
		} else if !bytes.Contains(env, []byte("TMPDIR=/tmp/gkt-")) && p.Name != "go" && p.Name != "supervisor.test" {
			mine = append(mine, p) // it has cleared its environment
		}
	}
	return mine
}

// find waits for a process of the kernel.
func (k *testKernel) find(wanted func(processes.Process) bool) processes.Process {
	k.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		mine := k.processes()
		if i := slices.IndexFunc(mine, wanted); i >= 0 {
			return mine[i]
		}
	}
	k.t.Fatal("got no such process")
	return processes.Process{}
}

// supervisorPID returns the process id of the supervisor, the keeper's child.
func (k *testKernel) supervisorPID() int {
	k.t.Helper()
	keeper := k.cmd.Process.Pid
	return k.find(func(p processes.Process) bool { return p.Parent == keeper }).PID
}

// gonbPID returns GoNB's process id.
func (k *testKernel) gonbPID() int {
	k.t.Helper()
	inner := k.supervisorPID()
	return k.find(func(p processes.Process) bool { return p.Parent == inner }).PID
}

func kill9(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func stop(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}
