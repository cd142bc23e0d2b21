// Package primes is CPU-bound work that takes Go as long as its documents' work
// takes Python: it counts primes by trial division, a slow and simple way with
// no trick to it.
//
// The documents' own work, sums of squares, took their Python 6 to 11 s, and
// takes Go some 0.05 s (see package squares). Counting the primes below [Below]
// is 60 to 80 times as much work: 3 to 5 s of Go on one core of an ordinary
// machine. So several processors have something to share, and starting a
// process or sending a message is small against it.
package primes

import (
	"fmt"
	"math"
)

// Below is where the counting ends: there are [Primes] primes below it.
const (
	Below  = 15_000_000
	Primes = 970_704
)

// A Range is the numbers from From up to, and without, Below.
type Range struct{ From, Below int }

func (r Range) String() string { return fmt.Sprintf("%d–%d", r.From, r.Below-1) }

// Count counts the primes of a range: each odd number is divided by the odd
// numbers up to its root, until one divides it. So a number costs more the
// larger it is, and primes cost most.
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

// isPrime reports whether an odd number from 3 on is prime.
func isPrime(n int) bool {
	for d := 3; d*d <= n; d += 2 {
		if n%d == 0 {
			return false
		}
	}
	return true
}

// Split cuts the numbers below a limit into ranges that cost about the same
// each: the later, the narrower. Ranges of the same width would cost up to twice
// as much at the end as on average.
func Split(below, parts int) []Range {
	parts = max(1, min(parts, below))
	ranges := make([]Range, parts)
	from := 0
	for i := range ranges {
		// Counting below n takes about n^1.4 divisions, as measured from 300,000
		// (1.38) to 10,000,000 (1.41).
		end := int(float64(below) * math.Pow(float64(i+1)/float64(parts), 1/1.4))
		if i == parts-1 {
			end = below
		}
		ranges[i] = Range{from, end}
		from = end
	}
	return ranges
}
