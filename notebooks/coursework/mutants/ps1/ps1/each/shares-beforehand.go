// Each worker gets its share of the items beforehand, so one that is done early idles.
// Fails: TestEachFillsEveryFreePlace

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	if len(items) == 0 {
		return
	}
	share := (len(items) + limit - 1) / limit
	var workers sync.WaitGroup
	for part := range slices.Chunk(items, share) {
		workers.Go(func() {
			for _, item := range part {
				work(item)
			}
		})
	}
	workers.Wait()
}
