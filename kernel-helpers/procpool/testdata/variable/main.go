// This program starts its pool in a package variable, after all the tasks that
// the variable uses, and defines another task later. Workers serve before they
// reach the pool's variable.
package main

import (
	"context"
	"fmt"

	"example.com/speedup/kernel-helpers/procpool"
)

var double = procpool.Define("double", func(ctx context.Context, n int) (int, error) { return 2 * n, nil })

var answer, err = func() (int, error) {
	ctx := context.Background()
	pool, err := procpool.Start(ctx, 1)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	return double.Submit(ctx, pool, 21).Wait(ctx)
}()

var later = procpool.Define("later", func(ctx context.Context, n int) (int, error) { return n, nil })

func main() {
	fmt.Println(answer, err, min(1, len(fmt.Sprint(later))))
}
