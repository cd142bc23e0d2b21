package generator

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// findPython returns the checkout's own Python, or the one on PATH.
func findPython(t testing.TB) string {
	own, err := filepath.Abs("../../.venv/bin/python3")
	if err == nil {
		if _, err := os.Stat(own); err == nil {
			return own
		}
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 in .venv or on PATH to compare with")
	}
	return python
}

// cpython returns a function that runs programs in one CPython process.
func cpython(t *testing.T) func(source string) []string {
	cmd := exec.CommandContext(t.Context(), findPython(t), "testdata/protocol.py")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	ask, answers := json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))
	return func(source string) (lines []string) {
		if err := ask.Encode(source); err != nil {
			t.Fatalf("send a program to Python: %v", err)
		}
		if err := answers.Decode(&lines); err != nil {
			t.Fatalf("read Python's answer: %v, to\n%s", err, source)
		}
		return lines
	}
}

func TestGeneratorsBehaveAsInCPython(t *testing.T) {
	const programs = 3000
	python := cpython(t)
	seen := map[string]int{}
	for seed := range uint64(programs) {
		p := randomProgram(rand.New(rand.NewPCG(seed, 6)))
		want := python(p.python())
		for how, construct := range inTurn {
			if got := p.run(construct); !slices.Equal(got, want) {
				t.Fatalf("program %d, made by %s:\n%s\n%s", seed, how, p.python(), sideBySide(want, got))
			}
		}
		for _, line := range want {
			seen[line]++
		}
	}
	// The programs must have exercised everything that can happen.
	for _, line := range []string{
		"got None", "got 0", "got 1", "from gave None", "from gave 5", "from gave 7", "finally",
		"close: None", "close: RuntimeError", "close: E0", "close: ValueError",
		"next: ValueError", "next: RuntimeError", "next: StopIteration(None)", "next: StopIteration(5)",
		"send: TypeError", "send: StopIteration(6)", "throw: E0", "throw: GeneratorExit",
		"throw: RuntimeError", "throw: StopIteration(5)", "throw: StopIteration(7)", "throw: ValueError",
		"loop: []", "loop: ValueError", "loop: E1", "GeneratorExit", "StopIteration(None)", "RuntimeError", "ValueError",
	} {
		if seen[line] == 0 {
			t.Errorf("no program logged %q", line)
		}
	}
}

// sideBySide prints two logs in columns and marks the lines that differ.
func sideBySide(want, got []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %-40s %s\n", "CPython", "here")
	for i := range max(len(want), len(got)) {
		line := func(of []string) string {
			if i < len(of) {
				return of[i]
			}
			return ""
		}
		mark := " "
		if line(want) != line(got) {
			mark = "!"
		}
		fmt.Fprintf(&b, "%s %-40s %s\n", mark, line(want), line(got))
	}
	return b.String()
}
