// Package bench measures the same work in Go and in Python in one run, and
// checks the results against the project's requirements. Work consists of
// downloads from a local server, or of steps: numbers to compute (also in C),
// tasks for a process pool, values of a generator, switches of an event loop.
//
// The rules are:
//
//   - One server (workloads/sites, a child process) serves every side, and all
//     sides get
//     the same URLs.
//   - Every side, including Go's, runs as a child process of the benchmark, so
//     that peak
//     memory and CPU time come from the same wait4 call for all.
//   - A side reads one [Job] as JSON from stdin and prints one [Outcome] as
//     JSON on stdout;
//     the C side takes arguments instead. The seconds in an Outcome cover the downloads or
//     steps only. They exclude start-up, imports and the creation of a client, session or
//     pool, for all sides. The cost of starting a pool is a separate work.
//   - Sides take turns, and each run starts with a different side, so that a
//     slow phase of
//     the machine affects all of them.
//   - A side counts only if all its downloads succeeded and the total number of
//     bytes is
//     as expected, or if its steps gave the known answer.
//   - The limit of a side is ceil(downloads / workers) × latency: with this
//     number of
//     workers, no client can be faster.
//
// Processes started by a side count for its CPU time. Its peak memory is that
// of the largest of them. The files that the benchmark writes (the Python
// sides, which multiprocessing may read again, and the C program) are in one
// temporary folder, which is removed at the end.
//
// Times are compared by their minimum over the runs (the least disturbed run),
// memory by its median.
package bench
