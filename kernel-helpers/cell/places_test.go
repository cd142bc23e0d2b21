package cell_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/cell"
)

// A misplaced program has an error in the line that ends with HERE.
type misplaced struct {
	kind  string // "build", "load", "run", "vet", "test" or "race"
	cells []string
}

// helper is an earlier cell, so that lines of the program are not those of the
// cell.
const helper = "// A comment.\n\n\nfunc div(a, b int) int {\n\treturn a / b // HERE\n}\n\ntype T struct{ p *int }\n\nfunc (t T) Get() int {\n\treturn *t.p\n}"

var misplacedPrograms = []misplaced{
	{"build", []string{"var x int = \"s\" // HERE"}},
	{"build", []string{"var a = 1\n\nvar p, q = 1, undefinedName // HERE"}},
	{"build", []string{"type (\n\tA struct{\n\t\tB Undef // HERE\n\t}\n)"}},
	{"build", []string{"const (\n\tA = iota\n\tB int = \"x\" // HERE\n)"}},
	{"build", []string{"import \"fmt\"\n\nfunc f() {\n\tfmt.Printl() // HERE\n}"}},
	{"load", []string{"import \"example.com/no/such\" // HERE\n\nvar _ = such.X"}},
	{"build", []string{"func f() int {\n\tfor false {\n\t}\n} // HERE"}},
	{"build", []string{"func f() {\n\tx := 1 // HERE\n}"}},
	{"build", []string{"func f() {}\nfunc f() {} // HERE"}},
	{"build", []string{"type T struct{}\nfunc (T) M() {}\n\nfunc (T) M() {} // HERE"}},
	{"build", []string{"type I interface{ M() }\ntype T struct{}\n\nvar _ I = T{} // HERE"}},
	{"build", []string{"func f[T any](t T) {}\n\nvar _ = f[int, int] // HERE"}},
	{"build", []string{"%%\nx := 1 // HERE"}},
	{"build", []string{"var a = 1\n%% -n 3\n\n!ls\n\nreturn 1 // HERE"}},
	{"build", []string{"%%\nfor {\n\tbreak\n}\ngoto end // HERE"}},
	{"build", []string{"func main() {\n\tundefinedName() // HERE\n}"}},
	{"build", []string{"%exec nobody // HERE"}},
	{"build", []string{"/*\n!x\n*/\n%%\n/* a\nb */ undefinedName() // HERE"}},
	{"build", []string{"//line other.go:77\nfunc f() {\n\tundefinedName() // HERE\n}"}},
	{"build", []string{"package main\n\nimport \"fmt\"\n\nfunc f() { fmt.Println(undefinedName) } // HERE"}},
	{"build", []string{"var s = `\n%%\n`; var t int = s // HERE"}},
	{"build", []string{"\r\n\r\nvar x int = nil // HERE\r\n"}},
	{"build", []string{"var _ = `ä` + 1 // HERE"}},
	{"build", []string{"func f() {}", "func g() {\n\tf(1) // HERE\n}"}},
	{"build", []string{"func init_a() {\n\tundefinedName() // HERE\n}"}},
	{"build", []string{"import . \"math\" // HERE"}},
	{"build", []string{"//go:noinline\n// f is documented.\nfunc f() {\n\treturn 1 // HERE\n}"}},
	{"run", []string{helper, "%%\nprintln(div(1, 0))"}},
	{"run", []string{helper, "func quot(a, b int) int {\n\treturn a / b\n}\n%%\nprintln(div(1, 0))"}},
	{"run", []string{"%%\n\npanic(\"x\") // HERE"}},
	{"run", []string{"%%\nvar m map[string]int\nm[\"a\"] = 1 // HERE"}},
	{"run", []string{"var x = []int{1}\nvar y = x[len(x)] // HERE"}},
	{"run", []string{"var _ = func() int {\n\tpanic(\"x\") // HERE\n}()"}},
	{"run", []string{"func init() {\n\tpanic(\"x\") // HERE\n}"}},
	{"run", []string{"func init_b() {\n\tpanic(\"x\") // HERE\n}"}},
	{"run", []string{"func main() {\n\tvar p *int\n\t*p = 1 // HERE\n}"}},
	{"run", []string{"func f() {\n\tpanic(\"x\") // HERE\n}", "%exec f"}},
	{"run", []string{"%%\ngo func() {\n\tpanic(\"x\") // HERE\n}()\nselect {}"}},
	{"run", []string{strings.Replace(strings.Replace(helper, " // HERE", "", 1), "return *t.p", "return *t.p // HERE", 1), "// Another cell.\n%%\nprintln(T{}.Get())"}},
	{"run", []string{"type S[E any] []E\n\nfunc (s S[E]) At(i int) E {\n\treturn s[i] // HERE\n}\n%%\nS[int]{}.At(3)"}},
	{"run", []string{"%%\nmake(chan int) <- 1 // HERE"}},
	{"run", []string{"%%\ndefer func() {\n\tpanic(recover()) // HERE\n}()\npanic(\"x\")"}},
	{"vet", []string{"import \"fmt\"\n\n%%\nfmt.Printf(\"%d\", \"x\") // HERE"}},
	{"vet", []string{"import \"sync\"\n\nfunc f(m sync.Mutex) {} // HERE"}},
	{"vet", []string{"func f() {\n\tx := 1\n\tx = x // HERE\n}"}},
	{"test", []string{"import \"testing\"\n\nfunc TestX(t *testing.T) {\n\tt.Error(\"bad\") // HERE\n}\n%test"}},
	{"test", []string{"import \"testing\"\n\nfunc check(t *testing.T) {\n\tt.Helper()\n\tt.Fatal(\"bad\")\n}", "%test\nimport \"testing\"\n\nfunc TestX(t *testing.T) {\n\tcheck(t) // HERE\n}"}},
	{"test", []string{"%test\nimport \"testing\"\n\nfunc TestX(t *testing.T) {\n\tpanic(\"x\") // HERE\n}"}},
	{"test", []string{"%test\nimport \"testing\"\n\nfunc TestX(t *testing.T) {\n\tundefinedName() // HERE\n}"}},
	{"race", []string{"var x int", "%%\ndone := make(chan bool)\ngo func() {\n\tx = 1 // HERE\n\tdone <- true\n}()\nx = 2\n<-done"}},
}

// TestErrorsNameCellAndLine compiles and runs programs with an error. The first
// place that Go's own tools name must be the line that is marked.
func TestErrorsNameCellAndLine(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "go.mod"), "module places\n\ngo 1.26\n")
	for i, m := range misplacedPrograms {
		file := "main.go"
		if m.kind == "test" {
			file = "main_test.go"
		}
		writeFile(t, filepath.Join(dir, m.kind, fmt.Sprintf("p%d", i), file), misplacedSource(t, file, m))
	}
	built := goTool(t, dir, "build", "-gcflags=-e", "./build/...")
	goTool(t, filepath.Join(dir, "run"), "build", "-ldflags=-w", "-o", dir, "./...")
	for i, m := range misplacedPrograms {
		name := fmt.Sprintf("p%d", i)
		var said string
		switch m.kind {
		case "build":
			said = sectionOf(built, "places/build/"+name)
		case "vet":
			said = goTool(t, filepath.Join(dir, m.kind, name), "vet")
		case "load":
			said = goTool(t, filepath.Join(dir, m.kind, name), "build")
		case "test":
			said = goTool(t, filepath.Join(dir, m.kind, name), "test", "-vet=off")
		case "run":
			said = stderrOf(t, exec.CommandContext(t.Context(), filepath.Join(dir, name)))
		case "race":
			said = goTool(t, filepath.Join(dir, m.kind, name), "run", "-race", ".")
			if strings.Contains(said, "-race requires cgo") || strings.Contains(said, "-race is only supported") {
				continue
			}
		}
		if want := marked(m); !slices.Contains(firstPlaces(m.kind, said), want) {
			t.Errorf("%s: got %q first, want %s in\n%s\nof\n%s", m.kind, firstPlaces(m.kind, said), want, said, strings.Join(m.cells, "\n----\n"))
		}
	}
}

// misplacedSource returns the program of the last cell.
func misplacedSource(t *testing.T, file string, m misplaced) string {
	t.Helper()
	d := &cell.Declarations{}
	var p *cell.Program
	for i, text := range m.cells {
		c, err := cell.Split(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		d = d.Add(c, i+1, "", nil)
		p = cell.NewProgram(file, d, c, i+1)
	}
	return string(p.Source())
}

// marked returns the place that is marked.
func marked(m misplaced) string {
	for i, text := range m.cells {
		for j, line := range strings.Split(text, "\n") {
			if strings.HasSuffix(strings.TrimRight(line, "\r"), "HERE") {
				return fmt.Sprintf("%d:%d", i+1, j+1)
			}
		}
	}
	return "nothing"
}

var place = regexp.MustCompile(`cell (\d+):(\d+)`)

// firstPlaces returns the place that a report names first; of a race, that of
// each access.
func firstPlaces(kind, report string) (places []string) {
	for i, block := range strings.Split(report, "\n\n") {
		m := place.FindStringSubmatch(block)
		if m != nil {
			places = append(places, m[1]+":"+m[2])
		}
		if m != nil && kind != "race" || i > 3 {
			break
		}
	}
	return places
}

// sectionOf returns what a go command says of a package.
func sectionOf(output, pkg string) string {
	_, section, _ := strings.Cut(output, "# "+pkg+"\n")
	section, _, _ = strings.Cut(section, "\n# places/")
	return section
}

// goTool runs a go command, which should fail for some reason or other, and
// returns what it says.
func goTool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput()
	return string(out)
}

func stderrOf(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err == nil {
		t.Errorf("%s: got no error, want one", cmd)
	}
	return said.String()
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o666)); err != nil {
		t.Fatal(err)
	}
}
