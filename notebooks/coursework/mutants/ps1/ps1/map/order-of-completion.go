// Results are appended as they come.
// Fails: TestMapKeepsTheOrder

// Map calls work for every item.
func Map[In, Out any](limit int, items []In, work func(item In) (Out, error)) ([]Out, error) {
	var mu sync.Mutex
	var results []Out
	errs := make([]error, len(items))
	var all sync.WaitGroup
	slots := make(chan bool, limit)
	for i, item := range items {
		slots <- true
		all.Go(func() {
			defer func() { <-slots }()
			result, err := work(item)
			if err != nil {
				var zero Out
				result = zero
			}
			mu.Lock()
			defer mu.Unlock()
			results = append(results, result)
			errs[i] = err
		})
	}
	all.Wait()
	return results, errors.Join(errs...)
}
