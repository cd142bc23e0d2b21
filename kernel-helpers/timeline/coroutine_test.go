package timeline_test

import (
	"iter"
	"testing"

	"example.com/speedup/kernel-helpers/timeline"
)

func TestCoroutinesOfIterPullHaveLanes(t *testing.T) {
	raw, err := timeline.Record("test", func() {
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		})
		defer stop()
		for range 3 {
			next()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	run, err := timeline.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	n := run.Numbers()
	if n.Started != 1 || n.Libraries != 0 {
		t.Errorf("got %d goroutines started and %d by libraries, want 1 and 0:\n%v", n.Started, n.Libraries, n)
	}
}
