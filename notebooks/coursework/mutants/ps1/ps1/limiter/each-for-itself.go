// Every call looks at the time of the last one without a lock.
// Fails: TestLimiterIsShared

// Limiter spaces calls.
func Limiter(every time.Duration) (wait func(ctx context.Context) error) {
	var next time.Time
	return func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		timer := time.NewTimer(time.Until(next))
		defer timer.Stop()
		select {
		case <-timer.C:
			next = time.Now().Add(every)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
