// Each goroutine is waited for before the next one is started.
// Fails: TestEachKeepsToItsLimit, TestEachFillsEveryFreePlace

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	for _, item := range items {
		done := make(chan bool)
		go func() {
			defer close(done)
			work(item)
		}()
		<-done
	}
}
