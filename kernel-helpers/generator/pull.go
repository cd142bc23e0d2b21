package generator

import "iter"

// onPull runs a body on a coroutine of iter.Pull, which only passes the turn.
func onPull[Y, S any](y *Yielder[Y, S], run func()) {
	next, stop := iter.Pull(func(yield func(struct{}) bool) {
		y.toCaller = func() { yield(struct{}{}) }
		returned := false
		defer func() {
			if !returned {
				// The body is exiting by runtime.Goexit, which iter.Pull would
				// pass on to the caller of next. First yield, so that the
				// caller learns of it, and wait.
				yield(struct{}{})
			}
		}()
		run()
		returned = true
	})
	y.toBody = func() {
		if _, more := next(); more && y.bodyDone {
			go stop() // lets the exit continue, which also ends the goroutine that runs stop
		}
	}
}
