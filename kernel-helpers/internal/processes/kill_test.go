package processes

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDescendantsAreFoundThroughSparedOnes(t *testing.T) {
	table := []Process{{PID: 2, Parent: 1}, {PID: 3, Parent: 2}, {PID: 4, Parent: 3}, {PID: 5, Parent: 9}, {PID: 9, Parent: 0}}
	for fate, want := range map[Fate][]int{Kill: {2, 3, 4}, Spare: {3, 4}, SpareTree: nil} {
		var got []int
		for _, p := range Below(table, 1, func(p Process) Fate {
			if p.PID == 2 {
				return fate
			}
			return Kill
		}) {
			got = append(got, p.PID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("fate %d: got %v, want %v", fate, got, want)
		}
	}
}

// A scripted hunt sees a process table that changes with each look. The last
// table remains.
type scripted struct {
	looks  []sight // without found
	killed []int
}

func (s *scripted) run() error {
	return hunt{
		look: func() (sight, error) {
			now := s.looks[0]
			if len(s.looks) > 1 {
				s.looks = s.looks[1:]
			}
			now.found = Below(now.table, 1, KillAll)
			return now, nil
		},
		kill: func(pid int) error { s.killed = append(s.killed, pid); return nil },
	}.run()
}

// Reading the table is not atomic: a process may start another one at a
// position that was already read, and end before it is read itself.
func TestAHuntEndsIfNoProcessWasMissed(t *testing.T) {
	child := Process{PID: 3, Parent: 1}
	zombie := Process{PID: 2, Parent: 1, Zombie: true}
	stays := Process{PID: 9, Parent: 8, Zombie: true} // its parent never waits for it
	for name, c := range map[string]struct {
		looks  []sight
		killed []int
	}{
		"no process":          {[]sight{{}, {table: []Process{child}}}, nil},
		"one is gone":         {[]sight{{missed: true}, {table: []Process{child}}, {}}, []int{3}},
		"one is dead":         {[]sight{{table: []Process{zombie}}, {table: []Process{child}}, {}}, []int{3}},
		"one after the other": {[]sight{{missed: true}, {missed: true}, {missed: true}, {table: []Process{child}}, {}}, []int{3}},
		"it dies":             {[]sight{{table: []Process{child}}, {table: []Process{child}}, {missed: true}, {}, {table: []Process{child}}}, []int{3, 3}},
		"a zombie remains":    {[]sight{{table: []Process{stays}}, {table: []Process{stays}}, {table: []Process{child}}}, nil},
		"others keep ending":  {[]sight{{missed: true}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scripted{looks: c.looks}
				if err := s.run(); err != nil || !slices.Equal(s.killed, c.killed) {
					t.Errorf("got %v killed, error %[3]v; want %[2]v killed", s.killed, c.killed, err)
				}
			})
		})
	}
}

func TestOnlyAProcessThatDoesNotDieIsAnError(t *testing.T) {
	child := Process{PID: 3, Parent: 1, Name: "stone"}
	synctest.Test(t, func(t *testing.T) {
		s := scripted{looks: []sight{{table: []Process{child}}}}
		if err := s.run(); err == nil || !strings.Contains(err.Error(), "stone (3)") {
			t.Errorf("got error %v, want one that names the process", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		h := hunt{
			look: func() (sight, error) {
				if looks++; looks == 1 {
					return sight{found: []Process{child}}, nil
				}
				return sight{}, nil
			},
			kill: func(int) error { time.Sleep(2 * killWithin); return nil }, // the machine is busy
		}
		if err := h.run(); err != nil {
			t.Error(err)
		}
	})
}
