// Package fibonacci is the CPU-bound work of Real Python's article on
// concurrency, in its edition of 2024-11-25: it computes the same Fibonacci
// number twenty times, by plain recursion.
//
// The size is the article's own, fib(35) twenty times, so that its figures can
// be compared with ours without a factor. The article gives these times for
// Python: 35.36 s one after another, 39.86 s on five threads, 86.50 s with
// asyncio, which awaits every call of fib, and 10.02 s on processes. Go takes
// about a second for all twenty, one after another, which is some thirty times
// less than CPython. That is enough work to distribute; see package primes for
// longer work.
package fibonacci

// The article's work is to call Of(Number) Count times.
const (
	Number = 35
	Count  = 20
	Known  = 9_227_465 // Of(Number)
)

// Of returns the nth Fibonacci number, where Of(0) is 0 and Of(1) is 1. It adds
// the two previous numbers, each of which it computes anew. Each increment of n
// takes 1.6 times as long: the 35th number takes some 30 million calls. For n
// below 2, Of returns n.
func Of(n int) int {
	if n < 2 {
		return n
	}
	return Of(n-2) + Of(n-1)
}
