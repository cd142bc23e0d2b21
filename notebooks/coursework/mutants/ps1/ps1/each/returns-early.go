// It returns when the last item has been taken, while work still runs.
// Fails: TestEachWorksOnEveryItem

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	queue := make(chan T)
	for range limit {
		go func() {
			for item := range queue {
				work(item)
			}
		}()
	}
	for _, item := range items {
		queue <- item
	}
	close(queue)
}
