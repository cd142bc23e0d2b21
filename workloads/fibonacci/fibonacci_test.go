package fibonacci

import (
	"fmt"
	"testing"
)

// The numbers are those of https://oeis.org/A000045.
func TestNumbersAreKnown(t *testing.T) {
	for n, want := range []int{0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55} {
		if got := Of(n); got != want {
			t.Errorf("Of(%d) = %d, want %d", n, got, want)
		}
	}
	if got := Of(20); got != 6765 {
		t.Errorf("Of(20) = %d, want 6765", got)
	}
}

func TestTheArticlesNumberIsKnown(t *testing.T) {
	// Compute it in another way, by addition, which takes no time.
	a, b := 0, 1
	for range Number {
		a, b = b, a+b
	}
	if a != Known {
		t.Errorf("Known is %d, want %d", Known, a)
	}
}

func TestOfANumberBelowTwoIsTheNumber(t *testing.T) {
	for _, n := range []int{-3, 0, 1} {
		if got := Of(n); got != n {
			t.Errorf("Of(%d) = %d, want %[1]d", n, got)
		}
	}
}

func Example() {
	fmt.Println(Of(10), "= 21 + 34")
	// Output: 55 = 21 + 34
}

func BenchmarkOf(b *testing.B) {
	for b.Loop() {
		if Of(Number) != Known {
			b.Fatalf("Of(%d) is not %d", Number, Known)
		}
	}
}
