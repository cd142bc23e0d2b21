// Package primes is CPU-bound work that takes Go as long as the documents' work
// takes Python. It counts primes by trial division, which is slow, simple and
// free of tricks.
//
// The documents' own work, sums of squares, took Python 6 to 11 s, and takes Go
// some 0.05 s (see package squares). Counting the primes below [Below] is 60 to
// 80 times as much work: 3 to 5 s of Go on one core of an ordinary machine.
// That is enough work for several processors, and the cost of starting a
// process or sending a message is small in comparison.
package primes

import (
	"fmt"
	"math"
)

// Below is the limit of the count: there are [Primes] primes below it.
const (
	Below  = 15_000_000
	Primes = 970_704
)

// A Range contains the numbers from From up to, but not including, Below.
type Range struct{ From, Below int }

func (r Range) String() string { return fmt.Sprintf("%d–%d", r.From, r.Below-1) }

// Count returns the number of primes in a range. It divides each odd number by
// the odd numbers up to its square root, until one divides it. A number costs
// more the larger it is, and primes cost most.
func Count(r Range) int {
	count := 0
	if r.From <= 2 && 2 < r.Below {
		count++
	}
	for n := max(r.From, 3) | 1; n < r.Below; n += 2 {
		if isPrime(n) {
			count++
		}
	}
	return count
}

// isPrime reports whether n, an odd number of at least 3, is prime.
func isPrime(n int) bool {
	for d := 3; d*d <= n; d += 2 {
		if n%d == 0 {
			return false
		}
	}
	return true
}

// Split divides the numbers below a limit into ranges of about the same cost.
// Later ranges are narrower: if all had the same width, the last would cost up
// to twice the average.
func Split(below, parts int) []Range {
	parts = max(1, min(parts, below))
	ranges := make([]Range, parts)
	from := 0
	for i := range ranges {
		// Counting below n takes about n^1.4 divisions (measured: 1.38 at
		// 300,000, 1.41 at 10,000,000).
		end := int(float64(below) * math.Pow(float64(i+1)/float64(parts), 1/1.4))
		if i == parts-1 {
			end = below
		}
		ranges[i] = Range{from, end}
		from = end
	}
	return ranges
}
