//go:build linux

package supervisor

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
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
		t.Errorf("got %v, want 3 and 4", got)
	}
}

func TestAProcessNameMayContainParentheses(t *testing.T) {
	p, ok := parseStat(7, []byte("7 (a) b) (c) Z 42 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 12345 0"))
	if want := (process{7, 42, true, "a) b) (c", 12345}); !ok || p != want {
		t.Errorf("got %+v, want %+v", p, want)
	}
}

func FuzzStatLinesAreReadOrRefused(f *testing.F) {
	f.Add([]byte("7 (a) S 1 7"))
	f.Fuzz(func(t *testing.T, stat []byte) { parseStat(1, stat) })
}

// scripted is a hunt in a process table that changes at each look. The last table
// stays.
type scripted struct {
	looks  []sight
	killed []int
}

type sight struct {
	table  []process
	missed bool
}

func (s *scripted) run() error {
	return hunt{
		look: func() ([]process, bool, error) {
			now := s.looks[0]
			if len(s.looks) > 1 {
				s.looks = s.looks[1:]
			}
			return slices.Clone(now.table), now.missed, nil
		},
		prey: func(table []process) ([]process, bool) { return below(table, 1, spareNobody), false },
		kill: func(pid int) error { s.killed = append(s.killed, pid); return nil },
	}.run()
}

// The table isn't read in one instant: a process may start another one at a place
// that was read already, and end before it is read itself.
func TestAHuntEndsWhenNoProcessCanHaveBeenMissed(t *testing.T) {
	child := process{pid: 3, parent: 1}
	zombie := process{pid: 2, parent: 1, zombie: true}
	stays := process{pid: 9, parent: 8, zombie: true} // its parent never asks for it
	for name, c := range map[string]struct {
		looks  []sight
		killed []int
	}{
		"nobody is there":       {[]sight{{}, {table: []process{child}}}, nil},
		"one that is gone":      {[]sight{{missed: true}, {table: []process{child}}, {}}, []int{3}},
		"one that is dead":      {[]sight{{table: []process{zombie}}, {table: []process{child}}, {}}, []int{3}},
		"one after the other":   {[]sight{{missed: true}, {missed: true}, {missed: true}, {table: []process{child}}, {}}, []int{3}},
		"it dies of it":         {[]sight{{table: []process{child}}, {table: []process{child}}, {missed: true}, {}, {table: []process{child}}}, []int{3, 3}},
		"a dead one stays dead": {[]sight{{table: []process{stays}}, {table: []process{stays}}, {table: []process{child}}}, nil},
		"others end all along":  {[]sight{{missed: true}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scripted{looks: c.looks}
				if err := s.run(); err != nil || !slices.Equal(s.killed, c.killed) {
					t.Errorf("got %v killed, want %v: %v", s.killed, c.killed, err)
				}
			})
		})
	}
}

func TestAProcessThatDoesNotDieIsAnErrorAndALateDeathIsNot(t *testing.T) {
	child := process{pid: 3, parent: 1, name: "stone"}
	synctest.Test(t, func(t *testing.T) {
		s := scripted{looks: []sight{{table: []process{child}}}}
		if err := s.run(); err == nil || !strings.Contains(err.Error(), "stone (3)") {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		h := hunt{
			look: func() ([]process, bool, error) {
				if looks++; looks == 1 {
					return []process{child}, false, nil
				}
				return nil, false, nil
			},
			prey: func(table []process) ([]process, bool) { return table, false },
			kill: func(int) error { time.Sleep(2 * killWithin); return nil }, // the machine does something else
		}
		if err := h.run(); err != nil {
			t.Error(err)
		}
	})
}

// A process is killed even if it forks twice, starts a session of its own, ignores
// all signals that it can and clears its environment.
func TestAHidingProcessIsKilled(t *testing.T) {
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
		t.Errorf("got %s (%d), want no process left", p.name, p.pid)
	}
}
