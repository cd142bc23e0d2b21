// Package probe measures concurrency from inside: a test hands the probe's calls
// to the code under test as its work, and asks afterwards how many of them were
// in flight, in which order they ran, which were cancelled, and what is left.
//
//	func TestEachRunsThreeAtATime(t *testing.T) {
//		probe.Run(t, func(t *testing.T, p *probe.Probe) {
//			err := Each(t.Context(), 3, names, func(ctx context.Context, name string) error {
//				return p.Call(ctx, name, 100*time.Millisecond, nil)
//			})
//			probe.KeptErrors(t, err)
//			p.MostInFlight(3)
//			p.NoneLeft()
//		})
//	}
//
// [Run] runs the test in a bubble of testing/synctest: sleeps and deadlines take
// no time and come at exact instants, so an assertion never depends on how fast
// the machine is. A panic, a deadlock, a goroutine that is left over or a test
// that doesn't come back is a failed test with a message that says who waits
// where, and the tests after it run.
//
// Assertions say in one message what was measured and what was asked for. They
// let the test go on. A test that fails also logs a picture of its calls over
// time, as text, unless somebody listens.
//
// Under -race the probe's own bookkeeping orders nothing: two workers that meet
// in a Call are as unordered as before, so the probe hides no data race of the
// code that it measures.
//
// [Listen] gives what was measured to a grader.
package probe
