// It waits for the first item to be done, also when there are none.
// Fails: TestEachWithFewItems

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	var next atomic.Int64
	last := make(chan bool)
	var finished atomic.Int64
	for range min(limit, max(1, len(items))) {
		go func() {
			for i := next.Add(1) - 1; i < int64(len(items)); i = next.Add(1) - 1 {
				work(items[i])
				if finished.Add(1) == int64(len(items)) {
					close(last)
				}
			}
		}()
	}
	<-last
}
