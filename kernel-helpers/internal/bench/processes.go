package bench

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"example.com/speedup/kernel-helpers/procpool"
	"example.com/speedup/workloads/sites"
)

// Go's ways to download on processes.
const (
	wayProcesses       = "processes"         // Workers processes, each with one URL at a time
	wayProcessesFanOut = "processes-fan-out" // Workers ÷ Chunk processes, each with a goroutine for each URL in a chunk
)

// mostChunk is the number of concurrent requests for which a worker keeps
// connections.
const mostChunk = 16

// openClient creates a worker's own client, just as each of the documents'
// processes creates its own session.
func openClient() (*http.Client, error) { return newClient(mostChunk), nil }

var downloadOne = procpool.DefineWith("bench: download", openClient,
	func(ctx context.Context, client *http.Client, url string) (int, error) {
		return sites.Download(ctx, client, url)
	})

var downloadChunk = procpool.DefineWith("bench: download a chunk", openClient,
	func(ctx context.Context, client *http.Client, urls []string) (int, error) {
		size, err := total(func(download downloader) error { return fannedOut(ctx, urls, download) }, client)
		return int(size), err
	})

// downloadOnProcesses starts the pool before the measured time. The cost of
// that is a separate work.
func downloadOnProcesses(ctx context.Context, job Job) (Outcome, error) {
	workers := job.Workers
	if job.Way == wayProcessesFanOut {
		workers /= job.Chunk
	}
	pool, err := procpool.Start(ctx, workers)
	if err != nil {
		return Outcome{}, err
	}
	defer pool.Close()
	urls := job.urls()
	start := time.Now()
	var sizes []int
	if job.Way == wayProcesses {
		sizes, err = procpool.Collect(downloadOne.Map(ctx, pool, slices.Values(urls)))
	} else {
		sizes, err = procpool.Collect(downloadChunk.Map(ctx, pool, slices.Chunk(urls, job.Chunk)))
	}
	if err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{Seconds: time.Since(start).Seconds(), Downloads: len(urls)}
	for _, size := range sizes {
		outcome.Bytes += int64(size)
	}
	return outcome, pool.Close()
}

// processWorks returns the downloads on processes.
func processWorks(size sizer) []Work {
	var (
		few       = size(160, 20)
		processes = size(5, 2)
		chunk     = 5 // pages, as in the documents
	)
	return []Work{
		{
			Name: "processes", Title: fmt.Sprintf("%s on %d processes", count(few), processes), Downloads: few,
			Sides: []Side{
				{Name: "go", Title: "Go procpool", Way: wayProcesses, Workers: processes},
				{Name: "multiprocessing", Title: fmt.Sprintf("multiprocessing.Pool(%d)", processes), Way: "process_pool", Package: "requests", Workers: processes},
			},
			Requirements: []Requirement{fasterThan("multiprocessing")},
		},
		{
			Name: "processes-fan-out", Title: fmt.Sprintf("%s on %d processes × %d at once", count(few), processes, chunk),
			Downloads: few, Blog: true, Chunk: chunk,
			Sides: []Side{
				{Name: "go", Title: "Go procpool × goroutines", Way: wayProcessesFanOut, Workers: processes * chunk},
				{Name: "aiohttp", Title: fmt.Sprintf("ProcessPoolExecutor(%d) × aiohttp", processes), Way: "process_aiohttp", Package: "aiohttp", Workers: processes * chunk},
			},
			Requirements: []Requirement{fasterThan("aiohttp")},
		},
	}
}
