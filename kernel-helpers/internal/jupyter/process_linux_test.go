package jupyter

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

func TestAKernelEndsWithItsOwner(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	owner := exec.CommandContext(t.Context(), program)
	owner.Env = append(os.Environ(), ownerVariable+"=1", "TMPDIR="+shortTemp(t))
	owner.Stderr = os.Stderr
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	var kernel int
	if _, err := fmt.Fscan(out, &kernel); err != nil {
		t.Fatal(err)
	}
	if leaktest.Gone(kernel) {
		t.Fatal("the kernel is not running at the start")
	}
	owner.Process.Kill()
	owner.Wait()
	leaktest.Wait(t, "the kernel ends with its owner", func() bool { return leaktest.Gone(kernel) })
}

// startCat starts a program with marks in its environment and waits until the
// program is running, because right after exec its environment reads as empty.
// The program ends with the test.
func startCat(t *testing.T, marks ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("cat")
	cmd.Env = append(os.Environ(), marks...)
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
		cmd.Process.Kill()
		cmd.Wait()
	})
	if _, err := in.Write([]byte{'x'}); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestAKernelWithinAKernelHasBothMarks(t *testing.T) {
	marks := []string{markerOf(NewID()), markerOf(NewID())}
	for _, mark := range marks {
		cmd, other := startCat(t, marks...), startCat(t, mark+"1")
		if err := (&process{marker: mark}).sweep(); err != nil {
			t.Fatal(err)
		}
		if cmd.Wait(); cmd.ProcessState.String() != "signal: killed" {
			t.Errorf("the process ended with %v, want it killed", cmd.ProcessState)
		}
		if leaktest.Gone(other.Process.Pid) {
			t.Error("a process with another mark was killed")
		}
	}
}
