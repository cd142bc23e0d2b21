package timeline_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/timeline"
)

// BenchmarkRecording runs each kind of work with and without recording, in
// turn, and reports what recording adds to the median, in percent and per step.
// It does its own rounds: run it with -benchtime 1x.
func BenchmarkRecording(b *testing.B) {
	client, url := site(b)
	fanOut(client, url, 160) // opens the connections

	for _, work := range []struct {
		name   string
		rounds int
		steps  int
		run    func()
	}{
		{"160 downloads at once", 41, 160, func() { fanOut(client, url, 160) }},
		{"160 downloads on 5 workers", 5, 160, func() { pool(client, url, 5, 160) }},
		{"computing", 21, 8, func() { compute(8) }},
		{"200,000 hand-overs", 11, 200_000, func() { handOver(200_000) }},
	} {
		b.Run(work.name, func(b *testing.B) {
			var plain, recorded []time.Duration
			for b.Loop() {
				for range work.rounds {
					plain = append(plain, clock(work.run))
					if _, err := timeline.Record("", func() { recorded = append(recorded, clock(work.run)) }); err != nil {
						b.Fatal(err)
					}
				}
			}
			with, without := median(recorded), median(plain)
			b.ReportMetric(float64(without.Microseconds())/1e3, "ms")
			b.ReportMetric(100*(float64(with)/float64(without)-1), "%-more")
			b.ReportMetric(float64((with-without).Nanoseconds())/float64(work.steps), "ns-more/step")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkPicture measures what follows a run of 160 downloads: reading its
// trace, computing the numbers, and drawing.
func BenchmarkPicture(b *testing.B) {
	client, url := site(b)
	raw, err := timeline.Record("", func() { fanOut(client, url, 160) })
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := timeline.Read(raw)
		if err != nil {
			b.Fatal(err)
		}
		svg := r.SVG("160 downloads")
		b.ReportMetric(float64(len(svg))/1000, "kB-SVG")
		b.ReportMetric(float64(len(raw))/1000, "kB-trace")
	}
}

// site starts a server in its own process, as the course's notebooks do. The
// server takes 50 ms to answer. The client may keep 160 connections to it.
func site(b *testing.B) (client *http.Client, url string) {
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), programEnv+"=serves")
	stdin, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		server.Wait()
	})
	if _, err := fmt.Fscan(stdout, &url); err != nil {
		b.Fatal(err)
	}
	client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 160}}
	b.Cleanup(client.CloseIdleConnections)
	return client, url
}

// BenchmarkBuild builds a program that downloads, and the same program with an
// import of timeline, in turn. It reports what the import adds to the median,
// which is how much longer a cell waits. Each round links both programs anew,
// as for a cell.
func BenchmarkBuild(b *testing.B) {
	folder := b.TempDir()
	build := func(name, body string, round int) time.Duration {
		file := filepath.Join(folder, name+".go")
		if err := os.WriteFile(file, fmt.Appendf(nil, body, round), 0o600); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		out, err := exec.CommandContext(b.Context(), "go", "build", "-ldflags=-w", "-o", filepath.Join(folder, name), file).CombinedOutput()
		if err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		return time.Since(start)
	}
	const plain = `package main

import "net/http"

func main() { http.Get("http://localhost/%d") }
`
	shown := strings.NewReplacer(`import "net/http"`, `import "net/http"
import "example.com/speedup/kernel-helpers/timeline"`, `http.Get(`, `timeline.Show("", func() { http.Get(`, `") }`, `") }) }`).Replace(plain)
	build("plain", plain, 0)
	build("shown", shown, 0)
	const rounds = 9
	var without, with []time.Duration
	for b.Loop() {
		for range rounds {
			without = append(without, build("plain", plain, len(without)+1))
			with = append(with, build("shown", shown, len(with)+1))
		}
	}
	b.ReportMetric(median(without).Seconds(), "s-without")
	b.ReportMetric(median(with).Seconds(), "s-with")
	b.ReportMetric((median(with) - median(without)).Seconds(), "s-more")
	b.ReportMetric(0, "ns/op")
}

func clock(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func get(client *http.Client, url string) {
	if resp, err := client.Get(url); err == nil {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

func fanOut(client *http.Client, url string, n int) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { get(client, url) })
	}
	wg.Wait()
}

func pool(client *http.Client, url string, workers, n int) {
	jobs := make(chan string)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for url := range jobs {
				get(client, url)
			}
		})
	}
	for range n {
		jobs <- url
	}
	close(jobs)
	wg.Wait()
}

// compute keeps all processors busy for some 50 ms.
func compute(goroutines int) {
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			x := uint64(1)
			for range 10_000_000 {
				x = x*6364136223846793005 + 1442695040888963407
			}
			sink(x)
		})
	}
	wg.Wait()
}

//go:noinline
func sink(uint64) {}

func handOver(values int) {
	ball := make(chan int)
	go func() {
		defer close(ball)
		for i := range values {
			ball <- i
		}
	}()
	for range ball {
	}
}
