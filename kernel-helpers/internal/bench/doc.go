// Package bench measures the same work in Go and in Python in one run, and
// judges the figures that the project promises. Work is downloads from one
// local server, or steps: numbers to compute (in C, too), tasks for a process
// pool, values of a generator, turns of an event loop.
//
// The contract:
//
//   - One server (workloads/sites, a child process) serves every side; all
//     sides get the same URLs.
//   - Every side runs as a child process of the benchmark, the Go side too, so
//     that peak memory and CPU time come from the same wait4 call for all.
//   - A side reads one [Job] as JSON from stdin and prints one [Outcome] as
//     JSON on stdout; the C side reads arguments. The seconds in it span the
//     downloads or steps only: start-up, imports and the making of a client,
//     session or pool lie outside, on all sides. What the start of a pool costs
//     is a work of its own.
//   - Sides take turns, and each run starts with another side, so that a slow
//     spell of the machine meets all of them.
//   - A side counts only when all its downloads succeeded and the total of the
//     bytes is the expected one, or when its steps gave the known answer.
//   - The limit of a side is ceil(downloads / workers) × latency: no client
//     can be faster with so many workers.
//
// Processes that a side starts count for its CPU time; its peak memory is that
// of the largest of them. What the benchmark writes to disk (the Python sides,
// which multiprocessing may have to read anew, and the C program) lies in one
// temporary folder, which goes at the end.
//
// Times are compared by their minimum over the runs (the run that was least
// disturbed), memory by its median.
package bench
