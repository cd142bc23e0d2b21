// Errors are joined in the order in which they came.
// Fails: TestMapJoinsErrorsInOrder

// Map calls work for every item.
func Map[In, Out any](limit int, items []In, work func(item In) (Out, error)) ([]Out, error) {
	var mu sync.Mutex
	var errs []error
	results := make([]Out, len(items))
	var all sync.WaitGroup
	slots := make(chan bool, limit)
	for i, item := range items {
		slots <- true
		all.Go(func() {
			defer func() { <-slots }()
			result, err := work(item)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
				return
			}
			results[i] = result
		})
	}
	all.Wait()
	return results, errors.Join(errs...)
}
