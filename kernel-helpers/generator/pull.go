package generator

import "iter"

// onPull runs a body on a coroutine of iter.Pull. Replies are what the
// coroutine yields; a message waits in a variable while the coroutine is
// switched to.
func onPull[Y, S any](y *Yielder[Y, S], run func()) {
	var m message[S]
	next, stop := iter.Pull(func(yield func(reply[Y]) bool) {
		y.out = func(r reply[Y]) message[S] {
			yield(r)
			return m
		}
		returned := false
		defer func() {
			if !returned {
				// On the way out by runtime.Goexit, which iter.Pull would
				// pass on to whoever steps: say so first, then stand still.
				yield(reply[Y]{what: exited})
			}
		}()
		run()
		returned = true
	})
	y.in = func(msg message[S]) reply[Y] {
		m = msg
		r, ok := next()
		if !ok {
			r.what = ended
		}
		if r.what == exited {
			go stop() // lets it exit, which ends this goroutine as well
		}
		return r
	}
}
