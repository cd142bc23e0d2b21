package bench

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"example.com/speedup/kernel-helpers/procpool"
)

// Go's ways to measure the cost of a process pool.
const (
	wayPoolStart     = "pool-start"      // starts Steps pools of Workers, each until all workers are ready
	wayPoolMap       = "pool-map"        // runs Steps empty tasks
	wayPoolMapChunks = "pool-map-chunks" // the same, with Chunk tasks per message
)

var successor = procpool.Define("bench: successor", func(_ context.Context, n int) (int, error) { return n + 1, nil })

// startPools measures only the starts. The answer is the number of workers that
// were ready.
func startPools(ctx context.Context, job Job) (Outcome, error) {
	var took time.Duration
	ready := 0
	for range job.Steps {
		start := time.Now()
		pool, err := procpool.Start(ctx, job.Workers)
		took += time.Since(start)
		if err != nil {
			return Outcome{}, err
		}
		ready += len(pool.Workers())
		if err := pool.Close(); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{Seconds: took.Seconds(), Steps: job.Steps, Answer: strconv.Itoa(ready)}, nil
}

// runEmptyTasks measures tasks on a pool that has already run some.
func runEmptyTasks(ctx context.Context, job Job) (Outcome, error) {
	pool, err := procpool.Start(ctx, job.Workers)
	if err != nil {
		return Outcome{}, err
	}
	defer pool.Close()
	var options []procpool.MapOption
	if job.Way == wayPoolMapChunks {
		options = append(options, procpool.Chunk(job.Chunk))
	}
	inputs := numbers(job)
	run := func(inputs []int) (sum int, err error) {
		for n, err := range successor.Map(ctx, pool, slices.Values(inputs), options...) {
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return sum, nil
	}
	if _, err := run(inputs[:min(len(inputs), 100)]); err != nil {
		return Outcome{}, err
	}
	start := time.Now()
	sum, err := run(inputs)
	if err != nil {
		return Outcome{}, err
	}
	return stepsDone(job, start, strconv.Itoa(sum)), pool.Close()
}

// poolWorks returns the works that measure the cost of a pool of two processes.
func poolWorks(size sizer) []Work {
	const workers = 2
	starts, tasks := size(10, 1), size(20_000, 200)
	chunk := tasks / (4 * workers) // the size of Pool.map's chunks
	return []Work{
		{
			Name: "pool-start", Title: fmt.Sprintf("Starting a pool of %d processes, until all are ready", workers),
			Steps: starts, Answer: strconv.Itoa(starts * workers), Unit: Milliseconds,
			Sides: []Side{
				{Name: "go", Title: "Go procpool", Way: wayPoolStart, Workers: workers},
				{Name: "multiprocessing", Title: fmt.Sprintf("multiprocessing.Pool(%d)", workers), Way: "pool_start", Package: pythonAlone, Workers: workers},
			},
			Requirements: []Requirement{stepAtMost(10, Milliseconds)},
		},
		{
			Name: "pool-tasks", Title: fmt.Sprintf("%s empty tasks on %d processes, each", count(tasks), workers),
			Steps: tasks, Chunk: chunk, Answer: strconv.Itoa(tasks * (tasks + 1) / 2), Unit: Microseconds,
			Sides: []Side{
				{Name: "go", Title: "Go procpool Map", Way: wayPoolMap, Workers: workers},
				{Name: "chunks", Title: fmt.Sprintf("Go procpool Map, Chunk(%s)", count(chunk)), Way: wayPoolMapChunks, Workers: workers},
				{Name: "chunksize=1", Title: "Pool.map(chunksize=1)", Way: "pool_map_single", Package: pythonAlone, Workers: workers},
				{Name: "Pool.map", Title: "Pool.map, the same chunks", Way: "pool_map", Package: pythonAlone, Workers: workers},
				{Name: "executor", Title: "ProcessPoolExecutor.map", Way: "executor_map", Package: pythonAlone, Workers: workers},
			},
			Requirements: []Requirement{throughputOf("chunksize=1", 3)},
		},
	}
}
