package squares

import (
	"fmt"
	"math/big"
	"testing"
)

func TestASumEqualsTheFormula(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 2, 3, 10, 500_000, 3_810_777, 3_810_778, 5_000_019} {
		if got, want := Sum(n), Known(n); got.Cmp(want) != 0 {
			t.Errorf("Sum(%d) = %v, want %v", n, got, want)
		}
	}
}

// The sums are Python's: sum(sum(i * i for i in range(n)) for n in numbers).
func TestTheDocumentsSumsAreKnown(t *testing.T) {
	for first, want := range map[int]string{
		Small: "833378334475010830",
		Large: "833337833344750010830",
	} {
		total := new(big.Int)
		for _, n := range Numbers(first) {
			total.Add(total, Sum(n))
		}
		if total.String() != want {
			t.Errorf("from %d: got %v, want %v", first, total, want)
		}
	}
}

func TestNumbersAreTwentySuccessiveNumbers(t *testing.T) {
	n := Numbers(Large)
	if len(n) != 20 || n[0] != 5_000_000 || n[19] != 5_000_019 {
		t.Errorf("Numbers(Large) = %v, want 5000000 to 5000019", n)
	}
}

func Example() {
	fmt.Println(Sum(4), "= 0 + 1 + 4 + 9")
	// Output: 14 = 0 + 1 + 4 + 9
}

func BenchmarkSums(b *testing.B) {
	for name, first := range map[string]int{"from 5,000,000": Large, "from 500,000": Small} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, n := range Numbers(first) {
					Sum(n)
				}
			}
		})
	}
}
