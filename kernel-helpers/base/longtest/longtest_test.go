package longtest

import "testing"

func TestPickReturnsAllOnRequestOnly(t *testing.T) {
	for value, want := range map[string]int{"": 30, "0": 30, "1": 500} {
		t.Setenv(Variable, value)
		if got := Pick(30, 500); got != want {
			t.Errorf("with %s=%q: got %d, want %d", Variable, value, got, want)
		}
	}
}
