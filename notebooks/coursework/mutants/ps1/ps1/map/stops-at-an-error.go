// After an error no more items are begun.
// Fails: TestMapGoesOnAfterAnError

// Map calls work for every item.
func Map[In, Out any](limit int, items []In, work func(item In) (Out, error)) ([]Out, error) {
	results := make([]Out, len(items))
	errs := make([]error, len(items))
	var failed atomic.Bool
	var all sync.WaitGroup
	slots := make(chan bool, limit)
	for i, item := range items {
		slots <- true
		if failed.Load() {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			result, err := work(item)
			if err != nil {
				failed.Store(true)
				errs[i] = err
				return
			}
			results[i] = result
		})
	}
	all.Wait()
	return results, errors.Join(errs...)
}
