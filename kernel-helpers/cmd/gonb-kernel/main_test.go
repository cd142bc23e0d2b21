package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// The test binary is the program itself if this is in its environment.
const itself = "TEST_GONB_KERNEL"

func TestMain(m *testing.M) {
	if os.Getenv(itself) != "" {
		main()
	}
	os.Exit(m.Run())
}

// call runs the program with a temporary folder of its own, in which it must leave
// nothing.
func call(t *testing.T, env []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	temp, err := os.MkdirTemp("/tmp", "gkm-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(temp)
	var out, said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(append(os.Environ(), itself+"=1", "TMPDIR="+temp, "GORACE=atexit_sleep_ms=0"), env...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 {
		t.Errorf("got %v, want nothing left", left)
	}
	return cmd.ProcessState.ExitCode(), out.String(), said.String()
}

func TestWrongUsageAndFailuresAreExplained(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "gkm-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	good := filepath.Join(dir, "c.json")
	c := jupyter.Connection{Transport: "ipc", IP: filepath.Join(dir, "s"), Key: "k", SignatureScheme: "hmac-sha256", ShellPort: 1, ControlPort: 2, StdinPort: 3, IOPubPort: 4, HBPort: 5}
	if err := c.Write(good); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.json")
	os.WriteFile(bad, []byte("{"), 0o600)
	broken := filepath.Join(dir, "gonb")
	os.WriteFile(broken, []byte("#!/bin/sh\necho no licence for this GoNB >&2\nexit 3\n"), 0o700)

	for _, e := range []struct {
		name   string
		env    []string
		args   []string
		status int
		says   string
	}{
		{"no connection file named", nil, nil, 2, "--connection is missing"},
		{"an unknown flag", nil, []string{"--colour"}, 2, "-colour"},
		{"an unknown log level", nil, []string{"--connection", good, "--log", "loud"}, 2, `"loud" is none of debug`},
		{"a missing connection file", nil, []string{"--connection", dir + "/none.json", "--gonb", broken}, 1, "none.json"},
		{"a connection file that isn't JSON", nil, []string{"--connection", bad, "--gonb", broken}, 1, "bad.json"},
		{"no GoNB", []string{"PATH=/bin"}, []string{"--connection", good}, 1, "install it or name it with --gonb"},
		{"a missing GoNB", nil, []string{"--connection", good, "--gonb", dir + "/none"}, 1, dir + "/none"},
		{"a GoNB that ends at once", nil, []string{"--connection", good, "--gonb", broken}, 1, "no licence for this GoNB"},
	} {
		t.Run(e.name, func(t *testing.T) {
			status, stdout, stderr := call(t, e.env, e.args...)
			if status != e.status || stdout != "" || !strings.Contains(stderr, e.says) || !strings.HasPrefix(stderr, "gonb-kernel: ") && e.says != "-colour" {
				t.Errorf("got status %d and %s%s, want status %d and %q", status, stdout, stderr, e.status, e.says)
			}
			if strings.Contains(stderr, "supervisor: supervisor:") {
				t.Errorf("got %s, want the prefix once", stderr)
			}
		})
	}
}

func TestHelpSucceedsAndNamesTheFlags(t *testing.T) {
	status, stdout, stderr := call(t, nil, "--help")
	if status != 0 || !strings.Contains(stdout+stderr, "{connection_file}") || !strings.Contains(stdout+stderr, "-go-work") {
		t.Errorf("got status %d and %s%s, want status 0 and the usage", status, stdout, stderr)
	}
}
