// Package eventloop is what asyncio is, small enough to read in one sitting:
// one loop, a list of what is ready, a heap of timers, poll(2) for sockets, and
// coroutines that give way to each other where they wait.
//
//	loop := eventloop.New()
//	err := loop.Run(ctx, func(co *eventloop.Coroutine) error {
//		pages := make([]*eventloop.Task[int], len(urls))
//		for i, url := range urls {
//			pages[i] = eventloop.Go(loop, func(co *eventloop.Coroutine) (int, error) {
//				return download(co, url) // connect, send and receive without blocking
//			})
//		}
//		outcomes, err := eventloop.Await(co, eventloop.Gather(loop, pages...))
//		…
//	})
//
// Read it in this order: future.go (a result that comes later), task.go (a
// future with a coroutine that works it out), loop.go (who is next), poll.go
// and socket.go (waiting for the network).
//
// A coroutine is a function with a [Coroutine] to wait with. It needs no async
// and no await to call another one: a call is enough, because a coroutine has
// a stack of its own, and the innermost wait of any depth of calls suspends
// the whole.
//
// # One at a time
//
// At each moment either one coroutine runs, or one callback, or the loop waits
// in poll; nothing is ever interrupted, and what the coroutines share needs no
// lock. Whoever touches the loop, its futures, tasks and sockets must have the
// turn. Anybody else, such as a goroutine that a coroutine has started, gets
// [ErrWrongGoroutine], and nothing happens; owner.go tells how it is noticed.
// While the loop doesn't run, one goroutine at a time may prepare things.
//
// What coroutines must not do is block: a channel, a lock or a long
// computation stops every other one. Go's own runtime has a loop like this one
// inside, and doesn't have that restriction: so use goroutines, and this to see
// how it works.
//
// # Cost
//
// A task switch is one [iter.Pull] coroutine switch there and one back, an
// entry in the ready list and a check of whose turn it is: about 120 ns, where
// asyncio.sleep(0) takes 2.3 to 2.5 µs (the machine where this was committed,
// which has 2 processors and was idle; BenchmarkSwitch prints yours). Over two
// channels it would be twice that. While a socket waits, each round asks poll
// as well, about 600 ns and more with many sockets, since poll goes through
// them all. To make a task takes 3 µs, most of it to learn the number of its
// goroutine.
package eventloop
