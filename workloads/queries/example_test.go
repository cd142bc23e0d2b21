package queries_test

import (
	"context"
	"errors"
	"fmt"

	"example.com/speedup/workloads/queries"
)

func Example() {
	ctx := context.Background()
	fleet := queries.Processes(queries.Crash("primes 100", 1))
	defer fleet.Close()
	for range 2 {
		w, err := fleet.Start(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		answer, err := w.Ask(ctx, "primes 100")
		fmt.Println(answer, errors.Is(err, queries.ErrCrashed))
		w.Close()
	}
	seen := fleet.Account()
	fmt.Println(seen.Started, "started,", seen.Crashed, "crashed,", seen.Left, "left")
	// Output:
	//  true
	// 25 false
	// 2 started, 1 crashed, 0 left
}
