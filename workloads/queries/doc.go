// Package queries is work that other processes do: a query goes to a worker's
// process, and its answer comes back, unless the process crashes.
//
//	fleet := queries.Processes(queries.Crash("primes 100", 1))
//	defer fleet.Close()
//	w, err := fleet.Start(ctx)
//	…
//	answer, err := w.Ask(ctx, "squares 10") // 285
//	err = w.Close()
//
// It is made to be given to a program under test, which starts workers, asks
// them, and closes them. The [Fleet] that the workers belong to keeps account
// from inside, in [Fleet.Account]: how many there were at once, which queries
// were asked how often, and what is left. So a test can say what a pool of
// workers did without looking at a clock.
//
// The workers of [Processes] are child processes of the program (see package
// child), and a crash is one: the process kills itself with the query in hand.
// The workers of [Simulated] answer the same queries and crash alike, without a
// process, and take the time of a synctest bubble.
package queries
