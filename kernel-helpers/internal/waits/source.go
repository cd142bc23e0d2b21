package waits

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/cell"
)

// A Source is what the text of a cell says about a program and the program itself
// doesn't: where statements begin, which channel or mutex a line is about, and
// which locks a function has taken before a line.
type Source struct {
	statements []int               // the lines on which statements begin, sorted
	operations map[int][]operation // by line
	functions  []function
	Variables  []string // of the package
}

// An operation is something in a line on which a goroutine may wait, or by which
// it stops holding a lock.
type operation struct {
	kind opKind
	// expr is the channel, the mutex or whatever else it is about.
	expr string
}

type opKind int

const (
	opSend opKind = iota
	opReceive
	opSelect // expr lists the channels
	opLock
	opRLock
	opUnlock // or RUnlock
	opWait
)

// A function is the lines of a function's body, with what it does to locks.
type function struct {
	from, to int
	locks    []lockEvent // in order
}

type lockEvent struct {
	line     int
	expr     string
	unlock   bool
	deferred bool
}

// Read reads a cell. Of a cell that isn't Go, or is incomplete, nothing is known.
func Read(code string) *Source {
	s := &Source{operations: map[int][]operation{}}
	c, err := cell.Split(code)
	if err != nil || c.Magic != nil {
		return s
	}
	for _, d := range c.Decls {
		if d.Kind == token.VAR {
			s.Variables = append(s.Variables, d.Names...)
		}
		s.read("package p\n", d.Text, "", d.Pos.Line)
	}
	if c.Main != nil {
		s.read("package p\n", c.Main.Text, "", c.Main.Pos.Line)
	}
	if c.Body != nil {
		s.read("package p; func _() {\n", c.Body.Text, "\n}", c.Body.Pos.Line)
	}
	slices.Sort(s.statements)
	s.statements = slices.Compact(s.statements)
	return s
}

// read reads a piece of a cell that begins on the given line of it. The prefix has
// one line.
func (s *Source) read(prefix, text, suffix string, first int) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", prefix+text+suffix, parser.SkipObjectResolution)
	if err != nil {
		return
	}
	r := reader{Source: s, line: func(p token.Pos) int { return fset.Position(p).Line - 2 + first }}
	ast.Walk(&r, file)
}

// A reader collects what is in a piece of a cell.
type reader struct {
	*Source
	line func(token.Pos) int
}

func (r *reader) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.FuncDecl:
		r.function(n.Body)
	case *ast.FuncLit:
		r.function(n.Body)
	case *ast.BlockStmt, *ast.LabeledStmt, *ast.CaseClause, *ast.CommClause, *ast.EmptyStmt:
	case ast.Stmt:
		r.statements = append(r.statements, r.line(n.Pos()))
	case *ast.ValueSpec:
		if len(n.Values) > 0 {
			r.statements = append(r.statements, r.line(n.Pos()))
		}
	}
	switch n := n.(type) {
	case *ast.SendStmt:
		r.operation(n.Arrow, opSend, text(n.Chan))
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			r.operation(n.Pos(), opReceive, text(n.X))
		}
	case *ast.RangeStmt:
		r.operation(n.Pos(), opReceive, text(n.X)) // a channel, or it never waits
	case *ast.SelectStmt:
		r.operation(n.Pos(), opSelect, cases(n))
		for _, clause := range n.Body.List {
			for _, stmt := range clause.(*ast.CommClause).Body {
				ast.Walk(r, stmt)
			}
		}
		return nil
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok {
			if kind, known := methods[f.Sel.Name]; known {
				r.operation(n.Pos(), kind, text(f.X))
			}
		}
	}
	return r
}

var methods = map[string]opKind{
	"Lock": opLock, "RLock": opRLock, "Unlock": opUnlock, "RUnlock": opUnlock, "Wait": opWait,
}

func (r *reader) operation(pos token.Pos, kind opKind, expr string) {
	line := r.line(pos)
	r.operations[line] = append(r.operations[line], operation{kind, expr})
}

// function notes what a function, without those in it, does to locks.
func (r *reader) function(body *ast.BlockStmt) {
	if body == nil {
		return
	}
	f := function{from: r.line(body.Pos()), to: r.line(body.End())}
	var deferred ast.Node
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return deferred != nil && n.Pos() >= deferred.Pos() && n.End() <= deferred.End() // defer func() { mu.Unlock() }()
		case *ast.DeferStmt:
			deferred = n
		case *ast.CallExpr:
			s, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				break
			}
			kind, known := methods[s.Sel.Name]
			if known && kind != opWait {
				late := deferred != nil && n.Pos() >= deferred.Pos() && n.End() <= deferred.End()
				f.locks = append(f.locks, lockEvent{r.line(n.Pos()), text(s.X), kind == opUnlock, late})
			}
		}
		return true
	})
	r.functions = append(r.functions, f)
}

// cases lists the channels of a select statement.
func cases(s *ast.SelectStmt) string {
	var all []string
	for _, clause := range s.Body.List {
		switch c := clause.(*ast.CommClause).Comm.(type) {
		case *ast.SendStmt:
			all = append(all, "send on "+text(c.Chan))
		case *ast.ExprStmt:
			all = append(all, received(c.X))
		case *ast.AssignStmt:
			all = append(all, received(c.Rhs[0]))
		}
	}
	return strings.Join(all, ", ")
}

func received(e ast.Expr) string {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok {
		e = u.X
	}
	return "receive from " + text(e)
}

// text returns an expression as it is written, in one line.
func text(e ast.Expr) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), e); err != nil {
		return "…"
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Statement returns the line of the first statement that begins on the given line
// or below it, or the last one's. It returns the line itself if the cell has none.
func (s *Source) Statement(line int) int {
	if len(s.statements) == 0 {
		return line
	}
	i, _ := slices.BinarySearch(s.statements, line)
	return s.statements[min(i, len(s.statements)-1)]
}

// About returns what a line is about in which a goroutine waits for the given
// reason of the runtime. It returns "" if that isn't certain.
func (s *Source) About(line int, reason string) (expr string) {
	kinds := kindsOf(reason)
	for _, o := range s.operations[line] {
		if !slices.Contains(kinds, o.kind) {
			continue
		}
		if expr != "" && o.expr != expr {
			return ""
		}
		expr = o.expr
	}
	return expr
}

// Held returns the locks that the function around a line has taken before it, and
// not released, as far as the order of its lines tells.
func (s *Source) Held(line int) (exprs []string) {
	var inner *function
	for i, f := range s.functions {
		if f.from <= line && line <= f.to && (inner == nil || f.to-f.from <= inner.to-inner.from) {
			inner = &s.functions[i]
		}
	}
	if inner == nil {
		return nil
	}
	for _, e := range inner.locks {
		switch {
		case e.line >= line || e.deferred && e.unlock:
		case e.unlock:
			exprs = slices.DeleteFunc(exprs, func(have string) bool { return have == e.expr })
		default:
			exprs = append(exprs, e.expr)
		}
	}
	return exprs
}
