package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.com/speedup/kernel-helpers/internal/bench"
)

// programMark makes the test binary the program itself, with the arguments
// after it; so does the peer's argument, for the program in a test.
const programMark = "run-as-speedup-bench"

func TestMain(m *testing.M) {
	// Under -race a program would sleep for a second at its end.
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	switch {
	case len(os.Args) > 1 && os.Args[1] == programMark:
		os.Args = append(os.Args[:1], os.Args[2:]...)
		main()
	case len(os.Args) > 1 && os.Args[1] == peerArgument:
		main()
	default:
		os.Exit(m.Run())
	}
}

// call runs the program without a Python.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv(bench.PythonVariable, "")
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestWrongUsageNamesTheMistake(t *testing.T) {
	for args, want := range map[string]string{
		"fast":                  `unexpected argument "fast"`,
		"--fast":                "flag provided but not defined",
		"--runs -1":             "at least 1",
		"--runs 0":              "at least 1",
		"--latency 0s":          "above 0",
		"--json --markdown":     "only one",
		"--quick --check":       "not judged",
		"--only fan-out,no-way": `no work "no-way" (there are sequential,`,
	} {
		code, stdout, stderr := call(t, strings.Fields(args)...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want status 2 and one line with %q", args, code, stdout, stderr, want)
		}
	}
}

func TestHelpListsTheWorksAndTheFlags(t *testing.T) {
	code, stdout, stderr := call(t, "--help")
	if code != 0 || stderr != "" {
		t.Errorf("status %d, stderr %q", code, stderr)
	}
	for _, want := range []string{"10,000, 500 in flight", "-markdown", "-check", "$" + bench.PythonVariable, "Exit status"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in the help:\n%s", want, stdout)
		}
	}
}

func TestEveryFormatShowsAQuickRun(t *testing.T) {
	quick := []string{"--quick", "--latency", "1ms", "--only", "fan-out, workers"}
	for format, want := range map[string]string{"": "20 fanned out\n", "--markdown": "| 20 fanned out |", "--json": `"title": "20 fanned out"`} {
		args := quick
		if format != "" {
			args = append(args, format)
		}
		code, stdout, stderr := call(t, args...)
		if code != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("%q: status %d, stderr %q, no %q in\n%s", format, code, stderr, want, stdout)
		}
		if format != "--json" {
			continue
		}
		var report bench.Report
		if err := json.Unmarshal([]byte(stdout), &report); err != nil {
			t.Fatal(err)
		}
		if len(report.Rows) != 2 || report.Rows[0].Name != "workers" || report.Rows[1].Name != "fan-out" {
			t.Errorf("not the two works in their order: %+v", report.Rows)
		}
	}
}

func TestCheckFailsWhenAMustWasNotMeasured(t *testing.T) {
	code, stdout, stderr := call(t, "--check", "--runs", "1", "--latency", "1ms", "--only", "fan-out")
	if code != 1 || !strings.Contains(stderr, "not measured") || !strings.Contains(stdout, "160 fanned out") {
		t.Errorf("status %d, stderr %q, stdout\n%s", code, stderr, stdout)
	}
}

func TestAPythonThatIsNotThereIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "python")
	code, _, stderr := call(t, "--quick", "--python", path)
	if code != 1 || !strings.Contains(stderr, path) {
		t.Errorf("status %d, stderr %q, want 1 and the path", code, stderr)
	}
}

func TestAnInterruptEndsTheProgramAndItsChildren(t *testing.T) {
	folder := t.TempDir()
	fifo := filepath.Join(folder, "alive")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// A Python side that says it has started, and hangs together with a child
	// of its own.
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
	program := exec.CommandContext(t.Context(), os.Args[0], programMark, "--quick", "--latency", "1ms", "--only", "sequential", "--python", python)
	var stderr bytes.Buffer
	program.Stderr = &stderr
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	side, err := os.Open(fifo) // waits for the side to open it
	if err != nil {
		t.Fatal(err)
	}
	defer side.Close()
	lines := bufio.NewReader(side)
	if line, err := lines.ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("the side said %q, %v", line, err)
	}
	if err := program.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 { // until its processes are gone
		t.Errorf("the side went on with %q, %v", rest, err)
	}
	program.Wait()
	if code := program.ProcessState.ExitCode(); code != 1 || !strings.Contains(stderr.String(), "stopped during") {
		t.Errorf("status %d, stderr %q, want 1 and that it was stopped", code, stderr.String())
	}
}
