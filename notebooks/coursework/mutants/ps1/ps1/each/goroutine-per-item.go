// A semaphore holds the calls back, but every item has a goroutine that waits for it.
// Fails: TestEachStartsFewGoroutines

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	slots := make(chan bool, limit)
	var all sync.WaitGroup
	for _, item := range items {
		all.Go(func() {
			slots <- true
			defer func() { <-slots }()
			work(item)
		})
	}
	all.Wait()
}
