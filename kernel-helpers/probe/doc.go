// Package probe tests concurrency: a test passes the probe's calls to the code
// under test as its work, and then checks how many of them were in flight at
// once, in which order they ran, which were cancelled, and what is left.
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
// [Run] runs the test in a bubble of [testing/synctest]. Sleeps and deadlines
// take no real time and happen at exact instants, so that assertions don't
// depend on the speed of the machine. A panic, a deadlock, a leaked goroutine
// or a test that doesn't return fails the test with a message that says which
// goroutines wait and where, and the following tests still run.
//
// Assertions report what was measured and what the test wants, and let the test
// continue. A test that fails also logs a text picture of its calls over time,
// unless a listener is set.
//
// Under -race the probe's bookkeeping creates no ordering: two workers that
// meet in a Call are as unordered as without it. The probe therefore hides no
// data race of the code that it measures.
//
// [Listen] passes the measurements to a grader.
package probe
