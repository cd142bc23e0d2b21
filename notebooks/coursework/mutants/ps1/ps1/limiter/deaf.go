// It sleeps and looks at the context afterwards.
// Fails: TestLimiterHearsCancellation

// Limiter spaces calls.
func Limiter(every time.Duration) (wait func(ctx context.Context) error) {
	var mu sync.Mutex
	var next time.Time
	return func(ctx context.Context) error {
		mu.Lock()
		if err := ctx.Err(); err != nil {
			mu.Unlock()
			return err
		}
		now := time.Now()
		start := next
		if start.Before(now) {
			start = now
		}
		next = start.Add(every)
		mu.Unlock()
		time.Sleep(start.Sub(now))
		return ctx.Err()
	}
}
