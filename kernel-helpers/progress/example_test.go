package progress_test

import (
	"sync"

	"example.com/speedup/kernel-helpers/progress"
)

func Example() {
	bar := progress.Start(160, "downloads")
	defer bar.Done()
	var all sync.WaitGroup
	for range 160 {
		all.Go(func() {
			bar.Begin()
			// … download; bar.Fail() when that fails
			bar.Add(1)
		})
	}
	all.Wait()
	// Output:
}
