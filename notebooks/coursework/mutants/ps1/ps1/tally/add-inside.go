// The WaitGroup learns of a goroutine when that runs, which may be after Wait.
// Fails: TestTallyWaitsForTheLastText

// Tally counts words.
func Tally(names []string, read func(name string) string) map[string]int {
	var mu sync.Mutex
	counts := map[string]int{}
	var readers sync.WaitGroup
	for _, name := range names {
		go func() {
			readers.Add(1)
			defer readers.Done()
			text := read(name)
			mu.Lock()
			defer mu.Unlock()
			for word := range strings.FieldsSeq(text) {
				counts[word]++
			}
		}()
	}
	readers.Wait()
	mu.Lock()
	defer mu.Unlock()
	return maps.Clone(counts)
}
