// It sleeps for as long as it thinks that a call takes.
// Fails: TestEachFillsEveryFreePlace, TestEachKeepsToItsLimit

// Each calls work for every item.
func Each[T any](limit int, items []T, work func(item T)) {
	for i, item := range items {
		go work(item)
		if (i+1)%limit == 0 {
			time.Sleep(90 * time.Millisecond)
		}
	}
	time.Sleep(time.Second)
}
