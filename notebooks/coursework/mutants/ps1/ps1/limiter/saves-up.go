// Slots that nobody used are made up for afterwards.
// Fails: TestLimiterSavesNothingUp

// Limiter spaces calls.
func Limiter(every time.Duration) (wait func(ctx context.Context) error) {
	turn := make(chan time.Time, 1)
	turn <- time.Now()
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
			turn <- next.Add(every)
			return nil
		case <-ctx.Done():
			turn <- next
			return ctx.Err()
		}
	}
}
