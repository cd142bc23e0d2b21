package processes

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

// The test's process adopts orphans, like the supervisor of a kernel.
func TestMain(m *testing.M) {
	if err := Adopt(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	m.Run()
}

// start runs a script with sh and returns when it has printed "started".
func start(t *testing.T, script string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = InGroup()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := KillTree(KillAll); err != nil {
			t.Error(err)
		}
		cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "started") {
			return cmd
		}
	}
	t.Fatal("the script ended before it printed started")
	return nil
}

// living returns the descendants of the current process that are not zombies.
func living(t *testing.T) (alive []Process) {
	t.Helper()
	table, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Below(table, os.Getpid(), KillAll) {
		if !p.Zombie {
			alive = append(alive, p)
		}
	}
	return alive
}

func wantNone(t *testing.T) {
	t.Helper()
	for _, p := range living(t) {
		t.Errorf("got %s (%d), want no process left", p.Name, p.PID)
	}
}

// await waits until at least n processes live below this one.
func await(t *testing.T, n int) {
	t.Helper()
	leaktest.Wait(t, fmt.Sprintf("%d processes", n), func() bool { return len(living(t)) >= n })
}
