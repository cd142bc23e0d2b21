// The queue is never closed, so the workers wait for more items for ever.
// Fails: TestEachWorksOnEveryItem, TestEachWithFewItems

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	queue := make(chan T)
	var done sync.WaitGroup
	done.Add(len(items))
	for range limit {
		go func() {
			for item := range queue {
				work(item)
				done.Done()
			}
		}()
	}
	for _, item := range items {
		queue <- item
	}
	done.Wait()
}
