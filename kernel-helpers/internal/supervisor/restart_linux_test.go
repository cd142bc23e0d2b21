package supervisor

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/processes"
	"example.com/speedup/kernel-helpers/internal/supervisor/front/fronttest"
)

// restarts is the number of restarts in TestEveryRestartThroughJupyterClientSucceeds.
// The default is a sample; a long run makes 500. Each takes about half a second.
var restarts = flag.Int("restarts", 40, "how many `restarts` through jupyter_client to make")

// plainKernel builds gonb-kernel as users get it. The race detector makes its start
// four times as long, and the other tests of this package run it.
func plainKernel(t *testing.T) string {
	t.Helper()
	kernel := filepath.Join(t.TempDir(), "gonb-kernel")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", kernel, filepath.Join(tools(t).checkout, "kernel-helpers", "cmd", "gonb-kernel"))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, out)
	}
	return kernel
}

func TestEveryRestartThroughJupyterClientSucceeds(t *testing.T) {
	b := tools(t)
	python := findPython(t, b.checkout, "jupyter_kernel_test")
	n := longtest.Pick(*restarts, max(*restarts, 500))
	dir := t.TempDir()
	argv := realArgv(t)
	argv[0] = plainKernel(t)
	argv[slices.Index(argv, "debug")] = "error"
	writeRealSpec(t, dir, argv)
	runtime, err := os.MkdirTemp("/tmp", "gkt-") // ipc sockets need a short path
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(runtime)

	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n)*5*time.Second+2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, filepath.Join("testdata", "restarts.py"), "gonb-under-test", strconv.Itoa(n))
	cmd.Env = append(jupyterEnv(dir), "JUPYTER_RUNTIME_DIR="+runtime)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var result struct {
		Restarts int
		Slowest  float64
		Failed   []string
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
	}
	for _, failure := range result.Failed {
		t.Error(failure)
	}
	if t.Failed() {
		t.Logf("the kernels' log:\n%s", stderr.String())
	} else if result.Restarts != n {
		t.Errorf("got %d restarts, want %d", result.Restarts, n)
	}
	t.Logf("%d restarts, the slowest took %.1f s", result.Restarts, result.Slowest)
}

// again starts another kernel with the connection file of k.
func (k *testKernel) again() (kernel *exec.Cmd, log *fronttest.Log) {
	k.t.Helper()
	self, err := os.Executable()
	if err != nil {
		k.t.Fatal(err)
	}
	log = &fronttest.Log{}
	kernel = exec.Command(self, kernelPart, k.file)
	kernel.Env, kernel.Stderr = k.cmd.Env, log
	if err := kernel.Start(); err != nil {
		k.t.Fatal(err)
	}
	return kernel, log
}

func TestAKernelWaitsForItsPredecessor(t *testing.T) {
	k := startKernel(t, kernelOptions{plain: true})
	connect(t, k.conn)
	second := k.supervisorPID()
	syscall.Kill(second, syscall.SIGSTOP) // so that it can't end by itself
	kill9(t, k.cmd.Process.Pid)
	next, log := k.again()
	waitFor(t, func() bool { return strings.Contains(log.String(), "killed what was left") })
	c := connect(t, k.conn)
	if o := c.run("print here"); o.stdout != "here" {
		t.Errorf(`got %v, want stdout "here"`, o)
	}
	if err := syscall.Kill(second, 0); err == nil && !isZombie(second) {
		t.Errorf("got process %d of the kernel before, want it gone", second)
	}
	next.Process.Signal(syscall.SIGTERM)
	if err := next.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log.String())
	}
}

func isZombie(pid int) bool {
	table, err := processes.Table()
	return err == nil && slices.ContainsFunc(table, func(p processes.Process) bool { return p.PID == pid && p.Zombie })
}

func TestASecondKernelOfOneConnectionFileIsRefused(t *testing.T) {
	k, c := started(t)
	next, log := k.again()
	if err := next.Wait(); err == nil {
		t.Error("got a second kernel, want an error")
	}
	if want := "another kernel, process " + itoa(k.cmd.Process.Pid); !strings.Contains(log.String(), want) {
		t.Errorf("got %q, want %q in it", log.String(), want)
	}
	if o := c.run("print here"); o.stdout != "here" {
		t.Errorf(`the first kernel: got %v, want stdout "here"`, o)
	}
}

func TestARestartRequestToTheKernelBeforeIsDropped(t *testing.T) {
	k, c := started(t)
	post := func(restart bool) {
		m, err := jupyter.NewMessage(c.Session, "shutdown_request", map[string]bool{"restart": restart})
		if err != nil {
			t.Fatal(err)
		}
		m.Header.Date = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339Nano)
		c.Post(jupyter.Control, m)
	}
	post(true)
	c.Ask(jupyter.Control, "kernel_info_request", struct{}{}) // so the first request was read
	if o := c.run("print here"); o.stdout != "here" {
		t.Errorf(`got %v, want stdout "here"`, o)
	}
	post(false)
	<-k.ended
}
