//go:build unix

package gonb

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// meaning is a session and what must come of its last cell: printed text, or an
// error that contains a text.
type meaning struct {
	name  string
	cells []string
	out   string
	err   string
}

// meanings are cells that people paste, after reports about Go and other
// kernels. Each begins with a declaration that must survive.
var meanings = []meaning{
	{"a second body", []string{"var keep = 7", "%%\nfmt.Println(1)\n%%\nfmt.Println(2)"}, "", "cell NUMBER:3:1: a second %%"},
	{"a session goes on after bad text", []string{"var keep = 7", "! ", "%", "%%\n%%", "%% \n%main", "%%\nfmt.Println(keep)"}, "7\n", ""},
	{"a lone command character", []string{"!"}, "", "cell NUMBER:1:1: ! without a command"},
	{"a line of a raw string that begins with %", []string{"%%\ns := `\n% \n%d\n%%\n!echo\n`\nfmt.Println(len(s))"}, "16\n", ""},
	{"a line of a comment that begins with !", []string{"/*\n!echo RAN\n%reset\n*/\n%%\nfmt.Println(1)"}, "1\n", ""},
	{"package clauses in strings and before code", []string{"package main // pasted\n\nimport \"fmt\"\n\nvar s = `\npackage x\n`\n\nfunc main() { fmt.Print(s) }"}, "\npackage x\n", ""},
	{"iota counts lines", []string{"const (\n\tA, B = iota, iota + 10\n\tC, D\n\t_, _\n\tE, F\n)\n%%\nfmt.Println(A, B, C, D, E, F)"}, "0 10 1 11 3 13\n", ""},
	{"a const group that was edited", []string{"const (\n\tRed = iota\n\tGreen\n)", "const (\n\tCrimson = iota\n\tGreen\n)\n%%\nfmt.Println(Crimson, Green)"}, "0 1\n", ""},
	{"variables are initialized in their order", []string{"var n int\nfunc next() int { n++; return n }\nvar z = next()\nvar a = next()\nvar _ = next()\n%%\nfmt.Println(z, a, n)"}, "1 2 3\n", ""},
	{"several blank imports", []string{"import (\n\t\"image\"\n\t_ \"image/gif\"\n\t_ \"image/png\"\n)\n%%\nb, _ := base64.StdEncoding.DecodeString(\"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\")\n_, f, err := image.DecodeConfig(bytes.NewReader(b))\nfmt.Println(f, err)"}, "gif <nil>\n", ""},
	{"a package of the same name", []string{"import \"math/rand\"\n%%\nfmt.Println(rand.Intn(1))", "import \"math/rand/v2\"\n%%\nfmt.Println(rand.IntN(1))"}, "0\n", ""},
	{"methods of generic types", []string{"type S[T any] struct{ s []T }\nfunc (s S[T]) Len() int { return len(s.s) }\nfunc (s *S[T]) Cap() int { return 5 }\ntype Q[K, V any] struct{ q []K }\nfunc (q Q[K, V]) Len() int { return 100 * len(q.q) }\n%%\ns := S[int]{[]int{1}}\nfmt.Println(s.Len(), s.Cap(), Q[int, bool]{[]int{1, 2}}.Len())"}, "1 5 200\n", ""},
	{"a dot import of an earlier cell", []string{"import . \"math\"\n%%\nfmt.Println(Sqrt(4))", "import . \"strings\"\n%%\nfmt.Println(ToUpper(\"a\"))", "%%\nfmt.Println(Sqrt(9))"}, "3\n", ""},
	{"a dot import that nothing uses", []string{"import . \"math\""}, "", "cell NUMBER:1:8: \"math\" imported and not used"},
	{"a cgo preamble", []string{"// #include <stdlib.h>\n// int twice(int a) { return 2 * a; }\nimport \"C\"\n%%\nfmt.Println(C.twice(1))"}, "2\n", ""},
	{"an error in a cgo preamble", []string{"/*\nint add(int a) {\n\treturn b;\n}\n*/\nimport \"C\"\n%%\nfmt.Println(C.add(1))"}, "", "cell NUMBER:3:"},
	{"carriage returns", []string{"func f() int {\r\n\treturn 1\r\n}\r\n%%\r\nfmt.Println(f())\r\n"}, "1\n", ""},
	{"settings with and without quotes", []string{"%env A=1", "%env B=\"b c\"", "%env C=hello world", "%env D 'it is'", "%env E=ä", "!echo \"$A,$B,$C,$D,$E\""}, "1,b c,hello world,it is,ä\n", ""},
	{"%exec alone", []string{"func f() { fmt.Println(\"f\", flag.Args()) }", "%exec f a 'b c'"}, "f [a b c]\n", ""},
	{"a test cell with only an example", []string{"%test\nfunc Example() {\n\tfmt.Println(1)\n\t// Output: 2\n}"}, "", "exit status 1"},
	{"a name twice in one cell", []string{"func f() int { return 1 }\nfunc f() int { return 2 }\n%%\nf()"}, "", "cell NUMBER:2:6: f redeclared"},
	{"an import and a variable of one name", []string{"import \"strings\"\nvar strings = 1\n%%\nfmt.Println(strings)"}, "", "cell NUMBER:2:5: strings already declared through import"},
	{"a variable that replaces an import", []string{"import \"strings\"\n%%\nfmt.Println(strings.ToUpper(\"a\"))", "var strings = 1\n%%\nfmt.Println(strings)"}, "1\n", ""},
	{"a byte order mark", []string{"\ufeffpackage main\n\nfunc main() { fmt.Println(1) }"}, "1\n", ""},
	{"a name of another kind", []string{"type T struct{}\nfunc (T) M() {}", "func T() int { return 3 }\n%%\nfmt.Println(T())"}, "3\n", ""},
	{"a removed type and its methods", []string{"type T struct{}\nfunc (T) M() {}\nfunc (*T) N() {}", "%rm T", "%%\nfmt.Println(1)"}, "1\n", ""},
	{"an initializer that panics can be replaced", []string{"var _ = func() int { panic(\"first\") }()", "%%\nfmt.Println(1)"}, "1\n", ""},
	{"a variable called flag", []string{"var flag = 5\n%%\nfmt.Println(flag)"}, "5\n", ""},
	{"an unknown command", []string{"%tets"}, "", "did you mean %test?"},
	{"a command that fails", []string{"\n%cd /nowhere"}, "", "cell NUMBER:2:1:"},
	{"embedded files", []string{"%%writefile data.txt\nhello", "import _ \"embed\"\n\n//go:embed data.txt\nvar s string\n%%\nfmt.Print(s)", "%%\nfmt.Print(len(s))"}, "6", ""},
	{"a removed cgo preamble", []string{"// static int v1(void) { return 1; }\nimport \"C\"", "%rm C", "// static int v1(void) { return 2; }\nimport \"C\"\n%%\nfmt.Println(C.v1())"}, "2\n", ""},
	{"a test that -run selects", []string{"%test -run=TestY\nfunc TestX(t *testing.T) { t.Error() }\nfunc TestY(t *testing.T) {}"}, "PASS\n", ""},
	{"an import path that is none", []string{"import \"no such\""}, "", "cell NUMBER:1:8: invalid import path"},
	{"quotation of one character", []string{"%% a\\ b it\\'s\nfmt.Printf(\"%q\", os.Args[1:])"}, `["a b" "it's"]`, ""},
	{"a list of negations", []string{"%%\na := false\nfmt.Println([]bool{\n!a,\n!true})"}, "[true false]\n", ""},
	{"a setting of the runtime", []string{"//go:debug panicnil=1\npackage main\n\nimport \"fmt\"\n\nfunc main() {\n\tdefer func() { fmt.Println(recover()) }()\n\tpanic(nil)\n}"}, "<nil>\n", ""},
	{"a file to embed that is missing", []string{"import _ \"embed\"\n\n//go:embed nothing.txt\nvar s string"}, "", "cell NUMBER:3:12: pattern nothing.txt: no matching files found"},
	{"a line directive", []string{"//line other.go:100\nfunc f() int {\n\treturn \"x\"\n}"}, "", "cell NUMBER:3:9:"},
	{"an unexpected bracket", []string{"%%\nfmt.Println(1)\n}\nfunc f() {"}, "", "cell NUMBER:3:1: unexpected }"},
	{"a directive", []string{"//go:noinline\nfunc f() int { return 1 }\n%%\nfmt.Println(f())"}, "1\n", ""},
	{"an init function of a later cell", []string{"func init() { fmt.Println(\"a\") }", "func init() { fmt.Println(\"b\") }\nfunc init_c() { fmt.Println(\"c\") }\n%%\nfmt.Println(\"d\")"}, "b\nc\nd\n", ""},
}

// meansGo runs all meanings.
func (s *session) meansGo() error {
	var errs error
	for _, m := range meanings {
		if err := s.means(m); err != nil {
			errs = errors.Join(errs, fmt.Errorf("%s: %w", m.name, err))
		}
		if _, err := s.run(context.Background(), "%reset", nil); err != nil {
			return errors.Join(errs, err)
		}
	}
	return errs
}

func (s *session) means(m meaning) error {
	last, err := (*cell)(nil), error(nil)
	for _, code := range m.cells {
		if last, err = s.run(context.Background(), code, nil); err != nil {
			return err
		}
	}
	want := strings.ReplaceAll(m.err, "NUMBER", fmt.Sprint(last.reply.ExecutionCount))
	switch {
	case m.err == "" && (last.reply.Status != "ok" || last.out.String() != m.out):
		return fmt.Errorf("got %s, printed %q, %q; want printed %q", last, last.out.String(), last.err.String(), m.out)
	case m.err != "" && !strings.Contains(last.reply.EValue, want):
		return fmt.Errorf("got %s, printed %q; want an error with %q", last, last.out.String(), want)
	}
	return nil
}
