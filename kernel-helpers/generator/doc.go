// Package generator is Python's generator protocol in Go: a function that
// hands out a value, stands still, and goes on when it is asked for the next.
//
//	letters := generator.New(func(y *generator.Yielder[string, int]) (string, error) {
//		n, err := y.Yield("a") // stands here until Next, Send or Throw
//		if err != nil {
//			return "", err
//		}
//		return fmt.Sprint("got ", n), nil
//	})
//	defer letters.Close()
//
// A Generator[Y, S, R] yields values of Y, receives values of S, and returns
// an R, which the error at its end carries (see [Stop]). The words are
// Python's: [Generator.Next], [Generator.Send], [Generator.Throw] and
// [Generator.Close] are next, send, throw and close; [From] is yield from;
// [ErrExit] is GeneratorExit. What a body is told by Throw is the error that
// its Yield returns, and an error that the body returns comes out at the call
// that stepped it. A test runs some thousand random programs here and in
// CPython and compares what happens.
//
// Three things differ, because Go's types and memory do:
//
//   - Next isn't Send(None). [Yielder.Sent] tells a sent zero from nothing, and
//     a Send before the first Next is refused whatever the value.
//   - An abandoned generator, one that nobody can reach any more, gets its
//     ErrExit at a garbage collection, not at once. One that is closed or has
//     come to its end leaves no goroutine. A body that holds its own Generator
//     keeps itself reachable: close it.
//   - A panic in a body comes out at the call that stepped it, as a
//     [PanicError] with the stack of the body.
//
// A generator isn't for concurrent use: it runs in turns with its caller. A
// second call while it runs, from inside or from another goroutine, gets
// [ErrRunning]. Yield belongs to the goroutine of the body.
//
// # Cost
//
// [New] makes a goroutine and two channels at the first Next. [NewPull] makes
// an [iter.Pull] coroutine instead; all else is the same code. What a step
// takes, in nanoseconds, rounded (the machine where this was committed, which
// has 2 processors and was idle; BenchmarkAStep prints yours):
//
//	CPython's generator                40 to  60
//	bare iter.Pull                            70
//	NewPull                                  115
//	a value over one bare channel            125
//	two bare channels, there and back        245
//	New                                      300
//	each level of From adds            10 to  25
//
// Two channels mean that a goroutine parks and another wakes, twice a step,
// each time through a scheduler that also looks for other work and other
// processors. A coroutine switch hands the processor over directly. CPython
// needs neither: it keeps a generator's frame on the heap, and a step is a call
// into it. Levels of From cost no switch: the caller steps the innermost
// generator itself, and the bodies in between sleep on.
package generator
