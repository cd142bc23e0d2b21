// Every goroutine has a lock of its own, which keeps nobody out.
// Fails: TestTallyLosesNoCount

// Tally counts words.
func Tally(names []string, read func(name string) string) map[string]int {
	counts := map[string]int{}
	var readers sync.WaitGroup
	for _, name := range names {
		readers.Go(func() {
			text := read(name)
			var mu sync.Mutex
			mu.Lock()
			defer mu.Unlock()
			for word := range strings.FieldsSeq(text) {
				counts[word]++
			}
		})
	}
	readers.Wait()
	return counts
}
