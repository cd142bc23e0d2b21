//go:build linux

package supervisor

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestDescendantsAreFoundThroughSparedOnes(t *testing.T) {
	table := []process{{pid: 2, parent: 1}, {pid: 3, parent: 2}, {pid: 4, parent: 3}, {pid: 5, parent: 9}, {pid: 9, parent: 0}}
	var got []int
	for _, p := range below(table, 1, func(p process) mercy {
		if p.pid == 2 {
			return spare
		}
		return kill
	}) {
		got = append(got, p.pid)
	}
	if !slices.Equal(got, []int{3, 4}) {
		t.Errorf("found %v, want 3 and 4", got)
	}
}

func TestANameWithParenthesesDoesNotMisleadTheReader(t *testing.T) {
	p, ok := parseStat(7, []byte("7 (a) b) (c) Z 42 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 12345 0"))
	if want := (process{7, 42, true, "a) b) (c", 12345}); !ok || p != want {
		t.Errorf("read %+v, want %+v", p, want)
	}
}

func FuzzStatLinesAreReadOrRefused(f *testing.F) {
	f.Add([]byte("7 (a) S 1 7"))
	f.Fuzz(func(t *testing.T, stat []byte) { parseStat(1, stat) })
}

// A process that forks twice, starts a session of its own, ignores what can be
// ignored and empties its environment.
func TestAProcessThatHidesIsKilledAllTheSame(t *testing.T) {
	if err := adopt(); err != nil {
		t.Fatal(err)
	}
	script := `trap "" INT TERM HUP; (env -i setsid sh -c 'trap "" INT TERM HUP; (echo $$; exec sleep 600) & echo started; wait' &) ; sleep 600`
	cmd := exec.Command("sh", "-c", script)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "started"); {
	}
	if err := killBelow(spareNobody); err != nil {
		t.Error(err)
	}
	cmd.Wait()
	table, err := processes()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range below(table, os.Getpid(), spareNobody) {
		t.Errorf("%s (%d) is left", p.name, p.pid)
	}
}
