package cell_test

import (
	"encoding/json"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/cell"
)

// FuzzCells splits, composes and completes any text. The seeds are the cells of
// the course's notebooks, and texts that once ended a kernel.
func FuzzCells(f *testing.F) {
	for _, text := range append(notebookCells(f),
		"%%\n%%", "! ", "%", "%%\ns := `\n% \n`", "/*\n!x\n*/", "const (\n\tA = iota\n\tB\n)", "%%\r\nx()\r\n",
		"func f() {\n!ls\n}", "//line x:1\nvar a = 1; var b = 2", "package main; import \"fmt\"", "import (\n\t// #include <a.h>\n\t\"C\"\n)",
		"//gonb:%%\n//gonb:!a \\\n//gonb:b", "var _, x = 1, `ä`", "%%\n}\n{", "func init_a() {}\nfunc (t *T[K, V]) M() {}", "import . \"math\"\n%exec f a",
	) {
		f.Add(text, len(text)/2)
	}
	f.Fuzz(func(t *testing.T, text string, cursor int) {
		checkCell(t, text)
		c, _ := cell.Split(text)
		offset := cell.OffsetOf(text, cursor)
		if offset < 0 || offset > len(c.Text) {
			t.Fatalf("cursor %d is offset %d of %d", cursor, offset, len(c.Text))
		}
		d := &cell.Declarations{}
		if matches, start := d.Complete(c, offset, packages{"fmt": {"Println"}}); start < 0 || start > offset {
			t.Errorf("got completions %q from %d to %d", matches, start, offset)
		}
		if at := c.Identifier(offset); at < 0 || at > len(c.Text) {
			t.Errorf("got identifier at %d of %d", at, len(c.Text))
		}
		c.InCommand(offset)
		c.InText(offset)
		d.Edit(c, "", nil)
		cell.Completeness(text)
	})
}

// checkCell splits a cell. If it is well-formed, the program that is composed of
// it must be well-formed as well, and each identifier must be at its place.
func checkCell(t *testing.T, text string) {
	t.Helper()
	c, err := cell.Split(text)
	if c.Magic != nil {
		return
	}
	if len(c.Go) != len(c.Text) || strings.Count(c.Go, "\n") != strings.Count(c.Text, "\n") {
		t.Fatalf("got Go code %q of another shape than %q", c.Go, c.Text)
	}
	if err != nil {
		if err.Error() == "" {
			t.Error("got an error without a text")
		}
		return
	}
	source := cell.NewProgram("main.go", (&cell.Declarations{}).Add(c, 3, "", nil), c, 3).Source()
	fset := token.NewFileSet()
	if _, err := parser.ParseFile(fset, "main.go", source, parser.SkipObjectResolution); err != nil {
		t.Fatalf("%v in\n%s\ncomposed of\n%s", err, source, text)
	}
	lines := strings.Split(c.Text, "\n")
	fset = token.NewFileSet()
	file := fset.AddFile("main.go", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, scanner.ScanComments)
	inCell := 0
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		at := fset.Position(pos)
		if tok != token.IDENT || at.Filename != "cell 3" || lit == "gonb_flag" || lit == "Parse" || lit == "main" {
			continue
		}
		inCell++
		if at.Line > len(lines) || at.Column < 1 || at.Column > len(lines[at.Line-1]) || !strings.HasPrefix(lines[at.Line-1][at.Column-1:], lit) {
			if c.Exec == nil { // it names its function in the line of the command
				t.Fatalf("%s is at %s in\n%s\ncomposed of\n%s", lit, at, source, text)
			}
		}
	}
}

// notebookCells returns the code cells of the notebooks of the course.
func notebookCells(t testing.TB) (cells []string) {
	files, err := filepath.Glob("../../notebooks/*.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var nb struct {
			Cells []struct {
				Type   string `json:"cell_type"`
				Source []string
			}
		}
		if err := json.Unmarshal(raw, &nb); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range nb.Cells {
			if c.Type == "code" {
				cells = append(cells, strings.Join(c.Source, ""))
			}
		}
	}
	return cells
}
