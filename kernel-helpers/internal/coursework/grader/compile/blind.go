package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// Assertions whose last argument, or all of whose arguments, say what is wanted.
var (
	wantLast = []string{"Results", "Equal", "AtMost"} // functions of package probe
	wantAll  = []string{"MostInFlight", "Overlapped", "InOrder", "Began", "Times", "AllCancelled", "Within", "NoneLeft"}
)

// keptErrors is an assertion that needs to know what is wanted, and is evaluated by
// the grader all the same.
const keptErrors = "KeptErrors"

// blind returns a test cell whose assertions only tell what they see. What is wanted
// isn't in the program of the answer then: the grader has it from the reference
// solution's program. Lines keep their numbers.
//
// An assertion stays as it is if it is the only use of a variable other than a
// loop's, as Go refuses variables that aren't used.
func blind(tests course.Code, probePath string) course.Code {
	return rewrite(tests, probePath, (*blinder).cutsOf)
}

// observed returns a test cell that tells the grader of its own conditions: those
// under which it calls t.Error and the like, and nothing else. Those in loops are
// left out, as there may be any number of them.
func observed(tests course.Code, probePath string) course.Code {
	return rewrite(tests, probePath, (*blinder).conditionsOf)
}

// rewrite makes the cuts that find returns for each function of a test cell that uses
// package probe.
func rewrite(tests course.Code, probePath string, find func(*blinder, *ast.FuncDecl) []cut) course.Code {
	fset, file, err := tests.Parse(0)
	if err != nil {
		return tests // the compiler tells what is wrong
	}
	pkg := ""
	for _, spec := range file.Imports {
		if strings.Trim(spec.Path.Value, "\"`") == probePath {
			pkg = importName(spec)
		}
	}
	if pkg == "" {
		return tests
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Error: func(error) {}} // much isn't known of a cell alone, but its variables are
	checked, _ := conf.Check(pkg, fset, []*ast.File{file}, info)
	b := &blinder{info: info, scope: checked.Scope(), lines: strings.SplitAfter(tests.Text, "\n"), fset: fset, pkg: pkg, probes: map[string]bool{}, tests: map[string]bool{}}
	ast.Inspect(file, b.findProbes)
	var cuts []cut
	for _, d := range file.Decls {
		if f, isFunc := d.(*ast.FuncDecl); isFunc && f.Body != nil {
			cuts = append(cuts, find(b, f)...)
		}
	}
	text := tests.Text
	slices.SortStableFunc(cuts, func(a, b cut) int { return int(b.from - a.from) })
	for _, c := range cuts {
		from, to := b.offset(c.from), b.offset(c.to)
		text = text[:from] + c.with + strings.Repeat("\n", strings.Count(text[from:to], "\n")) + text[to:]
	}
	tests.Text = text
	return tests
}

// blinder finds assertions in a test cell.
type blinder struct {
	lines  []string
	fset   *token.FileSet
	pkg    string // what the cell calls package probe
	info   *types.Info
	scope  *types.Scope    // of the package
	probes map[string]bool // names of parameters of type *probe.Probe
	tests  map[string]bool // and of type *testing.T
}

// cut is a part of a cell and what takes its place.
type cut struct {
	from, to token.Pos
	with     string
	call     *ast.CallExpr
}

func (c cut) has(n ast.Node) bool { return c.from <= n.Pos() && n.End() <= c.to }

// offset returns where a position is in the cell's text.
func (b *blinder) offset(pos token.Pos) (n int) {
	p := b.fset.Position(pos)
	for _, line := range b.lines[:p.Line-2] { // a package clause precedes the cell
		n += len(line)
	}
	return n + p.Column - 1
}

func (b *blinder) findProbes(n ast.Node) bool {
	field, isField := n.(*ast.Field)
	if !isField {
		return true
	}
	if star, isStar := field.Type.(*ast.StarExpr); isStar {
		if sel, isSel := star.X.(*ast.SelectorExpr); isSel {
			for _, name := range field.Names {
				switch {
				case isNamed(sel.X, b.pkg) && sel.Sel.Name == "Probe":
					b.probes[name.Name] = true
				case isNamed(sel.X, "testing") && sel.Sel.Name == "T":
					b.tests[name.Name] = true
				}
			}
		}
	}
	return true
}

func isNamed(x ast.Expr, name string) bool {
	id, isIdent := x.(*ast.Ident)
	return isIdent && id.Name == name
}

// cutsOf returns what to cut out of a function.
func (b *blinder) cutsOf(f *ast.FuncDecl) (cuts []cut) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		s, isStmt := n.(*ast.ExprStmt)
		if !isStmt {
			return true
		}
		call, isCall := s.X.(*ast.CallExpr)
		if !isCall {
			return true
		}
		sel, isSel := call.Fun.(*ast.SelectorExpr)
		if !isSel {
			return true
		}
		receiver, isIdent := sel.X.(*ast.Ident)
		switch name := sel.Sel.Name; {
		case !isIdent:
		case b.probes[receiver.Name] && slices.Contains(wantAll, name):
			cuts = append(cuts, cut{sel.Sel.Pos(), call.End(), fmt.Sprintf("Seen(%q)", name), call})
		case receiver.Name == b.pkg && name == keptErrors:
			cuts = append(cuts, cut{sel.Sel.Pos(), sel.Sel.Pos(), "Seen", call})
		case receiver.Name == b.pkg && slices.Contains(wantLast, name) && len(call.Args) > 1:
			cuts = append(cuts, cut{call.Args[len(call.Args)-2].End(), call.End(), ")", call})
		}
		return true
	})
	looped := b.loopVariables(f)
	for {
		kept := slices.DeleteFunc(slices.Clone(cuts), func(c cut) bool {
			return slices.ContainsFunc(b.onlyUsedIn(f, cuts, c), func(v *types.Var) bool { return !looped[v] })
		})
		if len(kept) == len(cuts) {
			break
		}
		cuts = kept
	}
	for i, c := range cuts {
		for _, v := range b.onlyUsedIn(f, cuts, c) {
			cuts[i].with += "; _ = " + v.Name() // what a loop goes through is no result
		}
	}
	for _, c := range cuts {
		if sel := c.call.Fun.(*ast.SelectorExpr); slices.Contains(wantLast, sel.Sel.Name) {
			cuts = append(cuts, cut{sel.Sel.Pos(), sel.Sel.Pos(), "Seen", c.call})
		}
	}
	return cuts
}

// conditionsOf returns what makes the conditions of f observations.
func (b *blinder) conditionsOf(f *ast.FuncDecl) (cuts []cut) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			return false
		case *ast.IfStmt:
			if test := b.failing(n.Body); test != "" {
				cuts = append(cuts, cut{n.Cond.Pos(), n.Cond.Pos(), fmt.Sprintf("%s.Condition(%s, ", b.pkg, test), nil}, cut{n.Cond.End(), n.Cond.End(), ")", nil})
			}
		}
		return true
	})
	return cuts
}

// failing returns the name of the test that a block fails and does no more, or "".
func (b *blinder) failing(block *ast.BlockStmt) string {
	if len(block.List) != 1 {
		return ""
	}
	if s, isStmt := block.List[0].(*ast.ExprStmt); isStmt {
		if call, isCall := s.X.(*ast.CallExpr); isCall {
			if sel, isSel := call.Fun.(*ast.SelectorExpr); isSel {
				if test, isIdent := sel.X.(*ast.Ident); isIdent && b.tests[test.Name] && slices.Contains(failures, sel.Sel.Name) {
					return test.Name
				}
			}
		}
	}
	return ""
}

// failures are the methods by which a test fails.
var failures = []string{"Error", "Errorf", "Fail", "FailNow", "Fatal", "Fatalf"}

// loopVariables returns the variables of f that range loops declare.
func (b *blinder) loopVariables(f *ast.FuncDecl) map[*types.Var]bool {
	found := map[*types.Var]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if loop, isLoop := n.(*ast.RangeStmt); isLoop {
			for _, x := range []ast.Expr{loop.Key, loop.Value} {
				if id, isIdent := x.(*ast.Ident); isIdent {
					if v, isVar := b.info.Defs[id].(*types.Var); isVar {
						found[v] = true
					}
				}
			}
		}
		return true
	})
	return found
}

// onlyUsedIn returns the variables of f that have no uses but in c and other cuts.
func (b *blinder) onlyUsedIn(f *ast.FuncDecl, cuts []cut, c cut) (only []*types.Var) {
	inside, outside, exempt := map[*types.Var]bool{}, map[*types.Var]bool{}, map[types.Object]bool{}
	assigned := map[*ast.Ident]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				if id, isIdent := x.(*ast.Ident); isIdent {
					assigned[id] = true // which isn't a use
				}
			}
		case *ast.Field:
			for _, id := range n.Names {
				exempt[b.info.Defs[id]] = true // parameters may be unused
			}
		case *ast.Ident:
			v, isVar := b.info.Uses[n].(*types.Var)
			switch {
			case !isVar || assigned[n] || v.IsField() || v.Parent() == b.scope:
			case c.has(n):
				inside[v] = true
			case !slices.ContainsFunc(cuts, func(other cut) bool { return other.has(n) }):
				outside[v] = true
			}
		}
		return true
	})
	for v := range inside {
		if !outside[v] && !exempt[v] {
			only = append(only, v)
		}
	}
	slices.SortFunc(only, func(a, b *types.Var) int { return int(a.Pos() - b.Pos()) })
	return only
}
