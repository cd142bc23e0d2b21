// A failed item's result isn't the zero value.
// Fails: TestMapKeepsEveryError

// Map calls work for every item.
func Map[In, Out any](limit int, items []In, work func(item In) (Out, error)) ([]Out, error) {
	results := make([]Out, len(items))
	errs := make([]error, len(items))
	var all sync.WaitGroup
	slots := make(chan bool, limit)
	for i, item := range items {
		slots <- true
		all.Go(func() {
			defer func() { <-slots }()
			results[i], errs[i] = work(item)
		})
	}
	all.Wait()
	return results, errors.Join(errs...)
}
