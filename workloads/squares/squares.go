// Package squares is the CPU-bound work of the course's documents: for each of
// 20 numbers, the sum of the squares of all smaller numbers.
//
// For the numbers from 5,000,000, one document gives 11.24 s in Python, one
// after another, and 3.23 s on a pool of processes. Another document gives 5.87
// s for the numbers from 500,000, which is a tenth of the work. Today, CPython
// takes 4 to 11 s for the larger numbers and 0.6 s for the smaller ones, while
// Go takes some 0.05 s and 0.006 s. Go is about 100 times as fast or more, so
// this work is too small to show in Go what it shows in Python: starting a
// process takes as long as two of the larger sums. For work of the documents'
// size, see package primes.
package squares

import (
	"math/big"
	"math/bits"
)

// The documents' numbers are the Count numbers from Large, or from Small.
const (
	Large = 5_000_000
	Small = 500_000
	Count = 20
)

// Numbers returns the Count numbers from first: Numbers(Large) are 5,000,000 to
// 5,000,019.
func Numbers(first int) []int {
	numbers := make([]int, Count)
	for i := range numbers {
		numbers[i] = first + i
	}
	return numbers
}

// Sum returns the sum of the squares of 0 … n-1, computed by addition. For the
// larger of the documents' numbers it has 66 bits, so it is kept in two words.
// n may be up to 1<<32, which takes some seconds. For n less than 1 the sum is
// 0.
func Sum(n int) *big.Int {
	var high, low, carry uint64
	for i := range uint64(max(n, 0)) {
		low, carry = bits.Add64(low, i*i, 0)
		high += carry
	}
	sum := new(big.Int).SetUint64(high)
	return sum.Add(sum.Lsh(sum, 64), new(big.Int).SetUint64(low))
}

// Known returns the same sum from the formula (n-1)·n·(2n-1)/6, at once.
func Known(n int) *big.Int {
	if n < 1 {
		return new(big.Int)
	}
	sum := big.NewInt(int64(n - 1))
	sum.Mul(sum, big.NewInt(int64(n)))
	sum.Mul(sum, big.NewInt(int64(2*n-1)))
	return sum.Div(sum, big.NewInt(6))
}
