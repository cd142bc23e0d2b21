package compile

import (
	"go/ast"
	"go/parser"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// declaredNames returns the names that a declaration adds to the package. Methods
// add none.
func declaredNames(d ast.Decl) (names []*ast.Ident) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name)
			case *ast.ValueSpec:
				names = append(names, spec.Names...)
			}
		}
	}
	return names
}

// declaredIn returns the set of names that a cell adds to the package.
func declaredIn(c course.Code) map[string]bool {
	names := map[string]bool{}
	_, file, err := c.Parse(parser.SkipObjectResolution)
	if err != nil {
		return names
	}
	for _, d := range file.Decls {
		for _, id := range declaredNames(d) {
			names[id.Name] = true
		}
	}
	return names
}

// selectors returns, for each name that nothing in the file declares, what is
// selected of it: Sleep for time in time.Sleep.
func selectors(file *ast.File) map[string][]string {
	unresolved := map[*ast.Ident]bool{}
	for _, id := range file.Unresolved {
		unresolved[id] = true
	}
	used := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, isSelector := n.(*ast.SelectorExpr); isSelector {
			if id, isIdent := sel.X.(*ast.Ident); isIdent && unresolved[id] {
				used[id.Name] = append(used[id.Name], sel.Sel.Name)
			}
		}
		return true
	})
	return used
}
