package procpool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/procpool"
)

var square = procpool.Define("square", func(ctx context.Context, n int) (int, error) {
	if n == 13 {
		os.Exit(3)
	}
	return n * n, nil
})

// start starts a pool, as a short program would.
func start(workers int, opts ...procpool.Option) *procpool.Pool {
	pool, err := procpool.Start(context.Background(), workers, opts...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return pool
}

// Results come in the order of the inputs.
func Example() {
	ctx := context.Background()
	pool, err := procpool.Start(ctx, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	for n, err := range square.Map(ctx, pool, slices.Values([]int{1, 2, 3, 4})) {
		fmt.Println(n, err)
	}
	// Output:
	// 1 <nil>
	// 4 <nil>
	// 9 <nil>
	// 16 <nil>
}

// A worker that ends costs only the task that it was running.
func Example_crash() {
	ctx := context.Background()
	pool := start(1, procpool.Retries(1))
	defer pool.Close()
	for n, err := range square.Map(ctx, pool, slices.Values([]int{12, 13, 14})) {
		fmt.Println(n, err, errors.Is(err, procpool.ErrCrashed))
	}
	// Output:
	// 144 <nil> false
	// 0 procpool: square(13) on worker-2: the worker ended: exit status 3 (tried 2 times) true
	// 196 <nil> false
}

var greet = procpool.DefineWith("greet",
	func() (*strings.Replacer, error) {
		fmt.Println("made once")
		return strings.NewReplacer("NAME", procpool.Worker()), nil
	},
	func(ctx context.Context, r *strings.Replacer, text string) (string, error) {
		return r.Replace(text), nil
	})

// Each worker creates the value that its tasks share. Output is prefixed with
// the worker's name.
func ExampleDefineWith() {
	ctx := context.Background()
	pool := start(1)
	greetings, err := procpool.Collect(greet.Map(ctx, pool, slices.Values([]string{"I am NAME", "still NAME"})))
	pool.Close()
	fmt.Println(greetings, err)
	// Output:
	// worker-1: made once
	// [I am worker-1 still worker-1] <nil>
}

func ExampleTask_AsCompleted() {
	ctx := context.Background()
	pool := start(2)
	defer pool.Close()
	for r, err := range square.AsCompleted(ctx, pool, slices.Values([]int{1, 2, 3, 4})) {
		fmt.Println(r.Index, r.Input, r.Output, err)
	}
	// Unordered output:
	// 0 1 1 <nil>
	// 1 2 4 <nil>
	// 2 3 9 <nil>
	// 3 4 16 <nil>
}

func ExampleTask_Submit() {
	ctx := context.Background()
	pool := start(2)
	defer pool.Close()
	future := square.Submit(ctx, pool, 7)
	// Meanwhile, the program can do something else.
	fmt.Println(future.Wait(ctx))
	// Output: 49 <nil>
}

var sum = procpool.Define("sum", func(ctx context.Context, numbers []int) (int, error) {
	total := 0
	for _, n := range numbers {
		total += n
	}
	return total, nil
})

// The input of a task may be a chunk of the work.
func ExampleTask_Map_chunks() {
	ctx := context.Background()
	pool := start(2)
	defer pool.Close()
	fmt.Println(procpool.Collect(sum.Map(ctx, pool, slices.Chunk([]int{1, 2, 3, 4, 5, 6, 7}, 3))))
	// Output: [6 15 7] <nil>
}
