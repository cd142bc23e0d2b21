package compile

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// rules checks answers: first their text, then what their names stand for.
type rules struct {
	fset     *token.FileSet
	forbid   []string
	reserved map[string]string // names that belong to the course, with the cell that declares them
	shared   []string          // packages that the shared cells import: answers may get values of their types
	problems []course.Problem
}

func (r *rules) refuse(pos token.Pos, format string, args ...any) {
	if len(r.problems) == MaxProblems {
		return
	}
	p := r.fset.Position(pos)
	r.problems = append(r.problems, course.Problem{Kind: course.Refused, Cell: cellOf(p.Filename), Line: p.Line, Text: fmt.Sprintf(format, args...)})
}

// checkText checks what doesn't take types to see.
func (r *rules) checkText(f *ast.File) {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if isDirective(c.Text) && r.fset.PositionFor(c.Pos(), false).Line > headLines {
				r.refuse(c.Pos(), "%.40q is a compiler directive, which answers may not contain", c.Text)
			}
		}
	}
	for _, spec := range f.Imports {
		path := strings.Trim(spec.Path.Value, "\"`")
		_, allowed := allowedImports[path]
		switch {
		case slices.Contains(r.forbid, path):
			r.refuse(spec.Pos(), "this exercise has to be solved without the package %s", path)
		case !allowed && refusedImports[path] != "":
			r.refuse(spec.Pos(), "the package %s may not be imported: %s", path, refusedImports[path])
		case !allowed:
			r.refuse(spec.Pos(), "the package %s may not be imported. Answers may import %s", path, strings.Join(slices.Sorted(maps.Keys(allowedImports)), " "))
		case spec.Name != nil && (spec.Name.Name == "." || spec.Name.Name == "_"):
			r.refuse(spec.Pos(), "import %s under its own name, not as %s", path, spec.Name.Name)
		}
	}
	for _, d := range f.Decls {
		_, isFunc := d.(*ast.FuncDecl)
		for _, name := range declaredNames(d) {
			r.checkName(name, isFunc)
		}
	}
}

// checkName checks a name that the answer declares for the whole package.
func (r *rules) checkName(id *ast.Ident, isFunc bool) {
	switch where := r.reserved[id.Name]; {
	case id.Name == "_":
	case where != "":
		r.refuse(id.Pos(), "%s is declared by the course (%s): choose another name", id.Name, where)
	case id.Name == "init":
		r.refuse(id.Pos(), "an answer may not have a func init: it would run before the tests")
	case types.Universe.Lookup(id.Name) != nil:
		r.refuse(id.Pos(), "%s is predeclared by Go, and the tests use it: choose another name", id.Name)
	case isFunc && ast.IsExported(id.Name) && slices.ContainsFunc([]string{"Test", "Benchmark", "Fuzz", "Example"}, func(p string) bool {
		rest, ok := strings.CutPrefix(id.Name, p)
		return ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z')
	}):
		r.refuse(id.Pos(), "%s looks like a test, and only the course has tests: choose another name", id.Name)
	}
}

// isDirective reports whether the compiler, the go command or cgo obey a comment.
func isDirective(comment string) bool {
	for _, prefix := range []string{"//go:", "//line ", "/*line ", "//export ", "//extern ", "// +build", "//+build", "//sys", "//cgo"} {
		if strings.HasPrefix(comment, prefix) {
			return true
		}
	}
	return false
}

// checkUses checks what names stand for, once types are known.
func (r *rules) checkUses(files []*ast.File, info *types.Info, own *types.Package) {
	reads := map[*ast.Ident]bool{} // GOMAXPROCS in calls that only read the setting
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				r.checkType(e, info.TypeOf(e), own)
				r.checkHandlerOptions(e, info.Types[e])
			}
			switch n := n.(type) {
			case *ast.Ident:
				r.checkUse(n, info.Uses[n], own)
				if f, ok := info.Uses[n].(*types.Func); ok && f.FullName() == "runtime.GOMAXPROCS" && !reads[n] {
					r.refuse(n.Pos(), "runtime.GOMAXPROCS may only be called with 0, which changes nothing")
				}
				for arg := range info.Instances[n].TypeArgs.Types() {
					r.checkType(n, arg, own)
					r.checkHandlerOptions(n, types.TypeAndValue{Type: arg})
				}
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					r.checkChange(e, info, own)
				}
			case *ast.IncDecStmt:
				r.checkChange(n.X, info, own)
			case *ast.RangeStmt:
				r.checkChange(n.Key, info, own)
				r.checkChange(n.Value, info, own)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					r.checkChange(n.X, info, own)
				}
			case *ast.CallExpr:
				if id := readsProcessors(n, info); id != nil {
					reads[id] = true // before the walk reaches it
				}
			case *ast.InterfaceType:
				r.checkInterface(n)
			}
			return true
		})
	}
}

// checkUse checks the use of a name that another package declares.
func (r *rules) checkUse(id *ast.Ident, obj types.Object, own *types.Package) {
	if obj == nil || obj.Pkg() == nil || obj.Pkg() == own {
		return
	}
	if _, isName := obj.(*types.PkgName); isName {
		return
	}
	path := obj.Pkg().Path()
	names, ok := allowedImports[path]
	if !ok {
		return // the package is imported by the course's cells, or an allowed package returned a value of its types
	}
	full := path + "." + obj.Name()
	if why := refusedNames[full]; names == nil && why != "" {
		r.refuse(id.Pos(), "%s may not be used: %s", full, why)
		return
	}
	if names == nil || slices.Contains(names, obj.Name()) {
		return
	}
	if why := refusedNames[full]; why != "" {
		r.refuse(id.Pos(), "%s may not be used: %s", full, why)
		return
	}
	r.refuse(id.Pos(), "%s may not be used: of the package %s, answers may use %s", full, path, strings.Join(names, ", "))
}

// checkInterface refuses interfaces by which the method Output of a log.Logger could
// be called: those with a method of that name, whatever its parameters are, as they
// may be type parameters.
func (r *rules) checkInterface(e *ast.InterfaceType) {
	for _, field := range e.Methods.List {
		for _, name := range field.Names {
			if name.Name == "Output" {
				r.refuse(name.Pos(), "a method of an interface may not be called Output, as that of log.Logger is (%s): choose another name", tellsCaller)
			}
		}
	}
}

// checkHandlerOptions refuses values of slog.HandlerOptions, which make records say
// where they come from. The options of a handler are nil.
func (r *rules) checkHandlerOptions(e ast.Expr, tv types.TypeAndValue) {
	t := tv.Type
	if t == nil || tv.IsNil() {
		return
	}
	if p, isPointer := types.Unalias(t).(*types.Pointer); isPointer {
		t = p.Elem()
	}
	named, isNamed := types.Unalias(t).(*types.Named)
	if !isNamed || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != "log/slog" || named.Obj().Name() != "HandlerOptions" || r.refusedLine(e.Pos()) {
		return
	}
	r.refuse(e.Pos(), "log/slog.HandlerOptions may not be used: %s; pass nil", tellsCaller)
}

// harmless are packages whose types allowed packages return, and which can do no
// more than those.
var harmless = []string{"encoding", "hash"}

// checkType refuses expressions whose types come from packages that answers may
// not import. Allowed packages return such values: an error of encoding/json has
// a reflect.Type, and type inference finds unsafe.Pointer in the functions of
// sync/atomic.
func (r *rules) checkType(e ast.Expr, t types.Type, own *types.Package) {
	if path := r.foreign(t, own, 0); path != "" && !r.refusedLine(e.Pos()) {
		why := refusedImports[path]
		if why == "" {
			why = "answers may not import it"
		}
		r.refuse(e.Pos(), "the type of this expression comes from the package %s: %s", path, why)
	}
}

// refusedLine reports whether there is a problem about a line already.
func (r *rules) refusedLine(pos token.Pos) bool {
	p := r.fset.Position(pos)
	return slices.ContainsFunc(r.problems, func(q course.Problem) bool { return q.Cell == cellOf(p.Filename) && q.Line == p.Line })
}

// foreign returns the path of a package that t's type comes from and that answers
// may not use, or "". It doesn't look inside named types.
func (r *rules) foreign(t types.Type, own *types.Package, depth int) string {
	const maxDepth = 20 // the parts of a deeper type literal are expressions of their own
	if t == nil || depth > maxDepth {
		return ""
	}
	var parts []types.Type
	tuple := func(all *types.Tuple) {
		for v := range all.Variables() {
			parts = append(parts, v.Type())
		}
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return "unsafe"
		}
	case *types.Named:
		if pkg := t.Obj().Pkg(); pkg != nil && pkg != own {
			_, allowed := allowedImports[pkg.Path()]
			if !allowed && !slices.Contains(harmless, pkg.Path()) && !slices.Contains(r.shared, pkg.Path()) {
				return pkg.Path()
			}
		}
		for arg := range t.TypeArgs().Types() {
			parts = append(parts, arg)
		}
	case *types.Pointer:
		parts = append(parts, t.Elem())
	case *types.Slice:
		parts = append(parts, t.Elem())
	case *types.Array:
		parts = append(parts, t.Elem())
	case *types.Chan:
		parts = append(parts, t.Elem())
	case *types.Map:
		parts = append(parts, t.Key(), t.Elem())
	case *types.Tuple:
		tuple(t)
	case *types.Signature:
		tuple(t.Params())
		tuple(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			parts = append(parts, f.Type())
		}
	case *types.Interface:
		for m := range t.ExplicitMethods() {
			parts = append(parts, m.Type())
		}
	}
	for _, part := range parts {
		if path := r.foreign(part, own, depth+1); path != "" {
			return path
		}
	}
	return ""
}

// checkChange refuses an expression that is assigned to, or whose address is
// taken, if it is a variable of another package or of the course, or a part of
// one.
func (r *rules) checkChange(e ast.Expr, info *types.Info, own *types.Package) {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
			continue
		case *ast.StarExpr:
			e = x.X
			continue
		case *ast.IndexExpr:
			e = x.X
			continue
		case *ast.Ident:
			if v, ok := info.Uses[x].(*types.Var); ok && v.Parent() == own.Scope() && r.reserved[v.Name()] != "" {
				r.refuse(x.Pos(), "%s is declared by the course (%s): answers may not change it", v.Name(), r.reserved[v.Name()])
			}
		case *ast.SelectorExpr:
			v, ok := info.Uses[x.Sel].(*types.Var)
			if ok && v.IsField() {
				e = x.X
				continue
			}
			if ok && v.Pkg() != nil && v.Pkg() != own {
				r.refuse(x.Pos(), "%s.%s is a variable of another package: answers may not change it", v.Pkg().Path(), v.Name())
			}
		}
		return
	}
}

// readsProcessors returns the function's name in a call such as
// runtime.GOMAXPROCS(0), which only reads the setting. Changing it would change it
// for other tests, too.
func readsProcessors(c *ast.CallExpr, info *types.Info) *ast.Ident {
	sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	if !ok || len(c.Args) != 1 {
		return nil
	}
	if n, exact := constantInt(info.Types[c.Args[0]].Value); !exact || n > 0 {
		return nil
	}
	return sel.Sel
}

// constantInt returns the value of an integer constant.
func constantInt(v constant.Value) (int64, bool) {
	if v == nil || v.Kind() != constant.Int {
		return 0, false
	}
	return constant.Int64Val(v)
}
