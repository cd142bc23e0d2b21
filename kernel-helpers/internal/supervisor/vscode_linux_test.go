package supervisor

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// TestVSCode sends what the Jupyter extension of Visual Studio Code sends to a kernel
// that it starts itself (rawKernelConnection.node.ts of microsoft/vscode-jupyter, as
// of 00b6b3c). It leaves out the PATH of kernelspecs for languages other than Python,
// interrupts on shell, and ends and restarts a kernel by killing its process.
func TestVSCode(t *testing.T) {
	b := tools(t)
	program, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	folders := []string{filepath.Dir(program)}
	if b.gopls != "" {
		folders = append(folders, filepath.Dir(b.gopls))
	}
	start := func() (*testKernel, *client) {
		k := startKernel(t, kernelOptions{
			argv:      append(realArgv(t), "--path", strings.Join(folders, ":")),
			env:       []string{"PATH=/usr/bin:/bin", "GOFLAGS=-ldflags=-w", "GOPROXY=off"},
			workdir:   t.TempDir(),
			transport: "tcp",
		})
		return k, connect(t, k.conn)
	}
	end := func(k *testKernel) {
		k.cmd.Process.Signal(syscall.SIGTERM)
		if err := k.leavesNothing(); err != nil {
			t.Error(err)
		}
	}
	execute := func(c *client, code string) outcome {
		return c.finish(c.start(code, "stop_on_error", false, "allow_stdin", true))
	}

	k, c := start()
	info := c.Ask(jupyter.Shell, "kernel_info_request", struct{}{})
	language := info["language_info"].(map[string]any)
	if language["name"] != "go" || language["file_extension"] != ".go" || language["mimetype"] == "" {
		t.Errorf("got language_info %v, want Go's name, extension and type, by which cells are highlighted", language)
	}
	c.Ask(jupyter.Shell, "comm_info_request", map[string]any{"target_name": "jupyter.widget"})
	if o := execute(c, "%%\nfmt.Print(strings.ToUpper(\"go\"))"); o.stdout != "GO" { // goimports is found
		t.Errorf(`got %v, want stdout "GO"`, o)
	}
	if o := execute(c, "!which go goimports"); o.Status != "ok" {
		t.Errorf("the shell of a cell: got %v, want it to find go and goimports", o)
	}
	until(t, "Println", c.complete, "%%\nfmt.Printl")
	if b.gopls != "" {
		until(t, "func fmt.Println", c.inspect, "%%\nfmt.Println")
	}

	running := c.start("%%\nfmt.Println(\"up\")\nselect {\ncase <-time.After(time.Hour):\n}", "stop_on_error", false)
	c.prints(running, "up\n")
	if r := c.Ask(jupyter.Shell, "interrupt_request", struct{}{}); r["status"] != "ok" {
		t.Errorf("Stop: got the reply %v, want ok", r)
	}
	if o := c.finish(running); o.EName != keyboardInterrupt {
		t.Errorf("the cell that was stopped: got %v, want ename %s", o, keyboardInterrupt)
	}

	end(k)
	k, c = start() // Restart
	if o := execute(c, "%%\nfmt.Print(1)"); o.stdout != "1" {
		t.Errorf(`after a restart: got %v, want stdout "1"`, o)
	}
	end(k)
}
