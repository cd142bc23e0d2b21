// Package generator implements Python's generator protocol in Go. A generator
// is a function that yields a value, pauses, and resumes when the caller wants
// the next value.
//
//	letters := generator.New(func(y *generator.Yielder[string, int]) (string, error) {
//		n, err := y.Yield("a") // pauses here until Next, Send or Throw
//		if err != nil {
//			return "", err
//		}
//		return fmt.Sprint("got ", n), nil
//	})
//	defer letters.Close()
//
// A Generator[Y, S, R] yields values of type Y, receives values of type S, and
// returns an R, which the error at its end carries (see [Stop]). The names are
// Python's: [Generator.Next], [Generator.Send], [Generator.Throw] and
// [Generator.Close] are next, send, throw and close; [From] is yield from;
// [ErrExit] is GeneratorExit. The error passed to Throw is returned by the
// body's Yield. An error that the body returns is returned by the call that
// stepped it. A test runs some thousand random programs both here and in
// CPython and compares their behaviour.
//
// Go's types and memory management cause three differences:
//
//   - Next isn't Send(None). [Yielder.Sent] distinguishes a zero that was sent
//     from a plain Next, and a Send before the first Next fails, whatever its value.
//   - An abandoned generator, which is one that has become unreachable,
//     receives
//     its ErrExit at a garbage collection, not at once. A generator that is closed
//     or at its end leaves no goroutine. A body that refers to its own Generator
//     keeps it reachable, so such a generator must be closed.
//   - A panic in a body continues in the call that stepped the body, as a
//     [PanicError] with the body's stack.
//
// A generator and its caller run in turns, and a generator is not safe for
// concurrent use. A second call while it runs, from inside or from another
// goroutine, gets [ErrRunning]. Only the body's goroutine may call Yield.
//
// # Cost
//
// [New] creates a goroutine and two channels at the first Next. [NewPull]
// creates an [iter.Pull] coroutine instead; the rest of the code is the same.
// These are the times of a step in nanoseconds, rounded, measured on an idle
// machine with 2 processors. BenchmarkAStep measures yours.
//
//	CPython's generator                40 to  60
//	bare iter.Pull                            70
//	NewPull                                  115
//	a value over one bare channel            125
//	two bare channels, there and back        245
//	New                                      300
//	each level of From adds            10 to  25
//
// With two channels, a goroutine parks and another wakes twice a step, each
// time through a scheduler that also looks for other work and other processors.
// A coroutine switch hands over the processor directly. CPython needs neither:
// it keeps a generator's frame on the heap, and a step is a call into it.
// Levels of From cost no switch: the caller steps the innermost generator
// itself, while the bodies in between stay paused.
package generator
