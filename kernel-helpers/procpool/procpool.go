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
// # Where to define tasks
//
// A worker is the same program, started again. It runs tasks while packages are
// being initialized, and ends there, so main never runs in a worker. Therefore
// call [Define] and [DefineWith] in package variables, and call [Start] in main
// or in functions called by main.
//
// A worker starts to serve once all tasks are defined that its parent had
// defined when it started the pool. By then Go has initialized everything that
// the tasks' functions refer to, because it initializes package variables in
// the order of their dependencies. The consequences for a worker are:
//
//   - The package variables that a task uses, directly or through the functions
//     it
//     calls, are initialized. Each worker initializes them anew: processes share no
//     memory.
//   - Other package variables may or may not be initialized. If one of them
//     starts
//     something, such as a server, each worker may start another. Start such things
//     in main and pass their addresses to the tasks.
//   - Functions named init run in the packages imported by the package with the
//     tasks, but not in that package itself. main and tests never run.
//
// Start fails if tasks were defined elsewhere, for example in main.
//
// # Crashes
//
// A worker that panics, exits, is killed, runs out of memory or is stuck longer
// than the time-out is replaced. The task that it was running is run again at
// most [Retries] times and then reported in a [TaskError] with its input. Tasks
// that were sent to the worker but not begun go to other workers, and that does
// not count as a retry. Without a [TaskTimeout], the pool waits for a worker
// that is stuck or stopped.
//
// No worker outlives its program, even if the program is killed: when the pipe
// to its parent closes, a worker ends together with the processes that it has
// started. Each worker is in its own process group and ignores interrupts, so
// that Ctrl-C reaches the parent only.
//
// # Values
//
// Inputs and results are encoded: numbers, booleans, strings and []byte
// directly, everything else by encoding/gob. gob's descriptions of types are
// sent once per worker. Values are therefore copies. Inside a struct, a pointer
// to a zero value and an empty slice both arrive as nil. Start rejects types
// that can't be sent (functions, channels, structs with unexported fields). A
// value of more than 64 MB is an error of its task.
//
// # Output
//
// The workers' standard output and standard error are shown line by line, with
// the worker's name: "worker-1: Read 10490 from …". Their standard input is the
// null device.
//
// # Cost
//
// A worker takes some 5 ms to start, and the memory of a Go program. A task
// costs a few microseconds, because tasks are sent to workers ahead of time.
// They are recalled if another worker is idle, so a long task delays no other.
package procpool
