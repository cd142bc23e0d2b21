package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/speedup/kernel-helpers/internal/scripttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"speedup-bench": main})
}

func TestScripts(t *testing.T) {
	scripttest.Run(t, testscript.Params{Dir: "testdata/script"})
}

func TestAnInterruptEndsTheProgramAndItsChildren(t *testing.T) {
	folder := t.TempDir()
	fifo := filepath.Join(folder, "alive")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// The Python side reports that it has started, and then hangs together with
	// a child.
	python := filepath.Join(folder, "python")
	script := `#!/bin/sh
case "$*" in
*versions) echo '{"python": "3.14", "packages": {"requests": "2"}}' ;;
*) exec >"` + fifo + `"; echo started; sleep 1000 & sleep 1000 ;;
esac
`
	if err := os.WriteFile(python, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	program := exec.CommandContext(t.Context(), "speedup-bench", "--quick", "--latency", "1ms", "--only", "sequential", "--python", python)
	program.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	var stderr bytes.Buffer
	program.Stderr = &stderr
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	side, err := os.Open(fifo) // returns when the side has opened it
	if err != nil {
		t.Fatal(err)
	}
	defer side.Close()
	lines := bufio.NewReader(side)
	if line, err := lines.ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("the side printed %q, %v; want started", line, err)
	}
	if err := program.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 { // until its processes have ended
		t.Errorf("the side also printed %q, %v; want the end of the file", rest, err)
	}
	program.Wait()
	if code := program.ProcessState.ExitCode(); code != 1 || !strings.Contains(stderr.String(), "stopped during") {
		t.Errorf("got status %d, stderr %q; want status 1 and that it was stopped", code, stderr.String())
	}
}
