package processes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

// hiding holds scripts that try to keep a process out of reach.
var hiding = map[string]string{
	"a child":            `sleep 600 & echo started; wait`,
	"a double fork":      `(sleep 600 & echo started)`,
	"a session":          `setsid sh -c 'sleep 600 & echo started; wait' &`,
	"deaf to signals":    `trap "" INT TERM HUP; (trap "" INT TERM HUP; echo started; while :; do sleep 600; done)`,
	"stopped":            `sleep 600 & kill -STOP $!; echo started; wait`,
	"all of it":          `trap "" INT TERM HUP; (env -i PATH="$PATH" setsid sh -c 'trap "" INT TERM HUP; (exec sleep 600) & echo started; wait' &) ; sleep 600`,
	"always another":     `hop() { sleep 0.01; hop & }; hop & hop & echo started`,
	"many":               `i=0; while [ $i -lt 100 ]; do sleep 600 & i=$((i+1)); done; echo started; wait`,
	"more and more":      `i=0; while [ $i -lt 1000 ]; do sleep 600 & i=$((i+1)); [ $i -ne 20 ] || echo started; done; wait`,
	"children that end":  `(while :; do sh -c 'exit 3'; done) & echo started; wait`,
	"zombies":            `sh -c 'sleep 0.01 & exec sleep 600' & echo started; wait`,
	"a tree of a bomb":   `bomb() { [ $1 -eq 0 ] || { bomb $(($1-1)) & bomb $(($1-1)) & }; sleep 600; }; bomb 6 & echo started; wait`,
	"forks while dying":  `trap 'sleep 600 &' CHLD; sleep 0.01 & echo started; while :; do sleep 0.01; done`,
	"begins another one": `self() { exec sh -c 'self() { exec sh -c "sleep 0.01; exec sleep 600"; }; self'; }; echo started; self`,
}

func TestKillTreeFindsEveryDescendant(t *testing.T) {
	for name, script := range hiding {
		t.Run(name, func(t *testing.T) {
			start(t, script)
			if err := KillTree(KillAll); err != nil {
				t.Error(err)
			}
			wantNone(t)
		})
	}
}

func TestKillTreeSparesWhatItsJudgeSpares(t *testing.T) {
	// There are two trees of two processes. The judge spares the root of one,
	// and all of the other.
	start(t, `sh -c 'sleep 600 & wait' & sh -c 'sleep 600 & wait' & echo started; wait`)
	await(t, 5)
	table, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	var head, root int // the first shell, and that of the second tree
	for _, p := range Below(table, os.Getpid(), KillAll) {
		switch {
		case p.Parent == os.Getpid():
			head = p.PID
		case p.Parent == head && root == 0:
			root = p.PID
		}
	}
	if err := KillTree(func(p Process) Fate {
		switch p.PID {
		case head:
			return Spare
		case root:
			return SpareTree
		}
		return Kill
	}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range living(t) {
		got = append(got, p.Name)
	}
	if want := "sh sh sleep"; strings.Join(got, " ") != want {
		t.Errorf("got %q left, want %q", got, want)
	}
}

const marks = "SPEEDUP_PROCESSES_TEST=1"

func isMark(entry string) bool { return entry == marks }

func TestKillMarkedFindsEveryProcess(t *testing.T) {
	for name, script := range hiding {
		if name == "all of it" { // it has cleared its environment
			continue
		}
		t.Run(name, func(t *testing.T) {
			start(t, script, marks)
			if err := KillMarked(isMark); err != nil {
				t.Error(err)
			}
			wantNone(t)
		})
	}
}

// During exec, the environment of a process is empty for a moment.
func TestAProcessIsKilledDuringExec(t *testing.T) {
	script := filepath.Join(t.TempDir(), "again")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexec \"$0\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, fmt.Sprintf(`for i in 1 2 3; do %q & done; echo started; wait`, script), marks)
	if err := KillMarked(isMark); err != nil {
		t.Error(err)
	}
	wantNone(t)
}

func TestKillMarkedSparesOthers(t *testing.T) {
	t.Setenv("SPEEDUP_PROCESSES_TEST", "1") // in our children, too
	start(t, `env SPEEDUP_PROCESSES_TEST=11 sleep 600 & env -i PATH="$PATH" sleep 600 & echo started; exec env -u SPEEDUP_PROCESSES_TEST sleep 600`)
	await(t, 3)
	leaktest.Wait(t, "three programs run", func() bool {
		n := 0
		for _, p := range living(t) {
			if p.Name == "sleep" {
				n++
			}
		}
		return n == 3
	})
	if err := KillMarked(isMark); err != nil {
		t.Fatal(err)
	}
	if got := living(t); len(got) != 3 {
		t.Errorf("got %v left, want three processes", got)
	}
}

func TestReapOrphansSparesTheAwaitedProcess(t *testing.T) {
	awaited := exec.CommandContext(t.Context(), "true")
	if err := awaited.Start(); err != nil {
		t.Fatal(err)
	}
	start(t, `(sh -c 'exit 3' &) ; echo started; sleep 600`)
	dead := func() (n int) {
		table, err := Table()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range table {
			if p.Parent == os.Getpid() && p.Zombie {
				n++
			}
		}
		return n
	}
	leaktest.Wait(t, "two are dead", func() bool { return dead() == 2 })
	if err := ReapOrphans(awaited.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if got := dead(); got != 1 {
		t.Errorf("got %d dead, want one, which is awaited", got)
	}
	if err := awaited.Wait(); err != nil {
		t.Errorf("wait for it: got error %v, want its status 0", err)
	}
	if err := ReapOrphans(0); err != nil { // no zombie is left
		t.Error(err)
	}
}

func TestAwaitExitLeavesTheEntry(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "exit 3")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !AwaitExit(cmd.Process.Pid) {
		t.Error("got false, want true")
	}
	if p, ok := read(cmd.Process.Pid); !ok || !p.Zombie {
		t.Errorf("got %+v, %t; want a zombie", p, ok)
	}
	if err := cmd.Wait(); err == nil || err.Error() != "exit status 3" {
		t.Errorf("Wait: got error %v, want exit status 3", err)
	}
	if AwaitExit(cmd.Process.Pid) {
		t.Error("a process that isn't our child: got true, want false")
	}
}

func TestASignalReachesTheGroup(t *testing.T) {
	cmd := start(t, `sleep 600 & echo started; wait`)
	await(t, 2)
	for range 2 { // the second finds no process alive
		if err := SignalGroup(cmd.Process.Pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		leaktest.Wait(t, "none is left", func() bool { return len(living(t)) == 0 })
	}
	cmd.Wait()
	if err := SignalGroup(cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Errorf("a group without processes: got error %v, want nil", err)
	}
}

func TestUsageCountsATree(t *testing.T) {
	cmd := start(t, `sh -c 'sleep 600 & wait' & sleep 600 & echo started; wait`)
	await(t, 4)
	if memory, n := Usage(cmd.Process.Pid, 100); n != 4 || memory < 4*100<<10 {
		t.Errorf("got %d processes with %d bytes, want 4 with at least 100 KB each", n, memory)
	}
	if _, n := Usage(cmd.Process.Pid, 2); n != 3 {
		t.Errorf("got %d processes, want 3, which is more than 2", n)
	}
	if got := Children(cmd.Process.Pid); len(got) != 2 {
		t.Errorf("got the children %v, want two", got)
	}
	if memory, n := Usage(1<<30, 2); memory != 0 || n != 0 {
		t.Errorf("no process: got %d with %d bytes, want none", n, memory)
	}
}

func TestAProcessNameMayContainParentheses(t *testing.T) {
	p, ok := parseStat(7, []byte("7 (a) b) (c) Z 42 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 12345 0"))
	if want := (Process{7, 42, true, "a) b) (c", 12345}); !ok || p != want {
		t.Errorf("got %+v, want %+v", p, want)
	}
}

func FuzzStatLinesAreReadOrRefused(f *testing.F) {
	f.Add([]byte("7 (a) S 1 7"))
	f.Fuzz(func(t *testing.T, stat []byte) { parseStat(1, stat) })
}

func TestThePresentIsAfterOurStart(t *testing.T) {
	p, ok := read(os.Getpid())
	if now := Now(); !ok || p.Start == 0 || now < p.Start || now > p.Start+100*3600*10 {
		t.Errorf("got the start %d and the present %d, want the present to be later by at most 10 hours", p.Start, now)
	}
}

func TestKillTreeOfSparesTheRootAndOthers(t *testing.T) {
	other := start(t, `sleep 600 & echo started; wait`)
	root := start(t, `trap "" CHLD; sleep 600 & (sleep 600 &) ; echo started; while :; do sleep 600; done`)
	if err := syscall.Kill(root.Process.Pid, syscall.SIGSTOP); err != nil { // so that it starts no more processes
		t.Fatal(err)
	}
	if err := KillTreeOf(root.Process.Pid, KillAll); err != nil {
		t.Fatal(err)
	}
	table, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Below(table, root.Process.Pid, KillAll) {
		if !p.Zombie {
			t.Errorf("got %s (%d) below the root, want it killed", p.Name, p.PID)
		}
	}
	for _, cmd := range []*exec.Cmd{root, other} {
		if leaktest.Gone(cmd.Process.Pid) {
			t.Errorf("process %d is gone, want it left alone", cmd.Process.Pid)
		}
	}
	if got := Children(other.Process.Pid); len(got) != 1 {
		t.Errorf("got the children %v of the other, want one", got)
	}
}
