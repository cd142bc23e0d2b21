// This program's workers would start pools while they are being initialized: a
// package variable before the second task starts a pool.
package main

import (
	"context"
	"fmt"
	"os"

	"example.com/speedup/kernel-helpers/procpool"
)

var first = procpool.Define("first", func(ctx context.Context, n int) (int, error) { return n, nil })

var pool = func() *procpool.Pool {
	pool, err := procpool.Start(context.Background(), 1)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return pool
}()

var second = procpool.Define("second", func(ctx context.Context, n int) (int, error) { return n, nil })

func main() {
	defer pool.Close()
	another, err := procpool.Start(context.Background(), 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	another.Close()
}
