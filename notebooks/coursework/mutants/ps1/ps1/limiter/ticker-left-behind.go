// A goroutine with a ticker hands out turns and never ends.
// Fails: TestLimiterIsShared

// Limiter spaces calls.
func Limiter(every time.Duration) (wait func(ctx context.Context) error) {
	turns := make(chan bool)
	go func() {
		for {
			turns <- true
			time.Sleep(every)
		}
	}()
	return func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		select {
		case <-turns:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
