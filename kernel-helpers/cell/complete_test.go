package cell_test

import (
	"testing"

	"example.com/speedup/kernel-helpers/cell"
)

func TestACellIsCompleteWhenItsBracketsAndStringsAreClosed(t *testing.T) {
	for _, c := range []struct{ code, status, indent string }{
		{"", "complete", ""},
		{"%%", "incomplete", ""},
		{"%%\nfmt.Println(1)", "incomplete", ""},
		{"%%\nfmt.Println(1)\n", "complete", ""},
		{"%%\nif x {\n", "incomplete", "\t"},
		{"var x int\n%% -x\nf()", "incomplete", ""},
		{"%test", "complete", ""},
		{"%%bash", "incomplete", ""},
		{"%%writefile x", "incomplete", ""},
		{"func f() {", "incomplete", "\t"},
		{"func f() {\n\tif x {\n", "incomplete", "\t\t"},
		{"func f() {}", "complete", ""},
		{"x := `raw\nstring", "incomplete", ""},
		{"x := `}`", "complete", ""},
		{`x := "{"`, "complete", ""},
		{`x := "open`, "invalid", ""},
		{"/* a comment", "incomplete", ""},
		{"// a comment {", "complete", ""},
		{"f(1,\n", "incomplete", "\t"},
		{"x := 1 +", "incomplete", "\t"},
		{"i++", "complete", ""},
		{"f(1]", "invalid", ""},
		{"}", "invalid", ""},
		{"%%bash\nif true; then {", "incomplete", ""},
		{"%%bash\nif true; then {\n", "complete", ""},
		{"%%writefile a.txt\n{{{\n", "complete", ""},
		{"s := `\n!x\n`", "complete", ""},
		{"!echo {", "complete", ""},
		{"!echo a \\", "incomplete", ""},
		{"!echo a \\\n {\nfunc f() {}", "complete", ""},
		{"%env A {", "complete", ""},
		{"c := 'x", "invalid", ""},
	} {
		if status, indent := cell.Completeness(c.code); status != c.status || indent != c.indent {
			t.Errorf("%q: got %q with indent %q, want %q with %q", c.code, status, indent, c.status, c.indent)
		}
	}
}

func FuzzCompletenessAcceptsAnything(f *testing.F) {
	f.Add("%%\nfunc f() {")
	f.Add("x := `")
	f.Fuzz(func(t *testing.T, code string) {
		switch status, _ := cell.Completeness(code); status {
		case "complete", "incomplete", "invalid":
		default:
			t.Errorf("%q: got status %q", code, status)
		}
	})
}
