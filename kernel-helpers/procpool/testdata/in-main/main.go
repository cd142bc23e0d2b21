// This program defines a task in main, where its workers would not find it.
package main

import (
	"context"
	"fmt"

	"example.com/speedup/kernel-helpers/procpool"
)

func main() {
	ctx := context.Background()
	procpool.Define("late", func(ctx context.Context, n int) (int, error) { return n, nil })
	_, err := procpool.Start(ctx, 2)
	fmt.Println(err)
}
