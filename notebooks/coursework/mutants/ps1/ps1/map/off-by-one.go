// One call more than the limit is in flight.
// Fails: TestMapKeepsToItsLimit

// Map calls work for every item.
func Map[In, Out any](limit int, items []In, work func(item In) (Out, error)) ([]Out, error) {
	results := make([]Out, len(items))
	errs := make([]error, len(items))
	var all sync.WaitGroup
	slots := make(chan bool, limit)
	for i, item := range items {
		all.Go(func() {
			defer func() { <-slots }()
			result, err := work(item)
			if err != nil {
				errs[i] = err
				return
			}
			results[i] = result
		})
		slots <- true
	}
	all.Wait()
	return results, errors.Join(errs...)
}
