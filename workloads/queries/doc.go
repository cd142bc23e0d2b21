// Package queries is work done by other processes: a query is sent to a
// worker's process, and its answer comes back, unless the process crashes.
//
//	fleet := queries.Processes(queries.Crash("primes 100", 1))
//	defer fleet.Close()
//	w, err := fleet.Start(ctx)
//	…
//	answer, err := w.Ask(ctx, "squares 10") // 285
//	err = w.Close()
//
// It is made for tests of programs that start workers, ask them, and close
// them. The [Fleet] to which the workers belong records what happens, in
// [Fleet.Account]: how many workers there were at once, how often each query
// was asked, and what is left. So a test can check what a pool of workers did
// without looking at a clock.
//
// The workers of [Processes] are child processes of the program (see package
// rpc). When one crashes, its process kills itself during the query. The
// workers of [Simulated] answer the same queries and crash alike, but without a
// process, and they take their time from the clock of a synctest bubble.
package queries
