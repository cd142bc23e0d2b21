package debugger

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
	s := readSource(sample)
	if want := []string{"total", "limit"}; !slices.Equal(s.variables, want) {
		t.Errorf("variables: got %q, want %q", s.variables, want)
	}
	for line, want := range map[int]int{1: 3, 3: 3, 5: 7, 7: 7, 13: 16, 15: 16, 18: 19, 23: 24, 24: 24, 99: 24} {
		if got := s.statement(line); got != want {
			t.Errorf("a breakpoint in line %d: got line %d, want %d", line, got, want)
		}
	}
	for _, code := range []string{"", "%%bash\necho", "func (", "just words\n"} {
		if got := readSource(code).statement(3); got != 3 {
			t.Errorf("%q: got line %d, want 3 as it was", code, got)
		}
	}
}

func TestWhatALineIsAbout(t *testing.T) {
	s := readSource(sample)
	for _, e := range []struct {
		line  int
		kinds []opKind
		want  string
	}{
		{7, []opKind{opLock}, "from.mu"},
		{9, []opKind{opLock}, "to.mu"},
		{12, []opKind{opSend}, "results"},
		{12, []opKind{opReceive}, "jobs"},
		{16, []opKind{opReceive}, "pages"},
		{17, []opKind{opSelect}, "send on out, receive from quit"},
		{24, []opKind{opWait}, "wg"},
		{24, []opKind{opSend}, ""},
	} {
		if got := s.about(e.line, e.kinds...); got != e.want {
			t.Errorf("line %d: got %q, want %q", e.line, got, e.want)
		}
	}
}

func TestLocksHeldBeforeALine(t *testing.T) {
	s := readSource(sample)
	for line, want := range map[int][]string{7: nil, 9: {"from.mu"}, 10: {"from.mu", "to.mu"}, 12: {"from.mu"}, 24: nil} {
		if got := s.held(line); !slices.Equal(got, want) {
			t.Errorf("before line %d: got %q, want %q", line, got, want)
		}
	}
}
