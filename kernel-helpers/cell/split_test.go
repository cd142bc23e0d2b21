package cell_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/cell"
)

func TestSplitTakesCommandsOutsideStringsAndComments(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // the texts of the commands, with their lines
	}{
		{"none", "var x = 1", nil},
		{"body", "%%\nfmt.Println(1)", []string{"1 %"}},
		{"arguments", "%args -n 3\n%%  -x\n", []string{"1 args -n 3", "2 %  -x"}},
		{"shell", "!ls -l 'a\n!echo \"", []string{"1 ls -l 'a", "2 echo \""}},
		{"continued", "!echo a \\\n  b \\\nc\nvar x = 1", []string{"1 echo a    b  c"}},
		{"comment prefix", "//gonb:%%\n//gonb:!ls", []string{"1 %", "2 ls"}},
		{"raw string", "%%\ns := `\n!echo\n%d\n%% \n`\n!real", []string{"1 %", "7 real"}},
		{"block comment", "/*\n!echo\n%%\n*/\n%%\n", []string{"5 %"}},
		{"behind a comment", "/* a */ // b\n!real", []string{"2 real"}},
		{"behind a string with a quote", "%%\na := \"`\"\n!real\nb := '`'\n!real `\n", []string{"1 %", "3 real", "5 real `"}},
		{"in a function", "func f() {\n!real\n}", []string{"2 real"}},
		{"negation", "%%\nok := a &&\n!b\nf(\n!c,\n!d)\n!real", []string{"1 %", "7 real"}},
		{"between blank lines", "\n\n!a\n\n\n!b\n\nvar x int\n\n!c", []string{"3 a", "6 b", "10 c"}},
		{"indented is Go", "%%\nok := a ||\n\t!b", []string{"1 %"}},
		{"carriage returns", "%%\r\n!ls\r\n", []string{"1 %", "2 ls"}},
		{"byte order mark", "\ufeff%%\n!ls", []string{"1 %", "2 ls"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := cell.Split(c.text)
			if err != nil {
				t.Fatalf("got error %v", err)
			}
			var commands []string
			for _, command := range got.Commands {
				commands = append(commands, strings.Replace(command.Pos.String(), ":1", "", 1)+" "+command.Text)
			}
			if !slices.Equal(commands, c.want) {
				t.Errorf("got %q, want %q", commands, c.want)
			}
			if len(got.Go) != len(got.Text) || strings.Count(got.Go, "\n") != strings.Count(got.Text, "\n") {
				t.Errorf("got Go code %q of another shape than %q", got.Go, got.Text)
			}
		})
	}
}

func TestSplitReportsFaultsWithTheirPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"%%\nx()\n%%\ny()", "3:1: a second %%: the body of main began in line 1"},
		{"%main\n%%", "2:1: a second %%: the body of main began in line 1"},
		{"var x int\n! ", "2:1: ! without a command"},
		{"%", "1:1: % without a command"},
		{"%tets", "1:1: %tets is not a command, did you mean %test?; %help lists all"},
		{"%%bahs\nls", "1:1: %%bahs is not a command, did you mean %%bash?; %help lists all"},
		{"var x int\n%%bash", "2:1: %%bash can only be the first line of a cell"},
		{"%exec", "1:1: %exec needs the name of a function"},
		{`%env A="b`, `1:1: %env: a quotation (") has no end`},
		{"%%\nif x {", "2:7: expected '}', found the end of the cell"},
		{"%%\nfmt.Println(", "2:13: expected operand, found the end of the cell"},
		{"%%\nx()\n}\nfunc f() {", "3:1: unexpected }: the body of main ends here"},
		{"func f() {\n\tx :=\n}", "3:1: expected operand, found '}'"},
		{"fmt.Println(1)", "1:1: expected declaration, found fmt"},
		{"%%\ns := `abc", "2:6: raw string literal not terminated"},
		{"/* abc", "1:1: comment not terminated"},
		{"import (\n\t\"fmt\"\n\tx \"no such\"\n)", "3:4: invalid import path: \"no such\""},
		{"import \"\"", "1:8: invalid import path: \"\""},
		{"//line x.go:7\nvar x = ", "2:8: expected operand, found the end of the cell"},
	} {
		_, err := cell.Split(c.text)
		var list cell.ErrorList
		if !errors.As(err, &list) {
			t.Errorf("%q: got error %v, want %s", c.text, err, c.want)
			continue
		}
		if got := list[0].Error(); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}

func TestSplitFindsDeclarationsWhole(t *testing.T) {
	c, err := cell.Split(`package main // pasted

import "fmt"

// Colour is documented.
type Colour int

const (
	// Red is first.
	Red Colour = iota
	Green, Blue
	_
)

//go:noinline
func (c *Colour) Set(x int) { *c = Colour(x) }
func (s Stack[T]) Len() int { return 0 }

var a, _ = 1, 2; var b int
var _ = fmt.Sprint()
func main() {}
`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range c.Decls {
		first, _, _ := strings.Cut(d.Text, "\n")
		got = append(got, d.Pos.String()+" "+d.Kind.String()+" "+strings.Join(d.Names, ",")+" | "+first)
	}
	want := []string{
		"5:1 type Colour | // Colour is documented.",
		"8:1 const Red,Green,Blue | const (",
		"15:1 func Colour.Set | //go:noinline",
		"17:1 func Stack.Len | func (s Stack[T]) Len() int { return 0 }",
		"19:1 var a | var a, _ = 1, 2",
		"19:18 var b | var b int",
		"20:1 var  | var _ = fmt.Sprint()",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c.Main == nil || len(c.Imports) != 1 || c.Imports[0].As != "fmt" {
		t.Errorf("got main %v and imports %v, want both", c.Main, c.Imports)
	}
}

func TestSplitKnowsMagics(t *testing.T) {
	c, err := cell.Split("\n//gonb:%%writefile a.txt\n%%\n! x\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.Magic == nil || c.Magic.Name != "%writefile" || c.Input != "%%\n! x\n" || len(c.Commands) != 0 {
		t.Errorf("got %+v with input %q, want a %%%%writefile", c.Magic, c.Input)
	}
}

func TestFields(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{` a  b `, []string{"a", "b"}},
		{`A="b c" 'd "e'`, []string{"A=b c", `d "e`}},
		{`""`, []string{""}},
		{`X=ä "\"\n"`, []string{"X=ä", "\"\n"}},
		{`C:\dir -run=^Test\d$ \`, []string{`C:\dir`, `-run=^Test\d$`, `\`}},
		{`a\ b it\'s \"q \\ \ `, []string{"a b", "it's", `"q`, `\`, " "}},
	} {
		got, err := cell.Fields(c.text)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, error %v, want %q", c.text, got, err, c.want)
		}
	}
	if _, err := cell.Fields(`a 'b`); err == nil {
		t.Error("got no error for an open quotation, want one")
	}
}

// A line that begins with ! is Go where an operand must follow, and else a command.
func TestALineThatBeginsWithNotIsGoInsideExpressions(t *testing.T) {
	for _, c := range []struct {
		text     string
		commands int
	}{
		{"%%\nx := []bool{\n!a,\n!b}", 0},
		{"var x = map[string]bool{\"a\":\n!a, \"b\": false}", 0},
		{"%%\nf(T{\n!a})", 0},
		{"%%\nreturn T{[]bool{\n!a}, 1}", 0},
		{"%%\nf(func(x interface{}) (y struct{}) { return }, []bool{\n!a})", 0},
		{"%%\nif x := f(func() bool { return true }); x {\n!ls\n} else {\n!ls\n}", 2},
		{"%%\nfor _, x := range []bool{true} {\n!ls\n}", 1},
		{"%%\nf(func(x interface{}) {\n!ls\n})", 1},
		{"%%\nx := func(a struct{ b int }) []bool {\n!ls\nreturn nil\n}", 1},
		{"func f() (x []bool) {\n!ls\n}\nfunc g[T interface{ ~int }]() {\n!ls\n}", 2},
		{"%%\nx = 1; {\n!ls\n}", 1},
		{"%%\nswitch x := f(); x {\ncase 1:\n!ls\n}\nend:\n!ls", 2},
		{"var (\n\tf = func() {\n!ls\n}\n)", 1},
	} {
		got, err := cell.Split(c.text)
		commands := slices.DeleteFunc(got.Commands, func(c cell.Command) bool { return !c.Shell })
		if err != nil || len(commands) != c.commands {
			t.Errorf("%q: got %d shell commands, error %v, want %d", c.text, len(commands), err, c.commands)
		}
	}
}

func TestFlagsOfGoTestGetTheirPrefix(t *testing.T) {
	got := cell.TestFlags([]string{"-v", "--run=A/b c", "-bench", ".", "-test.count=2", "-size=3", "v", "-args", "-v"})
	want := []string{"-test.v", "-test.run=A/b c", "-test.bench", ".", "-test.count=2", "-size=3", "v", "-v"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEmbeddedReadsDirectivesAsGoDoes(t *testing.T) {
	c, err := cell.Split("//go:embed a.txt \"b c.txt\" `d e`\tall:f\nvar x embed.FS\n\n//go:embed\tg\nvar y string\n\n//go:embedded h\nvar z string")
	if err != nil {
		t.Fatal(err)
	}
	got := cell.NewProgram("main.go", (&cell.Declarations{}).Add(c, 1, "", nil), c, 1).Embedded()
	if want := []string{"a.txt", "b c.txt", "d e", "f", "g"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
