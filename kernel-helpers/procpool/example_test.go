package procpool_test

import (
	"context"
	"fmt"
	"slices"

	"example.com/speedup/kernel-helpers/procpool"
)

var square = procpool.Define("square", func(ctx context.Context, n int) (int, error) {
	return n * n, nil
})

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
