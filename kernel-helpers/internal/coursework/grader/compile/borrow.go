package compile

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"slices"

	"example.com/speedup/kernel-helpers/cell"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// Borrows begins the text of notes about answers that use the student's other
// cells.
const Borrows = "this answer uses "

// lender is a cell of the student's, of which answers may use declarations.
type lender struct {
	code course.Code
	file *ast.File
	used []ast.Decl
	size func(ast.Node) (from, to int) // offsets in the cell's Go code
}

// borrow splits the student's cells into the exercise's own answers and, of the
// other ones, the declarations that the answers need. In the notebook's kernel all
// cells share their declarations, and an answer that relies on that is right.
func (o *Order) borrow() (notes []course.Problem) {
	var own []course.Code
	var lenders []*lender
	for _, c := range o.Answers {
		if !c.Borrowed {
			own = append(own, c)
			continue
		}
		fset, file, err := c.Parse(0)
		if err != nil {
			continue
		}
		const clause = len(course.PackageClause)
		lenders = append(lenders, &lender{code: c, file: file, size: func(n ast.Node) (int, int) {
			return fset.Position(n.Pos()).Offset - clause, fset.Position(n.End()).Offset - clause
		}})
	}
	o.Answers = own
	if len(lenders) == 0 || len(own) == 0 {
		return nil
	}
	known := map[string]bool{}
	for _, c := range slices.Concat(own, o.Shared, []course.Code{o.Tests}) {
		for name := range declaredIn(c) {
			known[name] = true
		}
	}
	var wanted []string
	for _, c := range own {
		if _, file, err := c.Parse(0); err == nil {
			for _, id := range file.Unresolved {
				wanted = append(wanted, id.Name)
			}
		}
	}
	for len(wanted) > 0 {
		name := wanted[0]
		wanted = wanted[1:]
		if known[name] || types.Universe.Lookup(name) != nil {
			continue
		}
		known[name] = true
		for _, l := range slices.Backward(lenders) { // in a kernel, the last declaration counts
			decls := declarations(l.file, name)
			if len(decls) == 0 {
				continue
			}
			notes = append(notes, course.Problem{Kind: course.Note, Cell: own[0].Cell, Text: fmt.Sprintf("%s%s of the cell %s", Borrows, name, l.code.Cell)})
			for _, d := range decls {
				if slices.Contains(l.used, d) {
					continue
				}
				l.used = append(l.used, d)
				ast.Inspect(d, func(n ast.Node) bool {
					if id, isIdent := n.(*ast.Ident); isIdent {
						wanted = append(wanted, id.Name) // also names of fields, which do no harm
					}
					return true
				})
			}
			break
		}
	}
	for _, l := range lenders {
		if len(l.used) > 0 {
			o.Answers = append(o.Answers, l.trimmed())
		}
	}
	return notes[:min(len(notes), MaxProblems)]
}

// declarations returns what declares a name in a file: also the methods of a type.
func declarations(file *ast.File, name string) (decls []ast.Decl) {
	for _, d := range file.Decls {
		if slices.ContainsFunc(declaredNames(d), func(id *ast.Ident) bool { return id.Name == name }) {
			decls = append(decls, d)
		}
	}
	if len(decls) == 0 {
		return nil
	}
	for _, d := range file.Decls {
		if f, isFunc := d.(*ast.FuncDecl); isFunc && f.Recv != nil && len(f.Recv.List) == 1 && cell.ReceiverType(f.Recv.List[0].Type) == name {
			decls = append(decls, d)
		}
	}
	return decls
}

// trimmed returns the cell with only the declarations that are used. Lines keep
// their numbers.
func (l *lender) trimmed() course.Code {
	text, _ := l.code.Go()
	src := []byte(text)
	for _, d := range l.file.Decls {
		gen, isGen := d.(*ast.GenDecl)
		if (isGen && gen.Tok.String() == "import") || slices.Contains(l.used, d) {
			continue
		}
		from, to := l.size(d)
		blank(src, from, to)
	}
	return course.Code{Cell: l.code.Cell, Text: string(src)}
}

// renameHidden renames what only the hidden part of the test cell declares where an
// answer declares the same: students can't know these names.
func (o *Order) renameHidden() {
	taken := map[string]bool{}
	for _, c := range o.Answers {
		for name := range declaredIn(c) {
			taken[name] = true
		}
	}
	fset, file, err := o.Tests.Parse(parser.ParseComments)
	if err != nil {
		return
	}
	hidden := o.Tests.HiddenLines()
	visible := declaredIn(o.Tests.WithoutHidden())
	//lint:ignore SA1019 The names are those of one file, whose types aren't known yet.
	renamed := map[*ast.Object]bool{}
	for _, d := range file.Decls {
		for _, id := range declaredNames(d) {
			if taken[id.Name] && !visible[id.Name] && id.Obj != nil && hidden(fset.Position(id.Pos()).Line-1) && !slices.Contains(o.Cases, id.Name) {
				renamed[id.Obj] = true
			}
		}
	}
	if len(renamed) == 0 {
		return
	}
	keys := map[*ast.Ident]bool{} // names of fields, which the parser takes for variables
	ast.Inspect(file, func(n ast.Node) bool {
		lit, isLit := n.(*ast.CompositeLit)
		if !isLit {
			return true
		}
		switch lit.Type.(type) {
		case *ast.MapType, *ast.ArrayType, nil:
			return true
		}
		for _, e := range lit.Elts {
			if kv, isPair := e.(*ast.KeyValueExpr); isPair {
				if id, isIdent := kv.Key.(*ast.Ident); isIdent {
					keys[id] = true
				}
			}
		}
		return true
	})
	var ends []int
	ast.Inspect(file, func(n ast.Node) bool {
		if id, isIdent := n.(*ast.Ident); isIdent && id.Obj != nil && renamed[id.Obj] && !keys[id] {
			ends = append(ends, fset.Position(id.End()).Offset-len(course.PackageClause))
		}
		return true
	})
	text, _ := o.Tests.Go()
	slices.Sort(ends)
	for _, at := range slices.Backward(slices.Compact(ends)) {
		text = text[:at] + "_hidden" + text[at:]
	}
	o.Tests.Text = text
}
