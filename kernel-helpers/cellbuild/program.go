package cellbuild

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// source is the name of the program's only file.
const source = "main.go"

// An Import is one import of a program.
type Import struct {
	Name string // as given in the source; "" for the package's own name
	Path string
}

// A program is a parsed main.go.
type program struct {
	text    []byte
	file    *ast.File
	imports []Import
}

// errDeclined is wrapped by errors for programs that cellbuild leaves to go
// build.
var errDeclined = errors.New("left to go build")

func declined(format string, args ...any) error {
	return fmt.Errorf("cellbuild: "+format+": %w", append(args, errDeclined)...)
}

// readProgram reads main.go. It declines a program with which the go command
// would do more than compile it.
func readProgram(dir string) (*program, error) {
	text, err := os.ReadFile(filepath.Join(dir, source))
	if err != nil {
		return nil, err
	}
	// Object resolution gives identifiers declared in the file an Obj.
	file, err := parser.ParseFile(token.NewFileSet(), source, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	if file.Name.Name != "main" {
		return nil, declined("package %s", file.Name.Name)
	}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if d := directive(comment.Text); d != "" {
				return nil, declined("%s", d)
			}
		}
	}
	p := &program{text: text, file: file}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if path == "C" || strings.HasPrefix(path, ".") || strings.HasPrefix(path, "/") {
			return nil, declined("import %q", path)
		}
		i := Import{Path: path}
		if spec.Name != nil {
			i.Name = spec.Name.Name
		}
		p.imports = append(p.imports, i)
	}
	return p, nil
}

// harmless lists the directives that only the compiler uses.
var harmless = []string{"//go:noinline", "//go:norace", "//go:nosplit", "//go:generate"}

// directive returns the first line of a comment that has a meaning for the go
// command or the compiler, or "".
func directive(comment string) string {
	line, _, _ := strings.Cut(comment, "\n")
	word, _, _ := strings.Cut(line, " ")
	switch {
	case slices.Contains(harmless, strings.TrimRight(word, "\r\t")):
		return ""
	case strings.HasPrefix(line, "//go:"), strings.HasPrefix(line, "//export "), strings.HasPrefix(line, "/*line "),
		strings.HasPrefix(line, "//") && strings.HasPrefix(strings.TrimSpace(line[2:]), "+build"):
		return line
	}
	return ""
}

// paths returns the program's import paths, sorted and without duplicates.
func (p *program) paths() []string {
	var all []string
	for _, i := range p.imports {
		all = append(all, i.Path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// notOurs lists the extensions of source files that go build uses.
var notOurs = []string{".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90", ".s", ".S", ".sx", ".swig", ".swigcxx", ".syso"}

// onlySource returns an error if go build would use any file of dir besides
// main.go.
func onlySource(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case name == source, strings.HasPrefix(name, "."), strings.HasPrefix(name, "_"):
		case name == "vendor", name == "default.pgo", !entry.IsDir() && slices.Contains(notOurs, filepath.Ext(name)) && !strings.HasSuffix(name, "_test.go"):
			return declined("%s beside %s", name, source)
		}
	}
	return nil
}
