package primes_test

import (
	"fmt"
	"sync"

	"example.com/speedup/workloads/primes"
)

func Example() {
	for _, r := range []primes.Range{{From: 0, Below: 100}, {From: 100, Below: 200}} {
		fmt.Println(r, primes.Count(r))
	}
	// Output:
	// 0–99 25
	// 100–199 21
}

// Each of several goroutines counts one range of a split.
func ExampleSplit() {
	ranges := primes.Split(1_000_000, 4)
	counts := make([]int, len(ranges))
	var group sync.WaitGroup
	for i, r := range ranges {
		group.Go(func() { counts[i] = primes.Count(r) })
	}
	group.Wait()
	fmt.Println(counts[0]+counts[1]+counts[2]+counts[3], "primes")
	// Output: 78498 primes
}
