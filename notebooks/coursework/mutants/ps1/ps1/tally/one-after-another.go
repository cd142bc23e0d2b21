// There is no race because there are no goroutines.
// Fails: TestTallyReadsAtTheSameTime

// Tally counts words.
func Tally(names []string, read func(name string) string) map[string]int {
	counts := map[string]int{}
	for _, name := range names {
		for word := range strings.FieldsSeq(read(name)) {
			counts[word]++
		}
	}
	return counts
}
