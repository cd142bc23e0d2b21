// All readers write to one map without a lock.
// Fails: TestTallyLosesNoCount

// Tally counts words.
func Tally(names []string, read func(name string) string) map[string]int {
	counts := map[string]int{}
	var readers sync.WaitGroup
	for _, name := range names {
		readers.Go(func() {
			for word := range strings.FieldsSeq(read(name)) {
				counts[word]++
			}
		})
	}
	readers.Wait()
	return counts
}
