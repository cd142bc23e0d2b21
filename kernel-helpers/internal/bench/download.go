package bench

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/workloads/sites"
)

// Go's ways to download.
const (
	wayLoop   = "loop"    // one after another
	wayPool   = "pool"    // Workers goroutines take URLs from a channel
	wayFanOut = "fan-out" // a goroutine for each URL, all at once
)

// Download does a job with net/http and measures it.
func Download(ctx context.Context, job Job) (Outcome, error) {
	urls := job.urls()
	workers := job.Workers
	if workers == 0 {
		workers = len(urls)
	}
	client := newClient(workers)
	defer client.CloseIdleConnections()

	start := time.Now()
	bytes, err := total(func(download downloader) error {
		switch job.Way {
		case wayLoop:
			return oneAfterAnother(ctx, urls, download)
		case wayPool:
			return pooled(ctx, urls, workers, download)
		case wayFanOut:
			return fannedOut(ctx, urls, download)
		}
		return fmt.Errorf("bench: there is no Go way to download called %q", job.Way)
	}, client)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Seconds: time.Since(start).Seconds(), Downloads: len(urls), Bytes: bytes}, nil
}

func (j Job) urls() []string {
	urls := make([]string, j.Downloads)
	for i := range urls {
		urls[i] = j.Pages[i%len(j.Pages)]
	}
	return urls
}

// total runs run with a downloader and returns the total size of what that
// downloads. On every side, a sum is all that is kept of the pages.
func total(run func(downloader) error, client *http.Client) (int64, error) {
	var bytes atomic.Int64
	err := run(func(ctx context.Context, url string) error {
		n, err := sites.Download(ctx, client, url)
		bytes.Add(int64(n))
		return err
	})
	return bytes.Load(), err
}

// newClient returns an http.Client for this many concurrent requests to one
// host. The default transport keeps only 2 idle connections for each host (and
// 100 in all) and closes the others after each request, so that most downloads
// would need a new connection. This client keeps a connection for each worker.
//
// Each connection has buffers of 4 KB by default. 1 KB is enough for any GET
// and 2 KB for the header of any response; a long body bypasses the buffer.
// With 500 connections this saves a tenth of the memory and costs no time.
func newClient(workers int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = workers
	transport.MaxIdleConnsPerHost = workers
	transport.WriteBufferSize = 1 << 10
	transport.ReadBufferSize = 2 << 10
	return &http.Client{Transport: transport}
}

type downloader func(ctx context.Context, url string) error

func oneAfterAnother(ctx context.Context, urls []string, download downloader) error {
	for _, url := range urls {
		if err := download(ctx, url); err != nil {
			return err
		}
	}
	return nil
}

// pooled uses only as many goroutines as workers, so that 100,000 URLs don't
// become 100,000 stacks. With 500 in flight it takes slightly less memory and
// CPU time than a semaphore (errgroup's SetLimit), which starts a goroutine for
// each URL.
func pooled(ctx context.Context, urls []string, workers int, download downloader) error {
	group, ctx := errgroup.WithContext(ctx)
	queue := make(chan string)
	group.Go(func() error {
		defer close(queue)
		for _, url := range urls {
			select {
			case queue <- url:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range workers {
		group.Go(func() error {
			for url := range queue {
				if err := download(ctx, url); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func fannedOut(ctx context.Context, urls []string, download downloader) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, url := range urls {
		group.Go(func() error { return download(ctx, url) })
	}
	return group.Wait()
}
