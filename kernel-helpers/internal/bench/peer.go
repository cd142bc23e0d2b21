package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
)

// peerGCPercent is the GOGC of the Go side. Most of its memory is garbage that
// has not been collected yet: 50 instead of 100 saves a tenth of the memory
// with 500 connections and a quarter with 2,000, and costs about a tenth more
// CPU time.
const peerGCPercent = 50

// ServePeer is the Go side: it reads a [Job] from stdin, does it, and writes
// the [Outcome] to stdout. The first download or step that fails cancels the
// others and is the error. ServePeer sets GOGC, so the process should be a peer
// only.
func ServePeer(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	debug.SetGCPercent(peerGCPercent)
	var job Job
	if err := json.NewDecoder(stdin).Decode(&job); err != nil {
		return fmt.Errorf("bench: read the job: %w", err)
	}
	outcome, err := Do(ctx, job)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(outcome)
}

// Do does a job in Go and measures it.
func Do(ctx context.Context, job Job) (Outcome, error) {
	switch job.Way {
	case wayLoop, wayPool, wayFanOut:
		return Download(ctx, job)
	case wayProcesses, wayProcessesFanOut:
		return downloadOnProcesses(ctx, job)
	case waySquares, wayPrimes:
		return compute(job)
	case waySquaresGoroutines, wayPrimesGoroutines:
		return computeOnGoroutines(job)
	case waySquaresProcesses, wayPrimesProcesses:
		return computeOnProcesses(ctx, job)
	case wayPoolStart:
		return startPools(ctx, job)
	case wayPoolMap, wayPoolMapChunks:
		return runEmptyTasks(ctx, job)
	case wayGenerator, wayGeneratorPull, wayIterPull, wayChannels:
		return step(job)
	case wayEventloop:
		return switchTasks(ctx, job)
	}
	return Outcome{}, fmt.Errorf("bench: there is no Go way called %q", job.Way)
}
