package coursework

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
)

// cellRoot is the folder that cells seem to be files of, so that messages can
// be told to name a cell.
const cellRoot = "/cell/"

// headLines is how many lines stand before a cell's own in its file.
const headLines = 2

// cellOf returns the grade_id of a file name in messages.
func cellOf(filename string) string {
	cell, _ := strings.CutPrefix(filename, cellRoot)
	return cell
}

// asFile makes a Go file of a cell. Its lines are the cell's to the compiler.
// Imports are completed and tidied as goimports does it when a cell is run:
// known says which paths stand for a name, elsewhere which names other cells
// declare.
func asFile(pkg string, c Code, known map[string][]string, elsewhere map[string]bool) string {
	text, _ := plainGo(c.Text)
	fset, file, err := parseCell(c, 0)
	var adds []string
	if err == nil {
		src := []byte(text)
		imported := map[string]bool{}
		used := selected(file)
		for _, d := range file.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.IMPORT {
				continue
			}
			for _, spec := range gen.Specs {
				spec := spec.(*ast.ImportSpec)
				name := importName(spec)
				imported[name] = true
				if len(used[name]) > 0 || name == "." || name == "_" || name == "C" {
					continue
				}
				var node ast.Node = spec
				if !gen.Lparen.IsValid() {
					node = gen
				}
				blank(src, fset.Position(node.Pos()).Offset-len(cellClause), fset.Position(node.End()).Offset-len(cellClause))
			}
		}
		text = string(src)
		for name, selectors := range used {
			if paths := known[name]; len(paths) > 0 && !imported[name] && !elsewhere[name] {
				adds = append(adds, choose(paths, selectors))
			}
		}
		slices.Sort(adds)
	}
	var head strings.Builder
	fmt.Fprintf(&head, "package %s", pkg)
	for _, add := range adds {
		fmt.Fprintf(&head, "; import %q", add)
	}
	return fmt.Sprintf("%s\n//line %s%s:1\n%s\n", head.String(), cellRoot, c.Cell, text)
}

// selected returns what is selected of each name that nothing in the file
// declares: Sleep of time, in time.Sleep.
func selected(file *ast.File) map[string][]string {
	unresolved := map[*ast.Ident]bool{}
	for _, id := range file.Unresolved {
		unresolved[id] = true
	}
	used := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && unresolved[id] {
				used[id.Name] = append(used[id.Name], sel.Sel.Name)
			}
		}
		return true
	})
	return used
}

// importName is the name that an import gives to its package, by the look of
// its path.
func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return packageName(strings.Trim(spec.Path.Value, "\"`"))
}

func packageName(importPath string) string {
	base := path.Base(importPath)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(importPath))
	}
	return base
}

// knownNames maps package names to paths.
func knownNames(paths []string) map[string][]string {
	known := map[string][]string{}
	for _, p := range paths {
		known[packageName(p)] = append(known[packageName(p)], p)
	}
	return known
}

// onlyOldRand are names of math/rand that math/rand/v2 doesn't have.
var onlyOldRand = []string{"Intn", "Int31", "Int31n", "Int63", "Int63n", "Seed", "Read", "NewSource", "Source64"}

func choose(paths, selectors []string) string {
	if len(paths) == 1 {
		return paths[0]
	}
	if i := slices.Index(paths, "math/rand"); i >= 0 && slices.ContainsFunc(selectors, func(s string) bool { return slices.Contains(onlyOldRand, s) }) {
		return paths[i]
	}
	if i := slices.Index(paths, "math/rand/v2"); i >= 0 {
		return paths[i]
	}
	return paths[0]
}

// blank replaces all but line ends by spaces.
func blank(src []byte, from, to int) {
	for i := from; i < to && i < len(src); i++ {
		if src[i] != '\n' {
			src[i] = ' '
		}
	}
}

// cellClause is the line that makes a file of a cell's Go.
const cellClause = "package p\n"

// parseCell parses a cell's Go. Its lines are those of the cell plus one, its
// offsets those of plainGo plus the length of cellClause.
func parseCell(c Code, mode parser.Mode) (*token.FileSet, *ast.File, error) {
	text, _ := plainGo(c.Text)
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, c.Cell, cellClause+text, mode)
	return fset, file, err
}

// importsOf returns the import paths that a cell names.
func importsOf(c Code) []string {
	_, file, err := parseCell(c, parser.ImportsOnly)
	if err != nil {
		return nil
	}
	var paths []string
	for _, spec := range file.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, "\"`"))
	}
	return paths
}
