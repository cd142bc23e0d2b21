// Package procpool runs functions in worker processes, as Python's
// multiprocessing.Pool and concurrent.futures do:
//
//	var square = procpool.Define("square", func(ctx context.Context, n int) (int, error) {
//		return n * n, nil
//	})
//
//	func main() {
//		pool, err := procpool.Start(context.Background(), 2)
//		…
//		defer pool.Close()
//		for n, err := range square.Map(ctx, pool, slices.Values([]int{1, 2, 3})) {
//			fmt.Println(n, err)
//		}
//	}
//
// # Where tasks are defined
//
// A worker is the program itself, started again. It serves while packages are
// initialised and ends there, so main never runs in it. The rule is: call
// [Define] and [DefineWith] in package variables, and [Start] in main or below
// it. A worker serves as soon as all tasks are defined that were defined in its
// parent when the pool was started. By then Go has initialised whatever the
// tasks' functions mention, because it orders package variables by what they
// mention. So in a worker:
//
//   - The package variables that a task uses, directly or through the functions
//     it calls, are initialised, anew in each worker: processes share no memory.
//   - Other package variables may be initialised or not. One that starts
//     something, such as a server, starts another in each worker if it is: start
//     such things in main and hand their addresses to the tasks.
//   - Functions named init run in the packages that the package with the tasks
//     imports, but not in that package itself. main and tests never run.
//
// Start refuses tasks that were defined elsewhere, as in main.
//
// # Crashes
//
// A worker that panics, exits, is killed, runs out of memory or is stuck beyond
// the time-out is replaced by a new one. The task that it had in hand is run
// again at most [Retries] times, then reported in a [TaskError] with its input.
// Tasks that were sent ahead to the worker and not begun go to others and count
// as untouched. A worker that is stuck or stopped without a [TaskTimeout] is
// waited for.
//
// No worker outlives its program, even one that is killed: a worker ends, with
// the processes that it has started, when the pipe to its parent closes. It is
// in a process group of its own and ignores interrupts, so that Ctrl-C reaches
// the parent alone.
//
// # Values
//
// Inputs and results are encoded: numbers, booleans, strings and []byte
// directly, everything else by encoding/gob, whose type descriptions are sent
// once in a worker's life. So values are copies, a pointer to zero arrives as
// nil inside a struct, and an empty slice there arrives as nil. What can't be
// sent (functions, channels, unexported fields) is refused by Start; a value of
// more than 64 MB is an error of its task.
//
// # Output
//
// What workers write to standard output and standard error is shown line by
// line under the worker's name: "worker-1: Read 10490 from …". Standard input
// is the null device.
//
// # Cost
//
// A worker takes some 5 ms to start and the memory of a Go program; a task
// costs a few microseconds, because tasks are sent ahead to each worker. Tasks
// that were sent ahead are called back for a worker that has none, so a long
// task holds up no other.
package procpool
