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
// an [iter.Pull] coroutine instead; all else is the same code. A step of
// either, beside bare channels and CPython (2 busy cores, medians of one run;
// BenchmarkAStep prints yours):
//
//	CPython's generator          36 ns
//	NewPull                      90 ns
//	one value over one channel  150 ns
//	two bare channels, to and fro   270 ns
//	New                         290 ns
//
// Two channels mean two parkings and two wakings a step, each through the
// scheduler, which also looks for other work and other processors. A coroutine
// switch hands the processor over directly. CPython needs neither: it keeps a
// generator's frame on the heap and only calls into it. A step through From
// costs about 10 ns more for each level: the caller steps the innermost
// generator and the ones between sleep on.
package generator
