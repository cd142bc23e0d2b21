// A place for one guards the reading, too.
// Fails: TestTallyReadsAtTheSameTime

// Tally counts words.
func Tally(names []string, read func(name string) string) map[string]int {
	place := make(chan bool, 1)
	counts := map[string]int{}
	var readers sync.WaitGroup
	for _, name := range names {
		readers.Go(func() {
			place <- true
			defer func() { <-place }()
			for word := range strings.FieldsSeq(read(name)) {
				counts[word]++
			}
		})
	}
	readers.Wait()
	return counts
}
