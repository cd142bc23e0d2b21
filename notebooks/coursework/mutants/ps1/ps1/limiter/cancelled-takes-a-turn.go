// A call reserves its turn at the start, and keeps it when it is cancelled.
// Fails: TestLimiterCancelledTakesNoTurn

// Limiter spaces calls.
func Limiter(every time.Duration) (wait func(ctx context.Context) error) {
	var mu sync.Mutex
	var next time.Time
	return func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		mu.Lock()
		now := time.Now()
		start := next
		if start.Before(now) {
			start = now
		}
		next = start.Add(every)
		mu.Unlock()
		timer := time.NewTimer(start.Sub(now))
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
