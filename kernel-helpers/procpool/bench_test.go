package procpool

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		p, err := Start(b.Context(), 2)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		p.Close()
		b.StartTimer()
	}
}

func BenchmarkEmptyTask(b *testing.B) {
	p := newPool(b, 2)
	for name, opts := range map[string][]MapOption{"one by one": nil, "in chunks of 64": {Chunk(64)}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			count(b, empty.Map(b.Context(), p, slices.Values(make([]int, b.N)), opts...), b.N)
		})
	}
}

// BenchmarkTypes measures the cost of encoding a task's values in both
// directions.
func BenchmarkTypes(b *testing.B) {
	p := newPool(b, 2)
	b.Run("int", func(b *testing.B) {
		count(b, double.Map(b.Context(), p, slices.Values(make([]int, b.N))), b.N)
	})
	b.Run("struct", func(b *testing.B) {
		count(b, obey.Map(b.Context(), p, slices.Values(slices.Repeat([]order{{1, "work", "path"}}, b.N))), b.N)
	})
	b.Run("floats", func(b *testing.B) {
		count(b, floats.Map(b.Context(), p, slices.Values(slices.Repeat([][]float64{make([]float64, 100)}, b.N))), b.N)
	})
}

var floats = Define("floats", func(_ context.Context, f []float64) ([]float64, error) { return f, nil })

// BenchmarkEncoding measures the encodings alone, and what a task would cost
// with a new stream each time.
func BenchmarkEncoding(b *testing.B) {
	v := order{1, "work", "path"}
	for name, fresh := range map[string]bool{"one stream": false, "a stream for each value": true} {
		b.Run(name, func(b *testing.B) {
			var e encoder
			var d decoder
			for b.Loop() {
				e.buf = e.buf[:0]
				if fresh {
					e.gob = nil
				}
				if err := encodeValue(&e, &v); err != nil {
					b.Fatal(err)
				}
				d.data = e.buf
				var got order
				if err := decodeValue(&d, &got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCancel measures the time from the end of a context until all its
// work has ended.
func BenchmarkCancel(b *testing.B) {
	for _, how := range []string{"wait for the end", "spin", "stop"} {
		b.Run("of the pool/"+how, func(b *testing.B) {
			var took time.Duration
			for b.Loop() {
				ctx, cancel := context.WithCancel(b.Context())
				p, err := Start(ctx, 2)
				if err != nil {
					b.Fatal(err)
				}
				took += cancelled(b, p, ctx, cancel, how)
				p.Close()
			}
			b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N), "ms/cancel")
		})
		b.Run("of a call/"+how, func(b *testing.B) {
			p := newPool(b, 2)
			var took time.Duration
			for b.Loop() {
				leaktest.Wait(b, "both workers are ready", func() bool { return len(p.Workers()) == 2 })
				ctx, cancel := context.WithCancel(b.Context())
				took += cancelled(b, p, ctx, cancel, how)
			}
			b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N), "ms/cancel")
		})
	}
}

func cancelled(b *testing.B, p *Pool, ctx context.Context, cancel func(), how string) time.Duration {
	var start time.Time
	go func() {
		leaktest.Wait(b, "both tasks are running", func() bool { return inHand(p) == 2 })
		start = time.Now()
		cancel()
	}()
	for _, err := range obey.Map(ctx, p, slices.Values(slices.Repeat([]order{{1, how, ""}}, 10))) {
		if err == nil {
			b.Fatal("got no error")
		}
	}
	if ctx.Err() == nil {
		b.Fatal("the call ended before its context")
	}
	return time.Since(start)
}

func count[Out any](b testing.TB, results func(func(Out, error) bool), want int) {
	n := 0
	for _, err := range results {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	if n != want {
		b.Fatalf("got %d results, want %d", n, want)
	}
}

// BenchmarkAgainstPython compares this pool with multiprocessing.Pool and
// concurrent.futures.ProcessPoolExecutor, two workers each. They take turns; it
// reports the medians and their ratio. Both sides keep their pools, except that
// "start and end" creates new ones.
func BenchmarkAgainstPython(b *testing.B) {
	python, err := exec.LookPath("python3")
	if err != nil {
		b.Skip("no python3 on PATH to compare with")
	}
	cmd := exec.CommandContext(b.Context(), python, "testdata/peer.py")
	questions, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		questions.Close()
		cmd.Wait()
	}()
	answers := bufio.NewReader(stdout)
	ask := func(work string, n int) time.Duration {
		fmt.Fprintln(questions, work, n)
		line, err := answers.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		seconds, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
		if err != nil {
			b.Fatal(err)
		}
		return time.Duration(seconds * 1e9)
	}

	p := newPool(b, 2)
	one := func(n int) { count(b, empty.Map(b.Context(), p, slices.Values(numbers(n))), n) }
	for _, work := range []struct {
		name string
		n    int
		run  func(n int)
	}{
		{"map one by one", 20_000, one},
		{"imap one by one", 20_000, one},
		{"executor one by one", 5_000, one},
		{"map in chunks of 64", 200_000, func(n int) {
			count(b, empty.Map(b.Context(), p, slices.Values(numbers(n)), Chunk(64)), n)
		}},
		{"map in Python's chunks", 200_000, func(n int) {
			count(b, empty.Map(b.Context(), p, slices.Values(numbers(n)), Chunk(n/8)), n)
		}},
		{"megabytes", 100, func(n int) {
			count(b, echo.Map(b.Context(), p, slices.Values(slices.Repeat([][]byte{make([]byte, 1<<20)}, n))), n)
		}},
		{"start and end", 10, func(n int) {
			for range n {
				p, err := Start(b.Context(), 2)
				if err != nil {
					b.Fatal(err)
				}
				count(b, empty.Map(b.Context(), p, slices.Values(numbers(2))), 2)
				p.Close()
			}
		}},
	} {
		b.Run(work.name, func(b *testing.B) {
			const rounds = 5
			var ours, theirs []time.Duration
			for range rounds {
				start := time.Now()
				work.run(work.n)
				ours = append(ours, time.Since(start))
				theirs = append(theirs, ask(work.name, work.n))
			}
			slices.Sort(ours)
			slices.Sort(theirs)
			each := func(d []time.Duration) float64 { return float64(d[rounds/2].Nanoseconds()) / 1000 / float64(work.n) }
			b.ReportMetric(each(ours), "µs-go")
			b.ReportMetric(each(theirs), "µs-python")
			b.ReportMetric(each(theirs)/each(ours), "times-faster")
			b.ReportMetric(0, "ns/op")
		})
	}
}

var echo = Define("echo", func(_ context.Context, b []byte) ([]byte, error) { return b, nil })

// BenchmarkGigabyte sends a gigabyte through the pool in both directions, in
// pieces of a megabyte.
func BenchmarkGigabyte(b *testing.B) {
	for b.Loop() {
		p := newPool(b, 2)
		peak := gigabyte(b, p, 1<<10)
		b.ReportMetric(float64(peak)/(1<<20), "MB-at-most")
		p.Close()
	}
	b.SetBytes(1 << 30)
}

// gigabyte sends pieces of a megabyte through a pool and returns the peak of
// the memory that this program had from the system meanwhile.
func gigabyte(t testing.TB, p *Pool, pieces int) (peak uint64) {
	inputs := func(yield func([]byte) bool) {
		for range pieces {
			if !yield(make([]byte, 1<<20)) {
				return
			}
		}
	}
	runtime.GC()
	n := 0
	for r, err := range echo.Map(t.Context(), p, inputs) {
		if err != nil || len(r) != 1<<20 {
			t.Fatalf("got %d bytes, %v; want %d", len(r), err, 1<<20)
		}
		if n++; n%16 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
	}
	if n != pieces {
		t.Fatalf("got %d pieces, want %d", n, pieces)
	}
	return peak
}
