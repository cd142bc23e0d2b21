//go:build !browser

package lab

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/cell"
)

// TestCellsDropNoErrorInSilence type-checks the programs of all cells and finds
// calls whose error nobody receives, also behind go and defer. Such a line, or
// the one before it, has a comment that says why. What fmt prints, and writers
// that cannot fail, need none; the cell of a task may be wrong on purpose.
func TestCellsDropNoErrorInSilence(t *testing.T) {
	fset := token.NewFileSet()
	standard := standardPackages(t)
	var programs []cellProgram
	imports := map[string]bool{}
	for name, nb := range courseNotebooks(t) {
		d := &cell.Declarations{}
		texts, exempt, number := map[string][]string{}, map[string]bool{}, 0
		for _, c := range nb.Cells() {
			if c.Type() != "code" {
				continue
			}
			number++
			texts[cell.FileName(number)] = strings.Split(c.Source(), "\n")
			exempt[cell.FileName(number)] = c.Metadata("task") != nil
			parts, err := cell.Split(c.Source())
			if err != nil {
				continue // it is wrong on purpose: other tests look at errors
			}
			d = d.Add(parts, number, c.ID(), path.Base)
			if parts.Body == nil && c.Metadata("check") == nil {
				continue
			}
			p := cell.NewProgram("main.go", d, parts, number)
			p.SetImports(append(p.Imports(), missingImports(p.Plain(), standard)...))
			file, err := parser.ParseFile(fset, "main.go", p.Source(), parser.SkipObjectResolution)
			if file == nil {
				t.Fatalf("%s: cell %d: %v", name, number, err)
			}
			for _, spec := range file.Imports {
				imports[strings.Trim(spec.Path.Value, `"`)] = true
			}
			programs = append(programs, cellProgram{name, file, texts, exempt})
		}
	}
	importer := importer.ForCompiler(fset, "gc", exportData(t, slices.Sorted(maps.Keys(imports))))
	said, checked := map[string]bool{}, 0
	for _, p := range programs {
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
		sound := true // some cells are wrong on purpose; that imports are unused is no matter here
		config := types.Config{Importer: importer, Error: func(err error) {
			sound = sound && strings.HasSuffix(err.Error(), "imported and not used")
		}}
		if _, err := config.Check("main", fset, []*ast.File{p.file}, info); err == nil || sound {
			checked++
		}
		ast.Inspect(p.file, func(n ast.Node) bool {
			call := droppingCall(n)
			if call == nil || !returnsError(info, call) || neverFails(info, call) {
				return true
			}
			at := fset.Position(call.Pos())
			lines := p.texts[at.Filename]
			if at.Line > len(lines) || p.exempt[at.Filename] {
				return true
			}
			around := strings.Join(lines[max(0, at.Line-2):at.Line], "\n")
			message := fmt.Sprintf("%s: %s, line %d drops an error without saying why: %s", p.notebook, at.Filename, at.Line, lines[at.Line-1])
			if !strings.Contains(around, "//") && !said[message] {
				said[message] = true
				t.Error(message)
			}
			return true
		})
	}
	if checked < len(programs)*9/10 {
		t.Errorf("%d of %d programs have no type errors, want nearly all: are imports missing?", checked, len(programs))
	}
}

// A cellProgram is the program of a cell, and the texts of the cells before it.
type cellProgram struct {
	notebook string
	file     *ast.File
	texts    map[string][]string // lines, by the name of the cell's file
	exempt   map[string]bool
}

// droppingCall returns the call of a statement that ignores its results.
func droppingCall(n ast.Node) *ast.CallExpr {
	switch n := n.(type) {
	case *ast.ExprStmt:
		call, _ := ast.Unparen(n.X).(*ast.CallExpr)
		return call
	case *ast.GoStmt:
		return n.Call
	case *ast.DeferStmt:
		return n.Call
	}
	return nil
}

func returnsError(info *types.Info, call *ast.CallExpr) bool {
	isError := func(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }
	switch t := info.Types[call].Type.(type) {
	case nil:
		return false
	case *types.Tuple:
		return t.Len() > 0 && isError(t.At(t.Len()-1).Type())
	default:
		return isError(t)
	}
}

// neverFails reports whether a call prints with fmt, or writes to memory.
func neverFails(info *types.Info, call *ast.CallExpr) bool {
	selector, isSelector := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !isSelector {
		return false
	}
	f, isFunc := info.Uses[selector.Sel].(*types.Func)
	if !isFunc || f.Pkg() == nil {
		return false
	}
	receiver := ""
	if recv := f.Signature().Recv(); recv != nil {
		receiver = strings.TrimPrefix(recv.Type().String(), "*")
	}
	return f.Pkg().Path() == "fmt" || receiver == "strings.Builder" || receiver == "bytes.Buffer"
}

// standardPackages returns the paths of the standard library by the names under
// which cells use them without an import.
func standardPackages(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "std").Output()
	if err != nil {
		t.Fatalf("go list std: %v", err)
	}
	byName := map[string]string{}
	for name := range strings.FieldsSeq(string(out)) {
		if !strings.Contains("/"+name+"/", "/internal/") && !strings.HasPrefix(name, "vendor/") {
			byName[path.Base(name)] = name
		}
	}
	maps.Copy(byName, map[string]string{"rand": "math/rand/v2", "pprof": "runtime/pprof", "trace": "runtime/trace", "template": "text/template"})
	return byName
}

// missingImports returns imports of the standard packages that a program uses
// and doesn't import.
func missingImports(source []byte, standard map[string]string) (missing []cell.Import) {
	file, _ := parser.ParseFile(token.NewFileSet(), "", source, 0) // as much as can be parsed will do
	if file == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, spec := range file.Imports {
		seen[path.Base(strings.Trim(spec.Path.Value, `"`))] = true
	}
	for _, identifier := range file.Unresolved {
		if importPath := standard[identifier.Name]; importPath != "" && !seen[identifier.Name] {
			seen[identifier.Name] = true
			missing = append(missing, cell.Import{Path: importPath, As: identifier.Name})
		}
	}
	return missing
}

// exportData returns a function that opens what the compiler says of a package.
func exportData(t *testing.T, imports []string) func(string) (io.ReadCloser, error) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, imports...)...)
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list -export: %v", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		importPath, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[importPath] = file
	}
	return func(importPath string) (io.ReadCloser, error) {
		if files[importPath] == "" {
			return nil, fmt.Errorf("no export data of %s", importPath)
		}
		return os.Open(files[importPath])
	}
}
