// Package eventloop shows how asyncio works, in a package small enough to read
// in one sitting: a loop, a list of what is ready to run, a heap of timers,
// poll(2) for sockets, and coroutines that let each other run whenever they
// wait.
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
// Read the files in this order: future.go (a result that is set later), task.go
// (a future whose result a coroutine computes), loop.go (what runs next),
// poll.go and socket.go (waiting for the network).
//
// A coroutine is a function that takes a [Coroutine], with which it waits. One
// coroutine calls another as it calls any function, without async or await.
// This works because a coroutine has its own stack: a wait suspends the whole
// coroutine, however deep in its calls the wait is.
//
// # One at a time
//
// At any moment one coroutine runs, or one callback, or the loop waits in poll.
// Nothing is ever interrupted, and data shared by coroutines needs no lock.
// Only the coroutine or callback that has the turn may use the loop and its
// futures, tasks and sockets. Any other caller, such as a goroutine started by
// a coroutine, gets [ErrWrongGoroutine], and the call has no effect; owner.go
// explains how the package detects it. While the loop isn't running, one
// goroutine at a time may prepare work.
//
// A coroutine must not block: waiting for a channel or a lock, or a long
// computation, stops all the others. Go's runtime contains a loop like this one
// but doesn't have that restriction. Use goroutines for your programs, and this
// package to see how such a loop works.
//
// # Cost
//
// A task switch is an [iter.Pull] coroutine switch in each direction, an entry
// in the ready list, and a check of the turn: about 120 ns, while
// asyncio.sleep(0) takes 2.3 to 2.5 µs. This was measured on an idle machine
// with 2 processors; BenchmarkSwitch measures yours. Over two channels a switch
// would take twice as long. While a socket is waiting, each round also calls
// poll: about 600 ns, and more with many sockets, because poll scans all of
// them. Creating a task takes 3 µs, most of it to find the id of its goroutine.
package eventloop
