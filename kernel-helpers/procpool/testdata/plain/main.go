// This program's task uses a package variable that depends on another.
package main

import (
	"context"
	"fmt"

	"example.com/speedup/kernel-helpers/procpool"
)

// power is declared before the variables that it uses. Go initializes those first.
var power = procpool.Define("power", func(ctx context.Context, n int) (int, error) {
	fmt.Println(message)
	return raise(n), nil
})

var message = "main doesn't run " + fmt.Sprint("here")

var exponent = half * 2

var half = len(message) / 11

func raise(n int) int {
	result := 1
	for range exponent {
		result *= n
	}
	return result
}

func main() {
	ctx := context.Background()
	pool, err := procpool.Start(ctx, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := power.Submit(ctx, pool, 3).Wait(ctx)
	pool.Close()
	fmt.Println(n, err)
}
