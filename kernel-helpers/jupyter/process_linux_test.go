package jupyter

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// gone reports whether a process is no more, or a zombie that only its parent
// can take away.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || bytes.Contains(stat, []byte(") Z "))
}

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
	if gone(kernel) {
		t.Fatal("the kernel isn't there to begin with")
	}
	owner.Process.Kill()
	owner.Wait()
	for deadline := time.Now().Add(10 * time.Second); !gone(kernel); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d, the kernel, outlived its owner", kernel)
		}
	}
}

func TestAKernelWithinAKernelBearsBothMarks(t *testing.T) {
	outer, inner := markerOf(NewID()), markerOf(NewID())
	cmd := exec.Command("sleep", "600")
	cmd.Env = append(os.Environ(), outer, inner)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for _, marker := range []string{outer, inner} {
		pids, err := marked(append([]byte(marker), 0))
		if err != nil || len(pids) != 1 || pids[0] != cmd.Process.Pid {
			t.Errorf("marked finds %v, %v; want %d", pids, err, cmd.Process.Pid)
		}
	}
}
