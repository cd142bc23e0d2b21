package compile

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
)

// uninstrumented returns the functions that the packages of answers' imports call,
// directly or not, and whose use of memory the race detector doesn't see: those
// without a body in Go, those of packages that the compiler doesn't instrument, and
// those that say so (norace).
func uninstrumented(t *testing.T) []string {
	t.Helper()
	root, err := checkout.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	goroot, err := checkout.Go(t.Context(), root, "env", "GOROOT")
	if err != nil {
		t.Fatal(err)
	}
	skip := uninstrumentedPackages(t, filepath.Join(strings.TrimSpace(string(goroot)), "src", "cmd", "internal", "objabi", "pkgspecial.go"))
	paths := slices.Sorted(maps.Keys(allowedImports))
	out, err := checkout.Go(t.Context(), root, append([]string{"list", "-race", "-deps", "-json=ImportPath,Dir,GoFiles"}, paths...)...)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath, Dir string
			GoFiles         []string
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if skip[pkg.ImportPath] || strings.HasPrefix(pkg.ImportPath, "runtime/") {
			continue
		}
		for _, name := range pkg.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(pkg.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			addUninstrumented(found, pkg.ImportPath, file, skip)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// addUninstrumented adds what a file of an instrumented package declares or calls.
func addUninstrumented(found map[string]bool, pkg string, file *ast.File, skip map[string]bool) {
	imports := map[string]string{}
	for _, spec := range file.Imports {
		if path, _ := strconv.Unquote(spec.Path.Value); skip[path] {
			imports[importName(spec)] = path
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			hidden := n.Body == nil
			if n.Doc != nil {
				for _, c := range n.Doc.List {
					hidden = hidden || strings.HasPrefix(c.Text, "//go:norace")
				}
			}
			if hidden {
				found[pkg+"."+n.Name.Name] = true
			}
		case *ast.CallExpr:
			f := n.Fun
			if generic, isGeneric := f.(*ast.IndexExpr); isGeneric {
				f = generic.X
			}
			if sel, isSelector := f.(*ast.SelectorExpr); isSelector {
				if id, isIdent := sel.X.(*ast.Ident); isIdent && imports[id.Name] != "" {
					found[imports[id.Name]+"."+sel.Sel.Name] = true
				}
			}
		}
		return true
	})
}

// uninstrumentedPackages reads from the compiler's sources which packages it
// doesn't instrument.
func uninstrumentedPackages(t *testing.T, file string) map[string]bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	skip := map[string]bool{"unsafe": true}
	lists := 0
	for _, name := range []string{"runtimePkgs", "extraNoInstrumentPkgs"} {
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, isSpec := n.(*ast.ValueSpec)
			if !isSpec || spec.Names[0].Name != name {
				return true
			}
			lists++
			ast.Inspect(spec, func(n ast.Node) bool {
				if lit, isLit := n.(*ast.BasicLit); isLit {
					path, _ := strconv.Unquote(lit.Value)
					skip[strings.TrimPrefix(path, "-")] = !strings.HasPrefix(path, "-")
				}
				return true
			})
			return false
		})
	}
	if lists != 2 {
		t.Fatalf("%s: got %d lists of packages, want 2: see how this Go release names them", file, lists)
	}
	return skip
}

// testdata/uninstrumented.txt has each function under the reason why answers can't
// leave Go's rules with it. A function that isn't there may be new in this Go
// release: see what it does with memory that an answer shares between goroutines,
// and then add it to the file, to replacements or to refusedNames.
func TestEveryFunctionThatTheRaceDetectorDoesNotSeeIsAccountedFor(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the list is for linux/amd64")
	}
	text, err := os.ReadFile(filepath.Join("testdata", "uninstrumented.txt"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			known[line] = true
		}
	}
	for _, name := range uninstrumented(t) {
		if !known[name] {
			t.Errorf("got %s, which the race detector doesn't see, want it in testdata/uninstrumented.txt with a reason", name)
		}
	}
}
