package coursework

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// allowedImports are the packages that answers may import. Where names are
// listed, only those may be used of the package, methods included.
var allowedImports = map[string][]string{
	"bufio": nil, "bytes": nil, "cmp": nil, "container/heap": nil, "container/list": nil,
	"container/ring": nil, "context": nil, "encoding/json": nil, "errors": nil, "fmt": nil,
	"hash/fnv": nil, "io": nil, "iter": nil, "log": nil, "log/slog": nil, "maps": nil,
	"math": nil, "math/bits": nil, "math/rand": nil, "math/rand/v2": nil,
	"os":     {"Stdout", "Stderr", "File", "Write", "WriteString"},
	"regexp": nil,
	// GOMAXPROCS(0) asks; any other use of it is refused below.
	"runtime": {"Gosched", "NumCPU", "NumGoroutine", "GOMAXPROCS"},
	"slices":  nil, "sort": nil, "strconv": nil, "strings": nil, "sync": nil, "sync/atomic": nil,
	"time": nil, "unicode": nil, "unicode/utf8": nil,
	"golang.org/x/sync/errgroup": nil, "golang.org/x/sync/semaphore": nil, "golang.org/x/sync/singleflight": nil,
}

// refusedBecause says of packages that cheats and the curious import why answers
// may not.
var refusedBecause = map[string]string{
	"C":             "cgo leaves Go's rules",
	"unsafe":        "unsafe leaves Go's rules",
	"reflect":       "reflection can reach into the tests",
	"syscall":       "an answer asks nothing of the system",
	"os/exec":       "an answer starts no programs",
	"os/signal":     "an answer asks nothing of the system",
	"plugin":        "an answer loads no code",
	"embed":         "an answer reads no files",
	"net":           "an answer uses no network",
	"net/http":      "an answer uses no network",
	"runtime/debug": "an answer doesn't change the run-time system",
	"testing":       "the tests are the course's",
	"flag":          "the tests' flags are the course's",
}

// refusedNames says of names in packages with a list of allowed names why they
// are not on it.
var refusedNames = map[string]string{
	"os.Exit": "it ends the tests", "os.ReadFile": "an answer reads no files", "os.Open": "an answer reads no files",
	"os.WriteFile": "an answer writes no files", "os.Create": "an answer writes no files",
}

// rules holds answers against what they may do. The text alone is looked at:
// what no rule sees is stopped by the sandbox.
type rules struct {
	fset     *token.FileSet
	forbid   []string
	reserved map[string]string // names that belong to the course, and where they are declared
	shared   []string          // packages that the shared cells import: answers get values of their types
	problems []Problem
}

func (r *rules) refuse(pos token.Pos, format string, args ...any) {
	if len(r.problems) == mostProblems {
		return
	}
	p := r.fset.Position(pos)
	r.problems = append(r.problems, Problem{Kind: Refused, Cell: cellOf(p.Filename), Line: p.Line, Text: fmt.Sprintf(format, args...)})
}

// text checks what is plain to see without types.
func (r *rules) text(f *ast.File) {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if directive(c.Text) && r.fset.PositionFor(c.Pos(), false).Line > headLines {
				r.refuse(c.Pos(), "%.40q is a compiler directive, which an answer may not have", c.Text)
			}
		}
	}
	for _, spec := range f.Imports {
		path := strings.Trim(spec.Path.Value, "\"`")
		_, allowed := allowedImports[path]
		switch {
		case slices.Contains(r.forbid, path):
			r.refuse(spec.Pos(), "the exercise is to do without the package %s", path)
		case !allowed && refusedBecause[path] != "":
			r.refuse(spec.Pos(), "the package %s may not be imported: %s", path, refusedBecause[path])
		case !allowed:
			r.refuse(spec.Pos(), "the package %s is not among those that an answer may import: %s", path, strings.Join(slices.Sorted(maps.Keys(allowedImports)), " "))
		case spec.Name != nil && (spec.Name.Name == "." || spec.Name.Name == "_"):
			r.refuse(spec.Pos(), "import %s under its name, not as %s", path, spec.Name.Name)
		}
	}
	for _, d := range f.Decls {
		for _, name := range declared(d) {
			r.name(name)
		}
	}
}

// name checks a name declared for the whole package.
func (r *rules) name(id *ast.Ident) {
	switch where := r.reserved[id.Name]; {
	case id.Name == "_":
	case where != "":
		r.refuse(id.Pos(), "%s is declared by the course (%s): give yours another name", id.Name, where)
	case id.Name == "init":
		r.refuse(id.Pos(), "an answer has no func init: it would run before the tests")
	case types.Universe.Lookup(id.Name) != nil:
		r.refuse(id.Pos(), "%s is a name of Go itself, which the tests use, too: give yours another name", id.Name)
	case ast.IsExported(id.Name) && slices.ContainsFunc([]string{"Test", "Benchmark", "Fuzz", "Example"}, func(p string) bool {
		rest, ok := strings.CutPrefix(id.Name, p)
		return ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z')
	}):
		r.refuse(id.Pos(), "%s looks like a test: the tests are the course's", id.Name)
	}
}

// declared returns the names that a declaration gives to the package; methods
// have none.
func declared(d ast.Decl) (names []*ast.Ident) {
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

// directive tells whether the compiler, the go command or cgo obey a comment.
func directive(comment string) bool {
	for _, prefix := range []string{"//go:", "//line ", "/*line ", "//export ", "//extern ", "// +build", "//+build", "//sys", "//cgo"} {
		if strings.HasPrefix(comment, prefix) {
			return true
		}
	}
	return false
}

// uses checks what names stand for, once types are known.
func (r *rules) uses(files []*ast.File, info *types.Info, own *types.Package) {
	asks := map[*ast.Ident]bool{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				r.ofType(e, info.TypeOf(e), own)
			}
			switch n := n.(type) {
			case *ast.Ident:
				r.use(n, info.Uses[n], own)
				if f, ok := info.Uses[n].(*types.Func); ok && f.FullName() == "runtime.GOMAXPROCS" && !asks[n] {
					r.refuse(n.Pos(), "runtime.GOMAXPROCS may only be asked, with 0")
				}
				for arg := range info.Instances[n].TypeArgs.Types() {
					r.ofType(n, arg, own)
				}
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					r.change(e, info, own)
				}
			case *ast.IncDecStmt:
				r.change(n.X, info, own)
			case *ast.RangeStmt:
				r.change(n.Key, info, own)
				r.change(n.Value, info, own)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					r.change(n.X, info, own)
				}
			case *ast.CallExpr:
				if id := asksProcessors(n, info); id != nil {
					asks[id] = true // before the walk comes to it
				}
			}
			return true
		})
	}
}

func (r *rules) use(id *ast.Ident, obj types.Object, own *types.Package) {
	if obj == nil || obj.Pkg() == nil || obj.Pkg() == own {
		return
	}
	if _, isName := obj.(*types.PkgName); isName {
		return
	}
	path := obj.Pkg().Path()
	names, ok := allowedImports[path]
	if !ok {
		return // of a package that the course's cells import, or that an allowed one hands out
	}
	if names == nil || slices.Contains(names, obj.Name()) {
		return
	}
	full := path + "." + obj.Name()
	if why := refusedNames[full]; why != "" {
		r.refuse(id.Pos(), "%s may not be used: %s", full, why)
		return
	}
	r.refuse(id.Pos(), "%s may not be used: of the package %s an answer may use %s", full, path, strings.Join(names, ", "))
}

// besides are packages whose types allowed ones hand out, and which do no more
// than they.
var besides = []string{"encoding", "hash"}

// ofType refuses expressions of types that allowed packages hand out although
// answers may not import theirs: the error of encoding/json has a reflect.Type,
// and type inference finds unsafe.Pointer in the functions of sync/atomic.
func (r *rules) ofType(e ast.Expr, t types.Type, own *types.Package) {
	if path := r.foreign(t, own, 0); path != "" && !r.refusedLine(e.Pos()) {
		why := refusedBecause[path]
		if why == "" {
			why = "answers may not import it"
		}
		r.refuse(e.Pos(), "this has a type of the package %s: %s", path, why)
	}
}

// refusedLine tells whether a line has been refused already.
func (r *rules) refusedLine(pos token.Pos) bool {
	p := r.fset.Position(pos)
	return slices.ContainsFunc(r.problems, func(q Problem) bool { return q.Cell == cellOf(p.Filename) && q.Line == p.Line })
}

// foreign returns the path of a package that t is of and that answers have no
// business with, or "". What is inside a named type stays inside.
func (r *rules) foreign(t types.Type, own *types.Package, depth int) string {
	const deep = 20 // a type literal that is deeper hides nothing that a part of it doesn't show
	if t == nil || depth > deep {
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
			if !allowed && !slices.Contains(besides, pkg.Path()) && !slices.Contains(r.shared, pkg.Path()) {
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

// change refuses to set, or take the address of, a variable of another package or
// of the course, or a part of one.
func (r *rules) change(e ast.Expr, info *types.Info, own *types.Package) {
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
				r.refuse(x.Pos(), "%s is declared by the course (%s), and an answer doesn't change it", v.Name(), r.reserved[v.Name()])
			}
		case *ast.SelectorExpr:
			v, ok := info.Uses[x.Sel].(*types.Var)
			if ok && v.IsField() {
				e = x.X
				continue
			}
			if ok && v.Pkg() != nil && v.Pkg() != own {
				r.refuse(x.Pos(), "%s.%s is a variable of another package, which an answer doesn't change", v.Pkg().Path(), v.Name())
			}
		}
		return
	}
}

// asksProcessors returns the name in a call of runtime.GOMAXPROCS that only asks:
// to set their number is to set it for other tests, too.
func asksProcessors(c *ast.CallExpr, info *types.Info) *ast.Ident {
	sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	if !ok || len(c.Args) != 1 {
		return nil
	}
	if n, exact := constantInt(info.Types[c.Args[0]].Value); !exact || n > 0 {
		return nil
	}
	return sel.Sel
}

func constantInt(v constant.Value) (int64, bool) {
	if v == nil || v.Kind() != constant.Int {
		return 0, false
	}
	return constant.Int64Val(v)
}
