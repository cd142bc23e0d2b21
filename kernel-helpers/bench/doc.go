// Package bench measures the same downloads in Go and in Python, on one local
// server, in one run, and judges the figures that the project promises.
//
// The contract:
//
//   - One server (workloads/sites, a child process) serves every side; all
//     sides get the same URLs.
//   - Every side runs as a child process of the benchmark, the Go side too, so
//     that peak memory and CPU time come from the same wait4 call for all.
//   - A side reads one [Job] as JSON from stdin and prints one [Outcome] as
//     JSON on stdout. The seconds in it span the downloads only: start-up,
//     imports and the making of a client or session lie outside, on all sides.
//   - Sides take turns, and each run starts with another side, so that a slow
//     spell of the machine meets all of them.
//   - A side counts only when all its downloads succeeded and the total of the
//     bytes is the expected one.
//   - The limit of a side is ceil(downloads / workers) × latency: no client
//     can be faster with so many workers.
//
// Times are compared by their minimum over the runs (the run that was least
// disturbed), memory by its median.
package bench
