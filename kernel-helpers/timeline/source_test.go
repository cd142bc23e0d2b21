package timeline

import "testing"

func TestLinesOfCellsAreFoundByTheirDirectives(t *testing.T) {
	lines := cellLines("package main\n\n//line cell 12:2:1\nfunc f() {\n\t<-c\n}\n\n//line main.go:9:1\n//line cell 13:1:1\nvar c chan int\n")
	for place, want := range map[string]string{
		"cell 12:2": "func f() {",
		"cell 12:3": "\t<-c",
		"cell 13:1": "var c chan int",
		"cell 13:9": "",
	} {
		if got := lines[place]; got != want {
			t.Errorf("%s is %q, want %q", place, got, want)
		}
	}
}
