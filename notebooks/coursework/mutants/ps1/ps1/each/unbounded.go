// Every item gets a goroutine at once; the limit isn't looked at.
// Fails: TestEachKeepsToItsLimit, TestEachStartsFewGoroutines

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	var all sync.WaitGroup
	for _, item := range items {
		all.Go(func() { work(item) })
	}
	all.Wait()
}
