package supervisor

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

func requestWith(t testing.TB, content any) front.Request {
	t.Helper()
	m, err := jupyter.NewMessage("s", "a_request", content)
	if err != nil {
		t.Fatal(err)
	}
	return front.Request{Message: m}
}

func TestHistoryHasTheCellsOfThisSession(t *testing.T) {
	var h history
	for _, source := range []string{"a := 1", "func f() {}", "a := 1", "print", "line one\nline two"} {
		h.add(h.next(true), source, true)
	}
	type query = map[string]any
	for _, c := range []struct {
		name    string
		request query
		want    []int
	}{
		{"the last two", query{"hist_access_type": "tail", "n": 2}, []int{4, 5}},
		{"more than there are", query{"hist_access_type": "tail", "n": 100}, []int{1, 2, 3, 4, 5}},
		{"none", query{"hist_access_type": "tail", "n": 0}, nil},
		{"a negative number of them", query{"hist_access_type": "tail", "n": -3}, nil},
		{"a range without its end", query{"hist_access_type": "range", "session": 0, "start": 2, "stop": 4}, []int{2, 3}},
		{"a range to the end", query{"hist_access_type": "range", "session": 1, "start": 4}, []int{4, 5}},
		{"of an earlier session", query{"hist_access_type": "range", "session": 7, "start": 0}, nil},
		{"by pattern", query{"hist_access_type": "search", "pattern": "a*"}, []int{1, 3}},
		{"by pattern, each once", query{"hist_access_type": "search", "pattern": "a*", "unique": true}, []int{3}},
		{"by pattern, the last", query{"hist_access_type": "search", "pattern": "*", "n": 1}, []int{5}},
		{"over lines", query{"hist_access_type": "search", "pattern": "line*two"}, []int{5}},
		{"one character", query{"hist_access_type": "search", "pattern": "?rint"}, []int{4}},
		{"brackets stand for themselves", query{"hist_access_type": "search", "pattern": "func f() {}"}, []int{2}},
		{"an unknown access type", query{"hist_access_type": "x"}, nil},
		{"no access type", query{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := h.answer(requestWith(t, c.request))
			var got []int
			for _, e := range answer["history"].([][]any) {
				if e[0] != 1 {
					t.Errorf("got session %v, want 1", e[0])
				}
				got = append(got, e[1].(int))
			}
			if answer["status"] != "ok" || !slices.Equal(got, c.want) {
				t.Errorf("got %v with status %v, want %v", got, answer["status"], c.want)
			}
		})
	}
	t.Run("outputs aren't kept", func(t *testing.T) {
		raw, err := json.Marshal(h.answer(requestWith(t, query{"hist_access_type": "tail", "n": 1, "output": true}))["history"])
		if want := `[[1,5,["line one\nline two",null]]]`; err != nil || string(raw) != want {
			t.Errorf("got %s, %v, want %s", raw, err, want)
		}
	})
	t.Run("a request that can't be read", func(t *testing.T) {
		if a := h.answer(requestWith(t, query{"n": "many"})); a["status"] != "error" || a["evalue"] == "" {
			t.Errorf("got %v, want an error", a)
		}
	})
}

func TestOnlySuccessfulCellsThatDeclareAreReplayed(t *testing.T) {
	var h history
	for _, c := range []struct {
		source    string
		succeeded bool
	}{
		{"func f() {}", true},                      // 1
		{"func g( {", false},                       // 2
		{"%%\nf()", true},                          // 3
		{"%goflags -race", true},                   // 4
		{"var x = 1\n%%\nf()", true},               // 5
		{"!ls", true},                              // 6
		{"%test\nfunc TestX() {}", true},           // 7
		{"//gonb:%%\nf()", true},                   // 8
		{"const c = `100%%`\nvar y = c", true},     // 9
		{"func main() { f() }", true},              // 10
		{"", true},                                 // 11
		{report.ReplayCommand, true},               // 12
		{"import \"fmt\"\nfunc mainly() {}", true}, // 13
	} {
		h.add(h.next(true), c.source, c.succeeded)
	}
	var got []int
	for _, e := range h.declared() {
		got = append(got, e.count)
	}
	if want := []int{1, 4, 9, 13}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestErrorsMayPointIntoTheRunningCellAndAllBeforeIt(t *testing.T) {
	var h history
	h.add(h.next(true), "one", true)
	h.add(h.next(true), "two", false)
	h.current(h.next(true), "three")
	sources := h.sources()
	if fmt.Sprint(sources) != "map[1:one 2:two 3:three]" {
		t.Errorf("got %v, want three cells", sources)
	}
}

func FuzzGlobMatchesItsOwnText(f *testing.F) {
	f.Add("a*b?c[")
	f.Fuzz(func(t *testing.T, pattern string) {
		if utf8.ValidString(pattern) && !glob(pattern).MatchString(pattern) { // JSON has no others
			t.Errorf("got no match of %q with itself", pattern)
		}
	})
}
