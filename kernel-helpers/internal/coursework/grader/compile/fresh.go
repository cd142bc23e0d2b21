package compile

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// granted are the names that the grader's own code declares.
var granted = []string{"speedupHarness", "speedupProbe", "speedupTesting", "speedupTest", "speedupFreshAll", "speedupNew", "speedupHeap", "speedupHeap2", "speedupHeap3"}

// Beginnings of names that generated code declares.
const (
	heapPrefix = "speedupVar_"
	newHelper  = "speedupNew"
	heapHelper = "speedupHeap"
	freshFunc  = "speedupFresh"
)

// heapHelpers put values where a bubble of synctest can own them. They aren't
// inlined, or the compiler would make static variables of them again.
const heapHelpers = `
//go:noinline
func speedupNew[T any]() *T { return new(T) }

//go:noinline
func speedupHeap[T any](v T) *T { return &v }

//go:noinline
func speedupHeap2[A, B any](a A, b B) (*A, *B) { return &a, &b }

//go:noinline
func speedupHeap3[A, B, C any](a A, b B, c C) (*A, *B, *C) { return &a, &b, &c }
`

// freshening gives each test its own values of an answer's package-level variables
// that hold channels, wait groups and the like. Go ties these to the bubble of
// synctest in which they are made, and the clock of a test stands still while the
// test waits for one from outside. Such a variable x becomes a pointer,
// speedupVar_x, which is set in the bubble of each test.
type freshening struct {
	fset   *token.FileSet
	info   *types.Info
	fixed  map[string]bool // names that the course's cells use
	notes  []course.Problem
	calls  []freshCall
	number int
}

// freshCall is a function that sets variables, with its place in the order of
// initialization.
type freshCall struct {
	order int
	name  string
}

// edit replaces a part of a file.
type edit struct {
	from, to int
	text     string
}

// freshen changes the files of answers. It returns the functions to call in the
// bubble of each test, in order, and notes about the variables.
func (o *Order) freshen(fset *token.FileSet, files []sourceFile, answers []*ast.File, info *types.Info) (calls []string, notes []course.Problem) {
	f := &freshening{fset: fset, info: info, fixed: map[string]bool{}}
	if _, tests, err := o.Tests.Parse(0); err == nil {
		for _, id := range tests.Unresolved {
			f.fixed[id.Name] = true
		}
	}
	var specs []*ast.ValueSpec
	heap := map[types.Object]bool{}
	for _, file := range answers {
		for _, d := range file.Decls {
			gen, isGen := d.(*ast.GenDecl)
			if !isGen || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				spec := spec.(*ast.ValueSpec)
				if !f.changes(spec) {
					continue
				}
				specs = append(specs, spec)
				for _, id := range spec.Names {
					heap[info.Defs[id]] = true
				}
			}
		}
	}
	if len(specs) == 0 {
		return nil, nil
	}
	for _, file := range answers {
		i := slices.IndexFunc(files, func(s sourceFile) bool { return s.name == f.fset.PositionFor(file.Package, false).Filename })
		if i < 0 {
			continue
		}
		files[i].text = f.file(file, files[i].text, specs, heap)
	}
	slices.SortStableFunc(f.calls, func(a, b freshCall) int { return cmp.Compare(a.order, b.order) })
	for _, c := range f.calls {
		calls = append(calls, c.name)
	}
	return calls, f.notes[:min(len(f.notes), MaxProblems)]
}

// changes reports whether the variables of a spec are to be made anew.
func (f *freshening) changes(spec *ast.ValueSpec) bool {
	if n := len(spec.Values); n != 0 && n != len(spec.Names) && (n != 1 || len(spec.Names) > 3) {
		return false
	}
	tied := false
	for _, id := range spec.Names {
		obj := f.info.Defs[id]
		if obj == nil || id.Name == "_" || f.fixed[id.Name] {
			return false
		}
		tied = tied || isTied(obj.Type(), len(spec.Values) > 0, nil)
	}
	return tied && (len(spec.Values) == 0 || !slices.ContainsFunc(spec.Values, isEmptyValue) || len(spec.Values) > 1)
}

// isTied reports whether a value of the type may be or contain something that
// belongs to a bubble. Without a value of its own, a variable of type chan is nil.
func isTied(t types.Type, valued bool, seen []types.Type) bool {
	if slices.Contains(seen, t) {
		return false
	}
	seen = append(seen, t)
	if named, isNamed := types.Unalias(t).(*types.Named); isNamed && named.Obj().Pkg() != nil {
		switch named.Obj().Pkg().Path() + "." + named.Obj().Name() {
		case "sync.WaitGroup":
			return true
		case "context.Context", "time.Timer", "time.Ticker":
			return valued
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Chan:
		return valued
	case *types.Pointer:
		return valued && isTied(u.Elem(), valued, seen)
	case *types.Slice:
		return valued && isTied(u.Elem(), valued, seen)
	case *types.Map:
		return valued && isTied(u.Elem(), valued, seen)
	case *types.Array:
		return isTied(u.Elem(), valued, seen)
	case *types.Struct:
		for field := range u.Fields() {
			if isTied(field.Type(), valued, seen) {
				return true
			}
		}
	}
	return false
}

// isEmptyValue reports whether an expression is a map or a slice without elements,
// or nil.
func isEmptyValue(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "nil"
	case *ast.CompositeLit:
		switch e.Type.(type) {
		case *ast.MapType, *ast.ArrayType:
			return len(e.Elts) == 0
		}
	case *ast.CallExpr:
		id, isIdent := e.Fun.(*ast.Ident)
		if !isIdent || id.Name != "make" || len(e.Args) == 0 {
			return false
		}
		switch e.Args[0].(type) {
		case *ast.MapType, *ast.ArrayType:
			return true
		}
	}
	return false
}

// file returns the text of an answer's file with its variables on the heap, and
// functions that set them anew at its end.
func (f *freshening) file(file *ast.File, text string, specs []*ast.ValueSpec, heap map[types.Object]bool) string {
	offset := func(pos token.Pos) int { return f.fset.PositionFor(pos, false).Offset }
	var edits []edit
	ast.Inspect(file, func(n ast.Node) bool {
		if id, isIdent := n.(*ast.Ident); isIdent && heap[f.info.Uses[id]] {
			edits = append(edits, edit{offset(id.Pos()), offset(id.End()), "(*" + heapPrefix + id.Name + ")"})
		}
		return true
	})
	var fresh strings.Builder
	for _, spec := range specs {
		if spec.Pos() < file.FileStart || spec.End() > file.FileEnd {
			continue
		}
		var names, values []string
		typ := ""
		if spec.Type != nil {
			typ = apply(text, offset(spec.Type.Pos()), offset(spec.Type.End()), edits)
		}
		for _, id := range spec.Names {
			names = append(names, heapPrefix+id.Name)
		}
		for _, v := range spec.Values {
			values = append(values, apply(text, offset(v.Pos()), offset(v.End()), edits))
		}
		value := ""
		switch {
		case len(values) == 0:
			value = strings.TrimSuffix(strings.Repeat(newHelper+"["+typ+"](), ", len(names)), ", ")
		case len(values) == len(names):
			for i := range values {
				call := heapHelper
				if typ != "" {
					call += "[" + typ + "]"
				}
				values[i] = call + "(" + values[i] + ")"
			}
			value = strings.Join(values, ", ")
		default:
			value = fmt.Sprintf("%s%d(%s)", heapHelper, len(names), values[0])
			if typ != "" {
				value = fmt.Sprintf("%s%d[%s](%s)", heapHelper, len(names), strings.TrimSuffix(strings.Repeat(typ+", ", len(names)), ", "), values[0])
			}
		}
		// The file's lines keep their numbers.
		set := strings.Join(names, ", ") + " = " + value
		from, to := offset(spec.Pos()), offset(spec.End())
		edits = slices.DeleteFunc(edits, func(e edit) bool { return e.from >= from && e.to <= to })
		padding := strings.Repeat("\n", max(0, strings.Count(text[from:to], "\n")-strings.Count(set, "\n")))
		edits = append(edits, edit{from, to, set + padding})
		f.number++
		call := fmt.Sprintf("%s%d", freshFunc, f.number)
		at := f.fset.Position(spec.Pos())
		fmt.Fprintf(&fresh, "\n//line %s:%d\nfunc %s() { %s }\n", at.Filename, at.Line, call, set)
		f.calls = append(f.calls, freshCall{f.orderOf(spec), call})
		for _, id := range spec.Names {
			f.notes = append(f.notes, course.Problem{Kind: course.Note, Cell: cellOf(at.Filename), Line: f.fset.Position(id.Pos()).Line,
				Text: fmt.Sprintf("%s is declared outside of any function. Each test got a new one; in the notebook, where it stays the same, a test that waits for it hangs: declare it inside the function that uses it", id.Name)})
		}
	}
	return apply(text, 0, len(text), edits) + fresh.String()
}

// orderOf returns the place of a spec in the order of initialization.
func (f *freshening) orderOf(spec *ast.ValueSpec) int {
	for i, init := range f.info.InitOrder {
		for _, v := range init.Lhs {
			if slices.ContainsFunc(spec.Names, func(id *ast.Ident) bool { return f.info.Defs[id] == v }) {
				return i
			}
		}
	}
	return -1 // it begins as its zero value
}

// apply returns a part of a text with the edits in it.
func apply(text string, from, to int, edits []edit) string {
	var b strings.Builder
	at := from
	for _, e := range slices.SortedFunc(slices.Values(edits), func(a, b edit) int { return cmp.Compare(a.from, b.from) }) {
		if e.from < at || e.to > to {
			continue
		}
		b.WriteString(text[at:e.from])
		b.WriteString(e.text)
		at = e.to
	}
	b.WriteString(text[at:to])
	return b.String()
}

// registration returns the file that registers an exercise's tests. Each test first
// tells package probe what to set anew in its bubble.
func (o *Order) registration(calls []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n\tspeedupTesting \"testing\"\n\tspeedupHarness %q\n\tspeedupProbe %q\n)\n", packageClause, o.Harness, o.Probe)
	b.WriteString(heapHelpers)
	fmt.Fprintf(&b, "\nfunc speedupFreshAll() {\n")
	for _, call := range calls {
		fmt.Fprintf(&b, "\t%s()\n", call)
	}
	fmt.Fprintf(&b, "}\n\nfunc speedupTest(f func(*speedupTesting.T)) func(*speedupTesting.T) {\n"+
		"\treturn func(t *speedupTesting.T) { speedupProbe.Fresh(speedupFreshAll); f(t) }\n}\n\nfunc init() {\n\tspeedupHarness.Add(%q,\n", o.Exercise)
	for _, c := range o.Cases {
		fmt.Fprintf(&b, "\t\tspeedupHarness.Test{Name: %q, F: speedupTest(%s)},\n", c, c)
	}
	b.WriteString("\t)\n}\n")
	return b.String()
}
