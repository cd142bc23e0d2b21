// A call that is cancelled doesn't pass the turn on, and the next one waits for ever.
// Fails: TestLimiterCancelledTakesNoTurn

// Limiter spaces calls.
func Limiter(every time.Duration) (wait func(ctx context.Context) error) {
	turn := make(chan time.Time, 1)
	turn <- time.Time{}
	return func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var next time.Time
		select {
		case next = <-turn:
		case <-ctx.Done():
			return ctx.Err()
		}
		timer := time.NewTimer(time.Until(next))
		defer timer.Stop()
		select {
		case <-timer.C:
			turn <- time.Now().Add(every)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
