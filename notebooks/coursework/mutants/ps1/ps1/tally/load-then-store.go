// Each access is atomic, but not the two together: a count is lost between Load and Store.
// Fails: TestTallyLosesNoCount

// Tally counts words.
func Tally(names []string, read func(name string) string) map[string]int {
	var counts sync.Map
	var readers sync.WaitGroup
	for _, name := range names {
		readers.Go(func() {
			for word := range strings.FieldsSeq(read(name)) {
				old, _ := counts.LoadOrStore(word, 0)
				counts.Store(word, old.(int)+1)
			}
		})
	}
	readers.Wait()
	all := map[string]int{}
	for word, n := range counts.Range {
		all[word.(string)] = n.(int)
	}
	return all
}
