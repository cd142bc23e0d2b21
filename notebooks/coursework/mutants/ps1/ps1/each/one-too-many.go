// There is one worker more than the limit.
// Fails: TestEachKeepsToItsLimit

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	queue := make(chan T)
	var workers sync.WaitGroup
	for i := 0; i <= limit; i++ {
		workers.Go(func() {
			for item := range queue {
				work(item)
			}
		})
	}
	for _, item := range items {
		queue <- item
	}
	close(queue)
	workers.Wait()
}
