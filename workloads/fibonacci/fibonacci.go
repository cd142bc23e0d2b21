// Package fibonacci is the CPU-bound work of Real Python's article on
// concurrency, in its edition of 2024-11-25: it computes the same Fibonacci
// number twenty times over, by plain recursion.
//
// The size is the article's own, fib(35) twenty times, so its figures can stand
// beside ours without a factor. It gives 35.36 s in Python one after another,
// 39.86 s on five threads, 86.50 s with asyncio, whose every call of fib is
// awaited, and 10.02 s on processes. Go takes about a second for the whole, one
// after another, and so some thirty times less than CPython. That is enough to
// be shared, but see package primes for longer work.
package fibonacci

// The article's work is Of(Number), Count times.
const (
	Number = 35
	Count  = 20
	Known  = 9_227_465 // is Of(Number)
)

// Of returns the nth Fibonacci number, of which the first is 1 and the one
// before it 0, as the sum of the two before it. That takes 1.6 times as long
// for each further n, as each sum is computed anew: some 30 million calls for
// the 35th. For n below 2 it returns n.
func Of(n int) int {
	if n < 2 {
		return n
	}
	return Of(n-2) + Of(n-1)
}
