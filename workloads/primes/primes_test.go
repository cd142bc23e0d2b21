package primes

import "testing"

// The counts are those of https://oeis.org/A006880.
func TestCountsAreKnown(t *testing.T) {
	for below, want := range map[int]int{-5: 0, 0: 0, 2: 0, 3: 1, 4: 2, 10: 4, 100: 25, 10_000: 1229, 1_000_000: 78_498} {
		if got := Count(Range{0, below}); got != want {
			t.Errorf("got %d primes below %d, want %d", got, below, want)
		}
	}
}

func TestARangeIncludesItsStartButNotItsEnd(t *testing.T) {
	for r, want := range map[Range]int{{2, 3}: 1, {3, 3}: 0, {3, 4}: 1, {4, 5}: 0, {7, 11}: 1, {7, 12}: 2, {8, 11}: 0, {9, 5}: 0} {
		if got := Count(r); got != want {
			t.Errorf("got %d primes in %v, want %d", got, r, want)
		}
	}
}

func TestSplitContainsEachNumberOnce(t *testing.T) {
	for _, below := range []int{1, 2, 7, 1000, Below} {
		for _, parts := range []int{-1, 1, 2, 3, 7, 64, 5000} {
			from := 0
			ranges := Split(below, parts)
			for _, r := range ranges {
				if r.From != from || r.Below < r.From {
					t.Fatalf("Split(%d, %d): got %v, want a range that starts at %d", below, parts, r, from)
				}
				from = r.Below
			}
			if from != below || len(ranges) > max(parts, 1) {
				t.Fatalf("Split(%d, %d) ends at %d with %d ranges, want %[1]d with at most %d", below, parts, from, len(ranges), max(parts, 1))
			}
		}
	}
	if ranges := Split(0, 3); len(ranges) != 1 || Count(ranges[0]) != 0 {
		t.Errorf("Split(0, 3) = %v, want one empty range", ranges)
	}
}

// This counts divisions rather than time, because the machine may be busy.
func TestTheRangesOfASplitCostAboutTheSame(t *testing.T) {
	cost := func(r Range) (divisions int) {
		for n := max(r.From, 3) | 1; n < r.Below; n += 2 {
			for d := 3; d*d <= n; d += 2 {
				divisions++
				if n%d == 0 {
					break
				}
			}
		}
		return divisions
	}
	const below, parts = 300_000, 8
	all := cost(Range{0, below})
	for _, r := range Split(below, parts) {
		if share := float64(cost(r)) * parts / float64(all); share < 0.95 || share > 1.05 {
			t.Errorf("%v costs %.2f of an equal share, want 0.95 to 1.05", r, share)
		}
	}
}

// Compute the number in another way, with the sieve of Eratosthenes. Counting
// as Count does takes seconds, which BenchmarkCount does.
func TestPrimesIsTheNumberOfPrimesBelowTheLimit(t *testing.T) {
	composite := make([]bool, Below)
	primes := 0
	for n := 2; n < Below; n++ {
		if composite[n] {
			continue
		}
		primes++
		for m := n * n; m < Below; m += n {
			composite[m] = true
		}
	}
	if primes != Primes {
		t.Errorf("got %d primes below %d, want %d", primes, Below, Primes)
	}
}

func BenchmarkCount(b *testing.B) {
	for b.Loop() {
		if n := Count(Range{0, Below}); n != Primes {
			b.Fatalf("got %d primes, want %d", n, Primes)
		}
	}
}
