package script

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/notebook"
)

// program returns the program of cells, in a folder without a module.
func program(t *testing.T, cells ...string) (text string, omitted []string) {
	t.Helper()
	source, omitted, err := Program(t.Context(), "a.ipynb", t.TempDir(), cells)
	if err != nil {
		t.Fatal(err)
	}
	return string(source), omitted
}

func TestTheFinalDeclarationsThenTheBodiesInOrder(t *testing.T) {
	got, omitted := program(t,
		"import \"fmt\"\n\nfunc f() int { return 1 }",
		"%goflags -race\n%%\nfmt.Println(f())",
		"// f is another one.\nfunc f() int { return 2 }\n\nfunc main() { fmt.Println(strings.ToUpper(\"x\"), f()) }",
		"%%bash\necho */ `hello`",
		"!ls \\\n  -l",
		"func hello() { fmt.Println(\"exec\") }\n%exec hello",
		"%%\nreturn",
	)
	const want = `// Program made of the notebook a.ipynb: its declarations, then its cells.
package main

import (
	"fmt"
	"strings"
)

// f is another one.
func f() int { return 2 }

func hello() { fmt.Println("exec") }

func cell2() {
	fmt.Println(f())
}

func cell3() { fmt.Println(strings.ToUpper("x"), f()) }

func cell6() { hello() }

func cell7() {
	return
}

func main() {
	// Cell 2:
	// %goflags -race
	cell2()
	cell3()
	// Cell 4:
	// %%bash
	// echo */ ` + "`hello`" + `
	// Cell 5:
	// !ls    -l
	// Cell 6:
	// %exec hello
	cell6()
	cell7()
}
`
	if got != want {
		t.Errorf("got the program\n%s\nwant\n%s", got, want)
	}
	if len(omitted) > 0 {
		t.Errorf("got %q left out, want nothing", omitted)
	}
	vet(t, t.TempDir(), []byte(got))
}

func TestWhatDoesNotCompileBecomesAComment(t *testing.T) {
	got, omitted := program(t,
		"func f() int { return 1 }",
		"%%\nvar n int = f()\nfmt.Println(n)",
		"func f(s string) string { return s }\n\nvar broken = f(1)",
		"func uses() { _ = broken }",
		"func ) {",
		"%%\nfmt.Println(f(`a\nb`))",
	)
	want := []string{"broken: ", "cell2: ", "uses: undefined: broken"}
	if len(omitted) != len(want) {
		t.Fatalf("got %q left out, want %q", omitted, want)
	}
	slices.Sort(omitted)
	for i, w := range want {
		if !strings.HasPrefix(omitted[i], w) {
			t.Errorf("left out: got %q, want the beginning %q", omitted[i], w)
		}
	}
	for _, line := range []string{"//	var n int = f()", "// var broken = f(1)", "// func ) {", "\tfmt.Println(f(`a", "\tcell2()"} {
		if !strings.Contains(got, line) {
			t.Errorf("got the program\n%s\nwant a line with %s", got, line)
		}
	}
}

func TestFlagsAreParsed(t *testing.T) {
	got, _ := program(t, "import \"flag\"\n\nvar n = flag.Int(\"n\", 1, \"\")", "%%\nprintln(*n)")
	if !strings.Contains(got, "Parse()") {
		t.Errorf("got the program\n%s\nwant one that parses flags", got)
	}
	if got, _ := program(t, "%%\nprintln(1)"); strings.Contains(got, "flag") {
		t.Errorf("got the program\n%s\nwant one without flags", got)
	}
}

func TestNamesOfFunctionsDoNotCollide(t *testing.T) {
	got, omitted := program(t, "func cell2() {}", "%%\ncell2()")
	if len(omitted) > 0 || !strings.Contains(got, "func cell_2() {") {
		t.Errorf("got %q left out of the program\n%s\nwant a function cell_2", omitted, got)
	}
}

func TestAPackageThatIsNotThereStaysImported(t *testing.T) {
	got, omitted := program(t, "import \"example.org/none\"", "%%\nnone.Do()")
	if len(omitted) > 0 || !strings.Contains(got, "\"example.org/none\"") || !strings.Contains(got, "\tnone.Do()") {
		t.Errorf("got %q left out of the program\n%s\nwant the import and its use", omitted, got)
	}
}

// TestVetAcceptsTheNotebooks also allows what vet finds in mistakes that the course
// makes on purpose.
func TestVetAcceptsTheNotebooks(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "notebooks")
	names, err := filepath.Glob(filepath.Join(folder, "[0-9]*.ipynb"))
	if err != nil || len(names) == 0 {
		t.Fatalf("got the notebooks %v, error %v", names, err)
	}
	for _, name := range longtest.Pick(nil, names) { // without it, the programs above are the sample
		t.Run(filepath.Base(name), func(t *testing.T) {
			nb, err := notebook.Read(name)
			if err != nil {
				t.Fatal(err)
			}
			text, _, err := Program(t.Context(), filepath.Base(name), folder, nb.CodeSources())
			if err != nil {
				t.Fatal(err)
			}
			vet(t, folder, text)
		})
	}
}

// vet runs go vet on a program as if it were in a folder.
func vet(t *testing.T, folder string, text []byte) {
	t.Helper()
	abs, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	file, overlay := filepath.Join(t.TempDir(), "main.go"), filepath.Join(t.TempDir(), "overlay.json")
	as := filepath.Join(abs, "zz-script.go")
	writeFile(t, file, text)
	writeFile(t, overlay, []byte(`{"Replace":{"`+as+`":"`+file+`"}}`))
	out, err := exec.CommandContext(t.Context(), "go", "vet", "-overlay", overlay, as).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, "WaitGroup.Add called from inside new goroutine") {
			t.Errorf("go vet: %s", line)
		}
	}
	if err != nil && len(out) == 0 {
		t.Error(err)
	}
}
