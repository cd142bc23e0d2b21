package bench

import (
	"context"
	"fmt"
	"math/big"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/procpool"
	"example.com/speedup/workloads/primes"
	"example.com/speedup/workloads/squares"
)

// Go's ways to do CPU-bound work: the sums of squares of the numbers from First
// to First+Steps-1, and the number of primes below First, counted in Steps
// ranges.
const (
	waySquares           = "squares"
	waySquaresGoroutines = "squares-goroutines"
	waySquaresProcesses  = "squares-processes"
	wayPrimes            = "primes"
	wayPrimesGoroutines  = "primes-goroutines"
	wayPrimesProcesses   = "primes-processes"
)

var sumSquares = procpool.Define("bench: sum squares", func(_ context.Context, n int) (string, error) {
	return squares.Sum(n).String(), nil
})

var countPrimes = procpool.Define("bench: count primes", func(_ context.Context, r primes.Range) (int, error) {
	return primes.Count(r), nil
})

func numbers(job Job) []int {
	n := make([]int, job.Steps)
	for i := range n {
		n[i] = job.First + i
	}
	return n
}

func compute(job Job) (Outcome, error) {
	start := time.Now()
	answer := new(big.Int)
	if job.Way == waySquares {
		for _, n := range numbers(job) {
			answer.Add(answer, squares.Sum(n))
		}
	} else {
		answer.SetInt64(int64(primes.Count(primes.Range{Below: job.First})))
	}
	return stepsDone(job, start, answer.String()), nil
}

// computeOnGoroutines starts a goroutine for each number or range. With so few
// of them, a worker for each processor would bring no gain.
func computeOnGoroutines(job Job) (Outcome, error) {
	start := time.Now()
	results := make([]*big.Int, job.Steps)
	var group sync.WaitGroup
	if job.Way == waySquaresGoroutines {
		for i, n := range numbers(job) {
			group.Go(func() { results[i] = squares.Sum(n) })
		}
	} else {
		for i, r := range primes.Split(job.First, job.Steps) {
			group.Go(func() { results[i] = big.NewInt(int64(primes.Count(r))) })
		}
	}
	group.Wait()
	answer := new(big.Int)
	for _, result := range results {
		answer.Add(answer, result)
	}
	return stepsDone(job, start, answer.String()), nil
}

func computeOnProcesses(ctx context.Context, job Job) (Outcome, error) {
	pool, err := procpool.Start(ctx, job.Workers)
	if err != nil {
		return Outcome{}, err
	}
	defer pool.Close()
	start := time.Now()
	answer := new(big.Int)
	if job.Way == waySquaresProcesses {
		for text, err := range sumSquares.Map(ctx, pool, slices.Values(numbers(job))) {
			if err != nil {
				return Outcome{}, err
			}
			sum, _ := new(big.Int).SetString(text, 10)
			answer.Add(answer, sum)
		}
	} else {
		for n, err := range countPrimes.Map(ctx, pool, slices.Values(primes.Split(job.First, job.Steps))) {
			if err != nil {
				return Outcome{}, err
			}
			answer.Add(answer, big.NewInt(int64(n)))
		}
	}
	return stepsDone(job, start, answer.String()), pool.Close()
}

func stepsDone(job Job, start time.Time, answer string) Outcome {
	return Outcome{Seconds: time.Since(start).Seconds(), Steps: job.Steps, Answer: answer}
}

// squaresAnswer returns the answer that all sides must find, from the formula.
func squaresAnswer(first, steps int) string {
	sum := new(big.Int)
	for n := first; n < first+steps; n++ {
		sum.Add(sum, squares.Known(n))
	}
	return sum.String()
}

// primesAnswer returns the known number of primes below one of the benchmark's
// limits.
func primesAnswer(below int) string {
	return strconv.Itoa(map[int]int{primes.Below: primes.Primes, primesBelowQuick: 1_229}[below])
}

const primesBelowQuick = 10_000

// cpuWorks returns the works that are bound by the processors. They use as many
// workers.
func cpuWorks(size sizer) []Work {
	var (
		first   = size(squares.Large, 5_000)
		numbers = size(squares.Count, 4)
		below   = size(primes.Below, primesBelowQuick)
		cores   = runtime.GOMAXPROCS(0)
		ranges  = 8 * cores // so that no core is left alone with a long range at the end
	)
	return []Work{
		{
			Name: "squares", Title: fmt.Sprintf("Sums of squares, %d numbers from %s", numbers, count(first)),
			Steps: numbers, First: first, Answer: squaresAnswer(first, numbers), Unit: InAll, Runs: 2,
			Sides: []Side{
				{Name: "go", Title: "Go, one after another", Way: waySquares, Workers: 1},
				{Name: "goroutines", Title: "Go goroutines", Way: waySquaresGoroutines, Workers: cores},
				{Name: "procpool", Title: fmt.Sprintf("Go procpool, %d processes", cores), Way: waySquaresProcesses, Workers: cores},
				{Name: "python", Title: "Python, one after another", Way: "squares", Package: pythonAlone, Workers: 1},
				{Name: "multiprocessing", Title: fmt.Sprintf("multiprocessing.Pool(%d)", cores), Way: "squares_pool", Package: pythonAlone, Workers: cores},
				{Name: "numpy", Title: "numpy", Way: "squares_numpy", Package: "numpy", Workers: 1},
				{Name: "c", Title: "C, cc -O2", Way: "squares", Package: inC, Workers: 1},
			},
		},
		{
			Name: "primes", Title: "Primes below " + count(below),
			Steps: ranges, First: below, Answer: primesAnswer(below), Unit: InAll, Runs: 2,
			Sides: []Side{
				{Name: "go", Title: "Go, one after another", Way: wayPrimes, Workers: 1},
				{Name: "goroutines", Title: "Go goroutines", Way: wayPrimesGoroutines, Workers: cores},
				{Name: "procpool", Title: fmt.Sprintf("Go procpool, %d processes", cores), Way: wayPrimesProcesses, Workers: cores},
				{Name: "c", Title: "C, cc -O2", Way: "primes", Package: inC, Workers: 1},
			},
		},
	}
}
