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

// startCat starts a program with marks in its environment, which can be read
// once the program runs: right after exec it is empty for a moment. The program
// ends with the test.
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

func TestAProcessThatAPassMissesIsSweptAway(t *testing.T) {
	cmd := startCat(t)
	passes := 0
	err := sweepAll(func() ([]int, error) {
		if passes++; passes == 2 { // its parent was there at the first, unseen
			return []int{cmd.Process.Pid}, nil
		}
		return nil, nil
	})
	if err != nil || passes != 4 {
		t.Fatalf("%d passes, %v; want two more after one that found somebody", passes, err)
	}
	if cmd.Wait(); cmd.ProcessState.String() != "signal: killed" {
		t.Errorf("the process ended with %v", cmd.ProcessState)
	}
}

func TestAKernelWithinAKernelBearsBothMarks(t *testing.T) {
	outer, inner := markerOf(NewID()), markerOf(NewID())
	cmd := startCat(t, outer, inner)
	for _, marker := range []string{outer, inner} {
		pids, err := marked(append([]byte(marker), 0))
		if err != nil || len(pids) != 1 || pids[0] != cmd.Process.Pid {
			t.Errorf("marked finds %v, %v; want %d", pids, err, cmd.Process.Pid)
		}
	}
}
