// The first two calls go at once.
// Fails: TestLimiterSpacesCalls, TestLimiterIsShared

// Limiter spaces calls.
func Limiter(every time.Duration) (wait func(ctx context.Context) error) {
	turn := make(chan time.Time, 1)
	turn <- time.Time{}
	return func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var last time.Time
		select {
		case last = <-turn:
		case <-ctx.Done():
			return ctx.Err()
		}
		now := time.Now()
		timer := time.NewTimer(time.Until(last))
		defer timer.Stop()
		select {
		case <-timer.C:
			if last.IsZero() {
				turn <- now
			} else {
				turn <- last.Add(every)
			}
			return nil
		case <-ctx.Done():
			turn <- last
			return ctx.Err()
		}
	}
}
