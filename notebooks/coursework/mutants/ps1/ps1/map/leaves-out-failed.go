// The results of failed items are left out, so the others move up.
// Fails: TestMapKeepsEveryError

// Map calls work for every item.
func Map[In, Out any](limit int, items []In, work func(item In) (Out, error)) ([]Out, error) {
	all := make([]Out, len(items))
	errs := make([]error, len(items))
	var workers errgroup.Group
	workers.SetLimit(limit)
	for i, item := range items {
		workers.Go(func() error {
			all[i], errs[i] = work(item)
			return nil
		})
	}
	workers.Wait()
	var results []Out
	for i, result := range all {
		if errs[i] == nil {
			results = append(results, result)
		}
	}
	return results, errors.Join(errs...)
}
