// Of all errors the first one is returned.
// Fails: TestMapKeepsEveryError, TestMapKeepsErrorsOfTheSameMoment

// Map calls work for every item.
func Map[In, Out any](limit int, items []In, work func(item In) (Out, error)) ([]Out, error) {
	results := make([]Out, len(items))
	var once sync.Once
	var first error
	var all sync.WaitGroup
	slots := make(chan bool, limit)
	for i, item := range items {
		slots <- true
		all.Go(func() {
			defer func() { <-slots }()
			result, err := work(item)
			if err != nil {
				once.Do(func() { first = err })
				return
			}
			results[i] = result
		})
	}
	all.Wait()
	return results, first
}
