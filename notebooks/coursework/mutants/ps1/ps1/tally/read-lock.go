// Writers hold the lock that is for readers.
// Fails: TestTallyLosesNoCount

// Tally counts words.
func Tally(names []string, read func(name string) string) map[string]int {
	var mu sync.RWMutex
	counts := map[string]int{}
	var readers sync.WaitGroup
	for _, name := range names {
		readers.Go(func() {
			text := read(name)
			mu.RLock()
			defer mu.RUnlock()
			for word := range strings.FieldsSeq(text) {
				counts[word]++
			}
		})
	}
	readers.Wait()
	return counts
}
