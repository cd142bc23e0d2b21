package supervisor

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/processes"
)

func TestAnInterruptKillsWhatGoNBDoesNot(t *testing.T) {
	k, c := started(t)
	id := c.start(`shell (env -i setsid sh -c 'trap "" INT TERM HUP; (sleep 600 & sleep 600)' &) ; trap "" INT TERM; sleep 600`)
	for range 3 {
		k.find(func(p processes.Process) bool { return p.Name == "sleep" })
	}
	c.Send(jupyter.Control, "interrupt_request", struct{}{})
	if o := c.finish(id); o.EName != keyboardInterrupt {
		t.Errorf("got %v, want ename %s", o, keyboardInterrupt)
	}
	for _, p := range k.processes() {
		if p.Name == "sleep" || p.Name == "sh" {
			t.Errorf("got %s (%d), want no process left", p.Name, p.PID)
		}
	}
}

func TestAnInterruptKillsWhatEscapedFromACellThatEndedAtOnce(t *testing.T) {
	k, c := started(t)
	id := c.start("leave and hang")
	c.prints(id, "hanging")
	k.find(func(p processes.Process) bool { return p.Name == "sleep" })
	c.Send(jupyter.Control, "interrupt_request", struct{}{})
	if o := c.finish(id); o.EName != keyboardInterrupt {
		t.Errorf("got %v, want ename %s", o, keyboardInterrupt)
	}
	if n := count(k, "sleep"); n > 0 {
		t.Errorf("got %d processes, want none left", n)
	}
}

func TestAnInterruptSparesWhatAnEarlierCellLeft(t *testing.T) {
	k, c := started(t)
	if o := c.run(`shell sleep 611 >/dev/null 2>&1 & echo started`); o.stdout != "started\n" {
		t.Fatal(o)
	}
	earlier := k.find(func(p processes.Process) bool { return p.Name == "sleep" })
	waitFor(t, func() bool { return processes.Now() > earlier.Start }) // so that the next cell begins later
	id := c.start(`shell sleep 622`)
	k.find(func(p processes.Process) bool { return p.Name == "sleep" && p.PID != earlier.PID })
	c.Send(jupyter.Control, "interrupt_request", struct{}{})
	if o := c.finish(id); o.EName != keyboardInterrupt {
		t.Errorf("got %v, want ename %s", o, keyboardInterrupt)
	}
	var pids []int
	for _, p := range k.processes() {
		if p.Name == "sleep" {
			pids = append(pids, p.PID)
		}
	}
	if !slices.Equal(pids, []int{earlier.PID}) {
		t.Errorf("got the processes %v, want %d alone", pids, earlier.PID)
	}
}

func TestADeathBetweenCellsIsReportedOnceByTheNextCell(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			k, c := kind.start(t)
			for range 2 {
				c.run(kind.here)
				gonb := k.gonbPID()
				kill9(t, gonb)
				k.find(func(p processes.Process) bool { return p.PID != gonb && p.Parent == k.supervisorPID() }) // another one runs
				if o := c.run(kind.here); o.stdout != "here" || strings.Count(o.stderr, "has been restored") != 1 {
					t.Errorf(`got %v, want stdout "here" and one notice in stderr`, o)
				}
				if o := c.run(kind.here); o.stdout != "here" || o.stderr != "" {
					t.Errorf(`got %v, want stdout "here" and no second notice`, o)
				}
			}
		})
	}
}

// hiding starts processes that hide.
const hiding = `(env -i setsid sh -c 'trap "" INT TERM HUP; (sleep 600 & sleep 600)' &) ; trap "" INT TERM; sleep 600`

// kinds are the kernels in these tests. Each has functions that start it, the
// beginning of a cell that runs a shell command, and a cell that prints here.
var kinds = []struct {
	name        string
	start       func(*testing.T) (*testKernel, *client)
	argv        func(testing.TB) []string
	shell, here string
}{
	{"fake GoNB", func(t *testing.T) (*testKernel, *client) { return started(t) }, fakeArgv, "shell ", "print here"},
	{"GoNB", func(t *testing.T) (*testKernel, *client) { return startedReal(t) }, realArgv, "%%bash\n", "%%\nfmt.Print(\"here\")"},
}

func TestNothingIsLeftWhicheverProcessIsKilled(t *testing.T) {
	for name, victim := range map[string]func(*testKernel) int{
		"the keeper":     func(k *testKernel) int { return k.cmd.Process.Pid },
		"the supervisor": (*testKernel).supervisorPID,
	} {
		for _, kind := range kinds {
			t.Run(kind.name+", "+name, func(t *testing.T) {
				bystander, other := kind.start(t)
				before := bystander.processes()
				k, c := kind.start(t)
				c.start(kind.shell + hiding)
				k.find(func(p processes.Process) bool { return p.Name == "sleep" })
				kill9(t, victim(k))
				began := time.Now()
				if err := k.leavesNothing(); err != nil {
					t.Error(err)
				}
				t.Logf("gone after %v", time.Since(began))
				if after := bystander.processes(); !slices.Equal(after, before) {
					t.Errorf("the other kernel: got the processes %v, want %v as before", after, before)
				}
				if o := other.run(kind.here); o.stdout != "here" {
					t.Errorf(`got %v, want stdout "here"`, o)
				}
			})
		}
	}
}

func TestAShutdownOrARestartEndsHidingProcesses(t *testing.T) {
	for _, kind := range kinds {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restart %v", kind.name, restart), func(t *testing.T) {
				k, c := kind.start(t)
				c.start(kind.shell + hiding)
				waitFor(t, func() bool { return count(k, "sleep") >= 3 })
				began := time.Now()
				c.Ask(jupyter.Control, "shutdown_request", map[string]bool{"restart": restart})
				if err := k.leavesNothing(); err != nil {
					t.Error(err)
				}
				t.Logf("gone after %v", time.Since(began))
			})
		}
	}
}

func TestProcessesOfACellEndWithAGoNBThatIsKilled(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			k, c := kind.start(t)
			before, _ := filepath.Glob(filepath.Join(k.temp(), "*", "jk-*"))
			id := c.start(kind.shell + hiding)
			waitFor(t, func() bool { return count(k, "sleep") >= 3 })
			kill9(t, k.gonbPID())
			if o := c.finish(id); o.EName != kernelDied {
				t.Errorf("got %v, want ename %s", o, kernelDied)
			}
			c.run(kind.here) // after this the next GoNB runs
			if n := count(k, "sleep"); n > 0 {
				t.Errorf("got %d processes, want none left", n)
			}
			if now, _ := filepath.Glob(filepath.Join(k.temp(), "*", "jk-*")); len(before) != 1 || len(now) != 1 || now[0] == before[0] {
				t.Errorf("got the folders %v and then %v, want one each and another one", before, now)
			}
		})
	}
}

// A killed Jupyter can't remove the connection file, so the kernel does.
func TestAKilledParentTakesTheKernelWithIt(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			o := kernelOptions{argv: append([]string{"sh", "-c", `"$0" "$@" & wait`}, kind.argv(t)...)}
			if kind.name == "GoNB" {
				o.env = realEnv(t)
			}
			k := startKernel(t, o)
			c := connect(t, k.conn)
			c.start(kind.shell + hiding)
			k.find(func(p processes.Process) bool { return p.Name == "sleep" })
			kill9(t, k.cmd.Process.Pid)
			began := time.Now()
			if err := k.leavesNothing(); err != nil {
				t.Error(err)
			}
			t.Logf("gone after %v", time.Since(began))
			if _, err := os.Stat(k.file); err == nil {
				t.Error("got a connection file, want it removed")
			}
		})
	}
}

func TestAKernelCanOutliveItsParent(t *testing.T) {
	k := startKernel(t, kernelOptions{argv: append([]string{"sh", "-c", `"$0" "$@" & wait`}, fakeArgv(t)...), env: []string{"JPY_PARENT_PID="}})
	c := connect(t, k.conn)
	kill9(t, k.cmd.Process.Pid)
	<-k.ended
	time.Sleep(2 * parentPoll) // long enough for the keeper to notice
	if o := c.run("print here"); o.stdout != "here" {
		t.Errorf(`got %v, want stdout "here"`, o)
	}
	c.Ask(jupyter.Control, "shutdown_request", struct{}{})
}

func TestTheKernelSurvivesABrokenStandardError(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	k := startKernel(t, kernelOptions{argv: append([]string{"sh", "-c", `exec "$0" "$@" 2>/dev/fd/3`}, fakeArgv(t)...), stderr: write})
	c := connect(t, k.conn)
	write.Close()
	read.Close()
	for range 3 {
		c.Send(jupyter.Shell, "make_coffee_request", struct{}{}) // which is logged
	}
	if o := c.run("print here"); o.stdout != "here" {
		t.Errorf(`got %v, want stdout "here"`, o)
	}
	if o := c.run(`shell (yes; echo $? >&2) | head -1; cat /proc/self/status | grep SigIgn`); !strings.Contains(o.stdout, "y\n") || !ignoresNot(o.stdout, syscall.SIGPIPE) {
		t.Errorf("got %v, want a program that SIGPIPE ends", o)
	}
}

// ignoresNot reports whether status, from /proc/PID/status, says that the process
// does not ignore a signal.
func ignoresNot(status string, sig syscall.Signal) bool {
	_, mask, ok := strings.Cut(status, "SigIgn:\t")
	if !ok || len(mask) < 16 {
		return false
	}
	var bits uint64
	for _, d := range mask[:16] {
		bits = bits<<4 | uint64(strings.IndexRune("0123456789abcdef", d))
	}
	return bits&(1<<(sig-1)) == 0
}

func TestTheNextKernelCleansUpAfterOneThatWasKilledAltogether(t *testing.T) {
	k := startKernel(t, kernelOptions{plain: true})
	c := connect(t, k.conn)
	c.start(`shell setsid sleep 600`)
	k.find(func(p processes.Process) bool { return p.Name == "sleep" })
	pids := []int{k.cmd.Process.Pid, k.supervisorPID()}
	// Stopped, neither can notice that the other is gone.
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGSTOP)
	}
	for _, pid := range pids {
		kill9(t, pid)
	}
	<-k.ended
	homes, _ := filepath.Glob(filepath.Join(k.temp(), homePrefix+"*"))
	if len(homes) != 1 {
		t.Fatalf("got %v, want one folder left", k.left())
	}
	t.Setenv("TMPDIR", k.temp())
	unnamed, err := os.MkdirTemp(k.temp(), newPrefix)
	if err != nil {
		t.Fatal(err)
	}
	if err := clearAbandoned(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(homes[0]); !os.IsNotExist(err) {
		t.Errorf("the abandoned folder: got %v, want it removed", err)
	}
	if _, err := os.Stat(unnamed); err != nil {
		t.Error("got a new folder removed, want it kept: its owner may be about to lock it")
	}
	old := time.Now().Add(-2 * newborn)
	os.Chtimes(unnamed, old, old)
	if err := clearAbandoned(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(unnamed); !os.IsNotExist(err) {
		t.Errorf("an old folder that was never named: got %v, want it removed", err)
	}
	for deadline := time.Now().Add(patience); len(k.processes()) > 0 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
	}
	var left []string
	for _, l := range k.left() {
		if !strings.Contains(l, "/s-") {
			left = append(left, l)
		}
	}
	if len(left) > 0 {
		t.Errorf("got %v, want nothing left", left)
	}
	t.Run("the folder of a running kernel is kept, whatever its age", func(t *testing.T) {
		k, c := started(t)
		homes, _ := filepath.Glob(filepath.Join(k.temp(), homePrefix+"*"))
		os.Chtimes(homes[0], old, old)
		t.Setenv("TMPDIR", k.temp())
		if err := clearAbandoned(); err != nil {
			t.Error(err)
		}
		if o := c.run("print here"); o.stdout != "here" {
			t.Errorf(`got %v, want stdout "here"`, o)
		}
	})
	t.Run("the next kernel listens on its sockets", func(t *testing.T) {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		again := exec.Command(self, kernelPart, k.file)
		again.Env = k.cmd.Env
		if err := again.Start(); err != nil {
			t.Fatal(err)
		}
		if o := connect(t, k.conn).run("print here"); o.stdout != "here" {
			t.Errorf(`got %v, want stdout "here"`, o)
		}
		again.Process.Signal(syscall.SIGTERM)
		if err := again.Wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestOnlyTheOwnerCanUseFilesAndSockets(t *testing.T) {
	k, c := started(t)
	c.run("print x")
	err := filepath.WalkDir(k.temp(), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		// A folder that others can't enter protects all that it contains.
		if d.IsDir() && path != k.temp() {
			if info.Mode().Perm() != 0o700 {
				t.Errorf("%s: got mode %v, want 0700", path, info.Mode())
			}
		} else if !d.IsDir() && info.Mode().Perm()&0o077 != 0 && info.Mode().Type() != os.ModeSocket {
			t.Errorf("%s: got mode %v, want no access for others", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	sockets, _ := filepath.Glob(filepath.Join(k.dir, "s-*"))
	if len(sockets) != 5 {
		t.Errorf("got %d sockets, want 5", len(sockets))
	}
	for _, s := range sockets {
		if info, err := os.Stat(s); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got mode %v (%v), want 0600", s, info.Mode(), err)
		}
	}
	var env []string
	if err := json.Unmarshal([]byte(c.run("env").stdout), &env); err != nil {
		t.Fatal(err)
	}
	for _, e := range env {
		if strings.Contains(e, k.conn.Key) || strings.HasPrefix(e, homeEnv) {
			t.Errorf("got %s in a cell's environment, want neither the key nor %s", e, homeEnv)
		}
	}
	for _, p := range k.processes() {
		line, err := os.ReadFile("/proc/" + itoa(p.PID) + "/cmdline")
		if err != nil || strings.Contains(string(line), k.conn.Key) {
			t.Errorf("got %s, %v, want a command line without the key", line, err)
		}
	}
}
