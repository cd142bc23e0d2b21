package longtest

import (
	"maps"
	"slices"
	"testing"
)

func TestPickReturnsAllOnRequestOnly(t *testing.T) {
	for value, want := range map[string]int{"": 30, "0": 30, "1": 500} {
		t.Setenv(Variable, value)
		if got := Pick(30, 500); got != want {
			t.Errorf("with %s=%q: got %d, want %d", Variable, value, got, want)
		}
	}
}

func TestEveryReturnsAllOnRequestOnly(t *testing.T) {
	table := map[string]int{"a": 1, "b": 2, "c": 3, "d": 4}
	for value, want := range map[string]map[string]int{"": {"a": 1, "d": 4}, "1": table} {
		t.Setenv(Variable, value)
		if got := maps.Collect(Every(3, table)); !maps.Equal(got, want) {
			t.Errorf("with %s=%q: got %v, want %v", Variable, value, got, want)
		}
		for range Every(3, table) {
			break
		}
	}
	if got := Nth(2, []int(nil)); got != nil {
		t.Errorf("of nothing: got %v, want nothing", got)
	}
	t.Setenv(Variable, "")
	if got, want := Nth(2, []int{5, 6, 7}), []int{5, 7}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDailyReturnsAllInDaysInARow(t *testing.T) {
	t.Setenv(Variable, "")
	list := []int{5, 6, 7, 8, 9}
	for day, want := range map[string][]int{"0": {5, 8}, "1": {6, 9}, "2": {7}, "366": {5, 8}} {
		t.Setenv(DayVariable, day)
		if got := Daily(3, list); !slices.Equal(got, want) {
			t.Errorf("day %s: got %v, want %v", day, got, want)
		}
	}
	t.Setenv(DayVariable, "")
	if got := len(Daily(3, list)); got != 1 && got != 2 {
		t.Errorf("today: got %d elements, want 1 or 2", got)
	}
	t.Setenv(Variable, "1")
	if got := Daily(3, list); !slices.Equal(got, list) {
		t.Errorf("in a long run: got %v, want %v", got, list)
	}
}
