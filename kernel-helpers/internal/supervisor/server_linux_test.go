package supervisor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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
	"example.com/speedup/kernel-helpers/internal/supervisor/front/fronttest"
)

// When a Jupyter server is killed by SIGKILL, its kernel ends with all that cells
// started, and the connection file is removed. Another server's kernel goes on.
func TestAKilledJupyterServerTakesItsKernelsWithIt(t *testing.T) {
	b := tools(t)
	python := findPython(t, b.checkout, "jupyter_kernel_test")
	if exec.Command(python, "-c", "import jupyter_server").Run() != nil {
		t.Skip("this Python has no jupyter_server")
	}
	bystander, other := startedReal(t)
	before := bystander.processes()

	dir, err := os.MkdirTemp("/tmp", "gks-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	temp := filepath.Join(dir, "t")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	writeRealSpec(t, dir, realArgv(t))
	port := fronttest.FreePorts(t)[0]
	server := exec.Command(python, "-m", "jupyter_server", "--allow-root", "--no-browser", fmt.Sprintf("--port=%d", port), "--ServerApp.port_retries=0",
		"--IdentityProvider.token=secret", "--ServerApp.root_dir="+dir)
	server.Env = append(jupyterEnv(dir), "TMPDIR="+temp, "JUPYTER_DATA_DIR="+filepath.Join(dir, "data"))
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	server.Stderr = &said
	server.WaitDelay = time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		server.Process.Kill()
		server.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	}()

	url := fmt.Sprintf("http://127.0.0.1:%d/api/kernels?token=secret", port)
	var started struct{ ID string }
	waitFor(t, func() bool {
		answer, err := http.Post(url, "application/json", strings.NewReader(`{"name": "gonb-under-test"}`))
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		raw, err := io.ReadAll(answer.Body)
		return err == nil && json.Unmarshal(raw, &started) == nil && started.ID != ""
	})
	file := filepath.Join(dir, "runtime", "kernel-"+started.ID+".json")
	conn, err := jupyter.ReadConnection(file)
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, conn)
	c.start("%%bash\n" + hiding)
	mine := func() (left []string) {
		table, err := processes.Table()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range processes.Below(table, os.Getpid(), processes.KillAll) {
			if p.Zombie {
				if p.Parent == os.Getpid() && p.PID != server.Process.Pid && p.PID != bystander.cmd.Process.Pid {
					processes.Reap(p)
				}
				continue
			}
			if !slices.ContainsFunc(before, func(b processes.Process) bool { return b.PID == p.PID }) && p.PID != server.Process.Pid {
				left = append(left, fmt.Sprintf("%s (%d)", p.Name, p.PID))
			}
		}
		return left
	}
	waitFor(t, func() bool { return strings.Count(strings.Join(mine(), " "), "sleep") >= 3 })

	server.Process.Kill()
	began := time.Now()
	waitFor(t, func() bool {
		_, err := os.Stat(file)
		files, _ := filepath.Glob(filepath.Join(temp, "*"))
		return len(mine()) == 0 && err != nil && len(files) == 0
	})
	t.Logf("gone after %v", time.Since(began).Round(time.Millisecond))
	if o := other.run("%%\nfmt.Print(42)"); o.stdout != "42" {
		t.Errorf(`the other kernel: got %v, want stdout "42"`, o)
	}
}
