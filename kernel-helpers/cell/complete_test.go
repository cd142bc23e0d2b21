package cell_test

import (
	"go/types"
	"slices"
	"strings"
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

// packages are what cells can import, with the names that they export.
type packages map[string][]string

func (p packages) Paths() (paths []string) {
	for path := range p {
		paths = append(paths, path)
	}
	return paths
}

func (p packages) Exported(path string) []string { return p[path] }

func TestCompletionWithoutGoplsKnowsDeclarationsImportsAndTheLanguage(t *testing.T) {
	earlier, err := cell.Split("import r \"math/rand\"\n\nvar größe = 1\n\ntype Point struct{}\n\nfunc (Point) Norm() {}")
	if err != nil {
		t.Fatal(err)
	}
	d := (&cell.Declarations{}).Add(earlier, 1, "", nil)
	known := packages{"fmt": {"Print", "Println"}, "math/rand": {"Int", "IntN"}, "net/http": nil, "net/http/httptest": nil}
	for _, c := range []struct{ code, want string }{ // the cursor is at ¦
		{"%%\nfmt.Printl¦", "Println"},
		{"%%\n_ = \"🙂\"; fmt.Printl¦", "Println"},
		{"%%\nr.In¦", "Int IntN"},
		{"%%\ngrö¦", "größe"},
		{"%%\nPoi¦", "Point"},
		{"%%\nretu¦", "return"},
		{"%%\nuint1¦", "uint16"},
		{"%%\nlonger := 1\n_ = lon¦", "longer"},
		{"%%\n// fmt.Print¦", ""},
		{"%%\n/* str¦ */", ""},
		{"%%\n/* str¦", ""},
		{"%%\n/* str */str¦", "string struct"},
		{"%%\nx := \"fmt.Print¦\"", ""},
		{"%%\nx := \"fmt.Print¦", ""},
		{"%%\nx := `\nfmt.Print¦", ""},
		{"%%\nx := 'r¦'", ""},
		{"%%\nx := \"\"; retu¦", "return"},
		{"import \"net/ht¦\"", "net/http net/http/httptest"},
		{"import \"net/ht¦", "net/http net/http/httptest"},
		{"import (\n\t\"fmt\"\n\n\th \"net/ht¦\"\n)", "net/http net/http/httptest"},
		{"import (\n\t\"fmt\"\n)\n\nvar x = \"net/ht¦\"", ""},
		{"func f(¦", ""},
		{"¦", ""},
	} {
		before, after, _ := strings.Cut(c.code, "¦")
		split, _ := cell.Split(before + after) // half of them are half-typed
		matches, start := d.Complete(split, len(before), known)
		if got := strings.Join(matches, " "); got != c.want {
			t.Errorf("%q: got %q, want %q", c.code, got, c.want)
		}
		for _, m := range matches {
			if !strings.HasPrefix(m, before[start:]) {
				t.Errorf("%q: %q replaces %q", c.code, m, before[start:])
			}
		}
	}
}

func TestCursorPositionsCountCodePointsOfWhatTheFrontEndHas(t *testing.T) {
	for _, c := range []struct{ before, want string }{
		{"", ""},
		{"_ = \"ä\"; fmt", "_ = \"ä\"; fmt"},
		{"🙂𝔘x", "🙂𝔘x"},
		{"%%\r\nfmt", "%%\nfmt"},
		{"\ufeff%%\nx", "%%\nx"},
		{"x := \"\ufeff", "x := \"\ufeff"},
	} {
		split, _ := cell.Split(c.before + ".Print")
		offset := cell.OffsetOf(c.before+".Print", cell.CodePoints(c.before))
		if got := split.Text[:offset]; got != c.want {
			t.Errorf("%q: the cursor is behind %q, want %q", c.before, got, c.want)
		}
	}
}

func TestTheLanguagesOwnNamesAreCompleted(t *testing.T) {
	for _, name := range types.Universe.Names() {
		half, _ := cell.Split("%%\n" + name[:2])
		matches, _ := (&cell.Declarations{}).Complete(half, len(half.Text), nil)
		if !slices.Contains(matches, name) {
			t.Errorf("got %q for %q, want %q among them", matches, name[:2], name)
		}
	}
	empty, _ := cell.Split("")
	if matches, _ := (&cell.Declarations{}).Complete(empty, 0, nil); len(matches) > 0 {
		t.Errorf("got %q for an empty cell, want none", matches)
	}
}
