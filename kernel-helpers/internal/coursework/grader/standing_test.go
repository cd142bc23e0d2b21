package grader

import (
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
)

const stuckPool = `func Pool(n int) {
	results := make(chan int)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { results <- i })
	}
	wg.Wait()
}`

func TestAProgramThatStandsStillSaysWhoWaitsForWhat(t *testing.T) {
	answers := []course.Code{{Cell: "pool", Text: stuckPool}}
	message := blocked + nobody + `
    sync.WaitGroup.Wait in Pool (pool:7)
    chan send in Pool.func1 (pool:5), started in Pool (pool:5) (3 such goroutines)
    running in Pool (pool:2)`
	hidden := blocked + nobody + "\n    chan send in Pool\n    sync.WaitGroup.Wait in Pool, started in Pool"
	trace := "SIGQUIT: quit\n\ngoroutine 7 [sync.WaitGroup.Wait]:\nsync.runtime_SemacquireWaitGroup(0x0?, 0x0?)\n\t/go/src/runtime/sema.go:114 +0x2e\nsync.(*WaitGroup).Wait(0xc0)\n\t/go/src/sync/waitgroup.go:206 +0x1\nanswer/pool.Pool(0x3)\n\t" + compile.CellRoot + "pool:7 +0x1\n\n" +
		strings.Repeat("goroutine 8 [chan send, 2 minutes]:\nanswer/pool.Pool.func1()\n\t"+compile.CellRoot+"pool:5 +0x1\nsync.(*WaitGroup).Go.func1()\n\t/go/src/sync/waitgroup.go:239 +0x1\ncreated by sync.(*WaitGroup).Go in goroutine 7\n\t/go/src/sync/waitgroup.go:237 +0x1\n\n", 2)
	for _, e := range []struct {
		name   string
		o      outcome
		hidden bool
		want   []string
		waits  int
	}{
		{"a deadlock", outcome{status: course.Failed, log: "    x.go:1: " + strings.ReplaceAll(message, "\n", "\n            ")}, false,
			[]string{"deadlock: your program stands still: 3 goroutines are waiting to send on results, and nobody receives; 1 goroutine is waiting for wg\n    waiting for wg in Pool (pool:7)\n    waiting to send on results in Pool.func1 (pool:5), started in Pool (pool:5) (3 such goroutines)\n    running in Pool (pool:2)"}, 2},
		{"a deadlock in a hidden test", outcome{status: course.Failed, log: "    x.go:1: " + strings.ReplaceAll(hidden, "\n", "\n            ")}, true,
			[]string{blocked + nobody + "\n    waiting to send on a channel in Pool\n    waiting for a WaitGroup in Pool, started in Pool"}, 0},
		{"another message", outcome{status: course.Failed, log: "    x.go:1: got 3, want 4"}, false, []string{"got 3, want 4"}, 0},
		{"out of time", outcome{status: course.TimedOut, exit: "it was still running after 1s", printed: trace}, false,
			[]string{"it was still running after 1s", "your program stands still: 2 goroutines are waiting to send on results, and nobody receives; 1 goroutine is waiting for wg\n    1 goroutine is waiting for wg in line 7 of pool\n    2 goroutines are waiting to send on results in line 5 of pool"}, 2},
		{"out of time in a hidden test", outcome{status: course.TimedOut, exit: "late", printed: trace}, true, []string{"late", "the answer, in line 7 of pool"}, 0},
		{"out of time and at work", outcome{status: course.TimedOut, exit: "late", printed: strings.Replace(trace, "[chan send, 2 minutes]", "[runnable]", 1)}, false, []string{"late", "the answer, in line 7 of pool"}, 0},
	} {
		exercise := &course.Exercise{Answers: answers}
		r := e.o.result(exercise, course.Case{Name: "TestX", Hidden: e.hidden})
		e.o.explainWaits(&r, answers)
		if !slices.Equal(r.Messages, e.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", e.name, strings.Join(r.Messages, "\n"), strings.Join(e.want, "\n"))
		}
		if len(r.Waits) != e.waits {
			t.Errorf("%s: got the waits %v, want %d", e.name, r.Waits, e.waits)
		}
	}
}
