package timeline_test

import (
	"fmt"
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/timeline"
)

// Five goroutines sleep for a while at the same time.
func Example() {
	trace, err := timeline.Record("sleepers", func() {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { timeline.Task("sleep", func() { time.Sleep(20 * time.Millisecond) }) })
		}
		wg.Wait()
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := timeline.Read(trace)
	if err != nil {
		fmt.Println(err)
		return
	}
	n := run.Numbers()
	fmt.Println("started:", n.Started, "still there:", n.Left)
	fmt.Println("the longest wait was", n.LongestState)
	// Output:
	// started: 5 still there: 0
	// the longest wait was asleep
}
