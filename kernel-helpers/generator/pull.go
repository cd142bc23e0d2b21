package generator

import "iter"

// onPull runs a body on a coroutine of iter.Pull, which yields nothing but the
// turn.
func onPull[Y, S any](y *Yielder[Y, S], run func()) {
	next, stop := iter.Pull(func(yield func(struct{}) bool) {
		y.toCaller = func() { yield(struct{}{}) }
		returned := false
		defer func() {
			if !returned {
				// On the way out by runtime.Goexit, which iter.Pull would
				// pass on to whoever steps: tell that one first, and stand
				// still.
				yield(struct{}{})
			}
		}()
		run()
		returned = true
	})
	y.toBody = func() {
		if _, more := next(); more && y.ended {
			go stop() // lets it go its way, which ends this goroutine as well
		}
	}
}
