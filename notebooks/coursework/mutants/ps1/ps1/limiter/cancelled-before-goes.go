// A context that was cancelled before is only heard when there is something to wait for.
// Fails: TestLimiterCancelledBefore

// Limiter spaces calls.
func Limiter(every time.Duration) (wait func(ctx context.Context) error) {
	turn := make(chan time.Time, 1)
	turn <- time.Time{}
	return func(ctx context.Context) error {
		var next time.Time
		select {
		case next = <-turn:
		default:
			select {
			case next = <-turn:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if delay := time.Until(next); delay > 0 {
			timer := time.NewTimer(delay)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
				turn <- next
				return ctx.Err()
			}
		}
		turn <- time.Now().Add(every)
		return nil
	}
}
