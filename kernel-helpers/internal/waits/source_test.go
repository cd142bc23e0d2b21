package waits

import (
	"slices"
	"testing"
)

const sample = `import "sync"

var total, limit = 1, 2

// move moves money.
func move(from, to *account) {
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	to.n++
	to.mu.Unlock()
	results <- <-jobs
}

%%
for p := range pages {
	select {
	case out <- p:
		total++
	case <-quit:
	}
}

wg.Wait()`

func TestStatementsOfACell(t *testing.T) {
	s := Read(sample)
	if want := []string{"total", "limit"}; !slices.Equal(s.Variables, want) {
		t.Errorf("variables: got %q, want %q", s.Variables, want)
	}
	for line, want := range map[int]int{1: 3, 3: 3, 5: 7, 7: 7, 13: 16, 15: 16, 18: 19, 23: 24, 24: 24, 99: 24} {
		if got := s.Statement(line); got != want {
			t.Errorf("a breakpoint in line %d: got line %d, want %d", line, got, want)
		}
	}
	for _, code := range []string{"", "%%bash\necho", "func (", "just words\n"} {
		if got := Read(code).Statement(3); got != 3 {
			t.Errorf("%q: got line %d, want 3 as it was", code, got)
		}
	}
}

func TestWhatALineIsAbout(t *testing.T) {
	s := Read(sample)
	for _, e := range []struct {
		line         int
		reason, want string
	}{
		{7, "sync.Mutex.Lock", "from.mu"},
		{9, "sync.Mutex.Lock", "to.mu"},
		{12, "chan send", "results"},
		{12, "chan receive", "jobs"},
		{16, "chan receive", "pages"},
		{17, "select", "send on out, receive from quit"},
		{24, "sync.WaitGroup.Wait", "wg"},
		{24, "chan send", ""},
	} {
		if got := s.About(e.line, e.reason); got != e.want {
			t.Errorf("line %d: got %q, want %q", e.line, got, e.want)
		}
	}
}

func TestLocksHeldBeforeALine(t *testing.T) {
	s := Read(sample)
	for line, want := range map[int][]string{7: nil, 9: {"from.mu"}, 10: {"from.mu", "to.mu"}, 12: {"from.mu"}, 24: nil} {
		if got := s.Held(line); !slices.Equal(got, want) {
			t.Errorf("before line %d: got %q, want %q", line, got, want)
		}
	}
}
