package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// CellRoot is the folder that cells appear to be files of, so that messages and
// traces show which cell a line is in.
const CellRoot = "/cell/"

// headLines is how many lines precede a cell's own in its file.
const headLines = 2

// cellOf returns the grade_id of a file name in messages.
func cellOf(filename string) string {
	return strings.TrimPrefix(filename, CellRoot)
}

// asFile makes a Go file of a cell, whose lines keep the cell's numbers in
// messages. As goimports does when a cell is run, it adds missing imports and
// removes unused ones: known maps package names to import paths, and elsewhere
// has the names that other cells declare.
func asFile(pkg string, c course.Code, known map[string][]string, elsewhere map[string]bool) string {
	text, _ := c.Go()
	fset, file, err := c.Parse(0)
	var adds []string
	if err == nil {
		src := []byte(text)
		imported := map[string]bool{}
		used := selectors(file)
		for _, d := range file.Decls {
			gen, isGen := d.(*ast.GenDecl)
			if !isGen || gen.Tok != token.IMPORT {
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
				const clause = len(course.PackageClause)
				blank(src, fset.Position(node.Pos()).Offset-clause, fset.Position(node.End()).Offset-clause)
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
	return fmt.Sprintf("%s\n//line %s%s:1\n%s\n", head.String(), CellRoot, c.Cell, text)
}

// importName returns the name that an import gives to its package.
func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return packageName(strings.Trim(spec.Path.Value, "\"`"))
}

// blank replaces everything but newlines by spaces.
func blank(src []byte, from, to int) {
	for i := from; i < to && i < len(src); i++ {
		if src[i] != '\n' {
			src[i] = ' '
		}
	}
}
