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
	id      string
	imports string
	decls   []string
	prints  []string // expressions that main prints
}

func (c *modelCell) text() string { return c.imports + strings.Join(c.decls, "\n\n") + "\n" }

// newModelCell returns a cell with random declarations. Their names have the
// cell's number n and the edition.
func newModelCell(r *rand.Rand, n, edition int) *modelCell {
	c := &modelCell{id: fmt.Sprintf("id%d", n)}
	for i := range 1 + r.IntN(4) {
		name := fmt.Sprintf("%d_%d", n, i)
		switch r.IntN(6) {
		case 0:
			c.decls = append(c.decls, fmt.Sprintf("const (\n\tA%[1]s, B%[1]s = iota, iota + %[2]d // A%[1]s\n\t_, _\n\tC%[1]s, D%[1]s\n)", name, edition))
			c.prints = append(c.prints, fmt.Sprintf("A%[1]s, B%[1]s, C%[1]s, D%[1]s", name))
		case 1:
			c.decls = append(c.decls, fmt.Sprintf("// T%[1]s has methods.\ntype T%[1]s[E any] struct{ e []E }\n\nfunc (t T%[1]s[E]) Len() int { return len(t.e) + %[2]d }", name, edition))
			c.prints = append(c.prints, fmt.Sprintf("T%s[int]{[]int{1}}.Len()", name))
		case 2:
			c.decls = append(c.decls, fmt.Sprintf("var v%[1]s, w%[1]s = next(), next()", name))
			c.prints = append(c.prints, fmt.Sprintf("v%[1]s, w%[1]s", name))
		case 3:
			c.decls = append(c.decls, fmt.Sprintf("var (\n\tx%[1]s = f%[1]s()\n\t_ = next()\n)\n\nfunc f%[1]s() int { return 100*next() + %[2]d }", name, edition))
			c.prints = append(c.prints, "x"+name)
		case 4:
			c.decls = append(c.decls, fmt.Sprintf("var s%s = `\n%%%%\n!raw %d\n`", name, edition))
			c.prints = append(c.prints, "s"+name)
		case 5:
			c.imports = "import \"strings\"\n\n"
			c.decls = append(c.decls, fmt.Sprintf("//go:noinline\nfunc u%s() string { return strings.Repeat(\"u\", %d) }", name, 1+edition%3))
			c.prints = append(c.prints, "u"+name+"()")
		}
	}
	return c
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
	cells := []*modelCell{{id: "first", decls: []string{"var n int", "func next() int { n++; return n }"}}}
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
				cells[i] = newModelCell(r, i-1, edition)
			} else {
				for j := range cells[i].decls {
					cells[i].decls[j] = strings.ReplaceAll(cells[i].decls[j], "iota + 0", fmt.Sprintf("iota + %d", edition))
				}
			}
		}
		run(cells[i].text(), cells[i].id)
	}
	var body, all strings.Builder
	body.WriteString("import \"fmt\"\n\n%%\n")
	all.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\nvar _ = strings.Repeat\n\n")
	for _, c := range cells {
		all.WriteString(strings.Join(c.decls, "\n\n") + "\n\n")
		for _, p := range c.prints {
			body.WriteString("fmt.Println(" + p + ")\n")
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
