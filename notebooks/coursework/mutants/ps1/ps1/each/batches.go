// The next items begin when the slowest of the batch before is done.
// Fails: TestEachFillsEveryFreePlace

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	for batch := range slices.Chunk(items, limit) {
		var all sync.WaitGroup
		for _, item := range batch {
			all.Go(func() { work(item) })
		}
		all.Wait()
	}
}
