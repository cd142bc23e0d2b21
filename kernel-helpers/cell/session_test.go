package cell_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/cell"
	"example.com/speedup/kernel-helpers/internal/programtest"
)

// modelCell is a cell of a notebook that a test writes, edits and runs.
type modelCell struct {
	id    string
	decls []modelDecl
}

// modelDecl is one or more declarations.
type modelDecl struct {
	form    int
	name    string // the end of all names that it declares
	text    string
	print   string // expressions that main prints
	strings bool   // it needs package strings
}

func (c *modelCell) text() string {
	imports, all := "", ""
	for _, d := range c.decls {
		if d.strings {
			imports = "import \"strings\"\n\n"
		}
		all += d.text + "\n\n"
	}
	return imports + all
}

// forms is how many forms of declarations newModelDecl knows.
const forms = 9

// newModelDecl returns a declaration. An edition of it differs from others of the
// same form and name only in what it means, or in what kind of thing K is.
func newModelDecl(r *rand.Rand, form int, name string, edition int) modelDecl {
	d := modelDecl{form: form, name: name}
	set := func(print, text string) {
		d.print = strings.ReplaceAll(print, "#", name)
		d.text = strings.NewReplacer("#", name, "EDITION", fmt.Sprint(edition)).Replace(text)
	}
	switch form {
	case 0:
		set("A#, B#, C#, D#", "const (\n\tA#, B# = iota, iota + EDITION // A#\n\t_, _\n\tC#, D#\n)")
	case 1:
		set("T#[int]{[]int{1}}.Len()", "// T# has methods.\ntype T#[E any] struct{ e []E }\n\nfunc (t T#[E]) Len() int { return len(t.e) + EDITION }")
	case 2:
		set("v#, w#", "var v#, w# = next(), next() + EDITION")
	case 3:
		set("x#", "var (\n\tx# = f#()\n\t_ = next()\n)\n\nfunc f#() int { return 100*next() + EDITION }")
	case 4:
		set("s#", "var s# = `\n%%\n!raw EDITION\n`")
	case 5:
		set("u#()", "//go:noinline\nfunc u#() string { return strings.Repeat(\"u\", 1+EDITION%3) }")
		d.strings = true
	case 6:
		set("i#.Do()", "type I# interface{ Do() int }\n\ntype D# struct{ n int }\n\nfunc (d *D#) Do() int { d.n++; return d.n + EDITION }\n\nvar i# I# = &D#{next()}")
	case 7:
		set("g#(3), h#(2)", "type N# = int\n\nfunc g#(n N#) (sum N#) {\nagain:\n\tif n > 0 {\n\t\tsum, n = sum+n, n-1\n\t\tgoto again\n\t}\n\treturn sum + EDITION\n}\n\nvar h# = g#")
	case 8:
		switch r.IntN(4) {
		case 0:
			set("K#", "const K# = EDITION")
		case 1:
			set("K#", "var K# = next()")
		case 2:
			set("K#()", "func K#() int { return EDITION }")
		case 3:
			set("K#(1).M()", "type K# int\n\nfunc (k K#) M() int { return int(k) + EDITION }")
		}
	}
	return d
}

// newModelCell returns a cell with random declarations. Their names have the
// cell's number n.
func newModelCell(r *rand.Rand, n, edition int) *modelCell {
	c := &modelCell{id: fmt.Sprintf("id%d", n)}
	for i := range 1 + r.IntN(4) {
		c.decls = append(c.decls, newModelDecl(r, r.IntN(forms), fmt.Sprintf("%d_%d", n, i), edition))
	}
	return c
}

// edit returns the cell in another edition, with the same names.
func (c *modelCell) edit(r *rand.Rand, edition int) *modelCell {
	edited := &modelCell{id: c.id}
	for _, d := range c.decls {
		edited.decls = append(edited.decls, newModelDecl(r, d.form, d.name, edition))
	}
	return edited
}

// TestASessionMeansWhatItsNotebookSays writes notebooks at random, runs their
// cells, edits some and runs cells again in random order. In the end the session
// must mean what go run makes of the notebook. SPEEDUP_LONG=1 does so more often.
func TestASessionMeansWhatItsNotebookSays(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	times := longtest.Pick(12, 300)
	dir := t.TempDir()
	sources := make(map[string]string)
	for i := range times {
		r := rand.New(rand.NewPCG(uint64(i), 14))
		notebook, session := randomSession(t, r, i%3 > 0)
		sources[fmt.Sprintf("p%d-notebook", i)] = notebook
		sources[fmt.Sprintf("p%d-session", i)] = session
	}
	programtest.Build(t, dir, sources)
	for i := range times {
		session := fmt.Sprintf("p%d-session", i)
		got, want := programtest.Run(t, dir, session), programtest.Run(t, dir, fmt.Sprintf("p%d-notebook", i))
		if got != want {
			t.Errorf("session %d: got\n%s\nwant\n%s\nfor\n%s", i, got, want, sources[session])
		}
	}
}

// randomSession returns a notebook as one file, and the program of a session in
// which its cells were run and edited. If the front end gives cells no IDs, they
// are edited without adding or removing names.
func randomSession(t *testing.T, r *rand.Rand, ids bool) (notebook, session string) {
	t.Helper()
	cells := []*modelCell{{id: "first", decls: []modelDecl{{text: "var n int"}, {text: "func next() int { n++; return n }"}}}}
	for i := range 2 + r.IntN(4) {
		cells = append(cells, newModelCell(r, i, 0))
	}
	d, number := &cell.Declarations{}, 0
	var last *cell.Cell
	run := func(text, id string) {
		c, err := cell.Split(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !ids {
			id = ""
		}
		number++
		last = c
		d = d.Add(c, number, id, nil)
	}
	for _, c := range cells {
		run(c.text(), c.id)
	}
	for edition := range r.IntN(8) {
		i := 1 + r.IntN(len(cells)-1)
		if r.IntN(2) == 0 {
			if ids {
				cells[i] = newModelCell(r, i-1, 1+edition)
			} else {
				cells[i] = cells[i].edit(r, 1+edition)
			}
		}
		run(cells[i].text(), cells[i].id)
	}
	var body, all strings.Builder
	body.WriteString("import \"fmt\"\n\n%%\n")
	all.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\nvar _ = strings.Repeat\n\n")
	for _, c := range cells {
		for _, d := range c.decls {
			all.WriteString(d.text + "\n\n")
			if d.print != "" {
				body.WriteString("fmt.Println(" + d.print + ")\n")
			}
		}
	}
	run(body.String(), "last")
	_, statements, _ := strings.Cut(body.String(), "%%\n")
	all.WriteString("func main() {\n" + statements + "}\n")
	p := cell.NewProgram("main.go", d, last, number)
	imports := []cell.Import{{Path: "fmt"}}
	if strings.Contains(string(p.Source()), "strings.Repeat") { // goimports would leave out others
		imports = append(imports, cell.Import{Path: "strings"})
	}
	p.SetImports(imports)
	return all.String(), string(p.Source())
}
