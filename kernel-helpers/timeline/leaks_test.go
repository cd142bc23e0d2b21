package timeline

import (
	"strings"
	"testing"
)

func TestLeaksNameTheGoroutinesAndTheirLine(t *testing.T) {
	b := handmade()
	b.ended, b.end = false, 0
	for _, l := range b.order {
		l.frozen, l.final = false, span{}
	}
	// The function ends now, while worker 2 has been waiting for a channel
	// since 101.
	b.mark(1_110*ms, 1, true)
	leaks := runOf(b).Leaks()
	if len(leaks) != 1 || leaks[0].Count != 1 || leaks[0].Name != "worker" || leaks[0].State != Channel || leaks[0].Source != "job := <-jobs" || leaks[0].For != 9e6 {
		t.Fatalf("got %+v, want one worker that waits for a channel", leaks)
	}
	text := leaksText("A pool", leaks)
	if want := "A pool: goroutines left behind when the function returned: 1\n1 × worker, waiting for a channel, in worker at: job := <-jobs"; text != want {
		t.Errorf("got %q\nwant %q", text, want)
	}
	if h := leaksHTML("<A>", leaks); strings.Contains(h, "<A>") || strings.Contains(h, "<-jobs") {
		t.Errorf("the table is not escaped: %s", h)
	}
}

func TestAGoroutineThatIsAboutToEndIsNoLeak(t *testing.T) {
	b := newBuilder()
	b.move(0, 1, Running, 0, 0)
	b.mark(0, 1, false)
	for g := int64(2); g <= 4; g++ {
		b.create(1*ms, g, 1, true, "work")
		b.move(2*ms, g, Running, 1, 0)
	}
	b.move(9*ms, 3, Lock, -1, 0)
	b.mark(10*ms, 1, true)
	b.finish(10*ms+1000, 2) // it was about to end
	b.move(10*ms+2000, 3, Running, 0, 0)
	b.finish(10*ms+3000, 3) // it had to wait first
	// Goroutine 4 keeps running.
	r := runOf(b)
	if n := r.Numbers(); n.Left != 2 || len(r.Leaks()) != 2 {
		t.Errorf("got %d left, want goroutines 3 and 4: %+v", n.Left, r.Leaks())
	}
}
