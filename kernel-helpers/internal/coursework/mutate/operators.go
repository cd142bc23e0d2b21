package mutate

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// change is one mistake.
type change struct {
	what string // for example "drop"
	at   ast.Node
	text []edit
}

// changes returns the mistakes that can be made at a node.
func (s *source) changes(n ast.Node) (all []change) {
	add := func(what string, at ast.Node, edits ...edit) { all = append(all, change{what, at, edits}) }
	switch n := n.(type) {
	case *ast.BlockStmt:
		s.statements(n.List, add)
	case *ast.CaseClause:
		s.statements(n.Body, add)
	case *ast.CommClause:
		s.statements(n.Body, add)
	case *ast.SelectStmt:
		for _, c := range n.Body.List {
			if clause := c.(*ast.CommClause); len(n.Body.List) > 1 {
				head := "default"
				if clause.Comm != nil {
					head = s.of(clause.Comm)
				}
				add("drop case "+head+" of", n, s.replace(clause, ""))
			}
		}
	case *ast.IfStmt:
		add("negate", n.Cond, s.replace(n.Cond, "!("+s.of(n.Cond)+")"))
	case *ast.DeferStmt:
		add("do at once", n, s.replace(n, s.of(n.Call)))
	case *ast.GoStmt:
		add("wait for", n, s.replace(n, s.of(n.Call)))
	case *ast.BranchStmt:
		switch {
		case n.Label != nil:
		case n.Tok == token.CONTINUE:
			add("break instead of", n, s.replace(n, "break"))
		case n.Tok == token.BREAK:
			add("continue instead of", n, s.replace(n, "continue"))
		}
	case *ast.BinaryExpr:
		if other, found := opposite[n.Op]; found {
			at := s.offset(n.OpPos)
			add("write "+other.String()+" in", n, edit{at, at + len(n.Op.String()), other.String()})
		}
	case *ast.BasicLit:
		if i, err := strconv.Atoi(n.Value); n.Kind == token.INT && err == nil {
			add("one more than", n, s.replace(n, strconv.Itoa(i+1)))
			if i > 0 {
				add("one less than", n, s.replace(n, strconv.Itoa(i-1)))
			}
		}
	case *ast.CallExpr:
		s.call(n, add)
	case *ast.ReturnStmt:
		if len(n.Results) == 0 {
			break
		}
		last := n.Results[len(n.Results)-1]
		if text := s.of(last); text != "nil" && strings.Contains(strings.ToLower(text), "err") {
			add("lose the error of", n, s.replace(last, "nil"))
		}
	}
	return all
}

// opposite has the operators that are taken for each other.
var opposite = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND, token.EQL: token.NEQ, token.NEQ: token.EQL, token.SUB: token.ADD, token.ADD: token.SUB,
}

// call adds the mistakes of a call.
func (s *source) call(n *ast.CallExpr, add func(string, ast.Node, ...edit)) {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		switch {
		case f.Name == "make" && len(n.Args) == 2:
			if _, isChan := n.Args[0].(*ast.ChanType); isChan {
				add("unbuffer", n, edit{s.offset(n.Args[0].End()), s.offset(n.Args[1].End()), ""})
			}
		case f.Name == "min":
			add("max instead of", n, s.replace(f, "max"))
		case f.Name == "max":
			add("min instead of", n, s.replace(f, "min"))
		}
	case *ast.SelectorExpr:
		switch f.Sel.Name {
		case "Lock":
			add("share", n, s.replace(f.Sel, "RLock"))
		case "WithCancel", "WithCancelCause":
			add("cut off from its context", n, s.replace(n.Args[0], "context.Background()"))
		}
	}
}

// statements adds the mistakes of a list of statements.
func (s *source) statements(list []ast.Stmt, add func(string, ast.Node, ...edit)) {
	for i, stmt := range list {
		switch stmt := stmt.(type) {
		case *ast.ExprStmt:
			add("drop", stmt, s.replace(stmt, ""))
			if isWait(stmt.X) {
				add("sleep instead of", stmt, s.replace(stmt, "time.Sleep(time.Second)"))
			}
		case *ast.SendStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt, *ast.ReturnStmt:
			add("drop", stmt, s.replace(stmt, ""))
		case *ast.AssignStmt:
			if stmt.Tok != token.DEFINE {
				add("drop", stmt, s.replace(stmt, ""))
			}
		case *ast.IfStmt:
			if stmt.Else == nil {
				add("drop", stmt, s.replace(stmt, ""))
			}
		}
		if i > 0 && isSimple(list[i-1]) && isSimple(stmt) && !(isUpdate(list[i-1]) && isUpdate(stmt)) {
			before := list[i-1]
			add("do before "+brief(s.of(before))+":", stmt, s.replace(before, s.of(stmt)), s.replace(stmt, s.of(before)))
		}
	}
}

// isWait reports whether an expression waits for other goroutines.
func isWait(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.UnaryExpr:
		return e.Op == token.ARROW
	case *ast.CallExpr:
		sel, isSelector := e.Fun.(*ast.SelectorExpr)
		return isSelector && sel.Sel.Name == "Wait"
	}
	return false
}

// isUpdate reports whether a statement adds to a variable or the like, or starts a
// goroutine. The order of two such statements rarely matters.
func isUpdate(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.IncDecStmt, *ast.GoStmt:
		return true
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE && s.Tok != token.ASSIGN
	}
	return false
}

// isSimple reports whether a statement may trade places with its neighbour. A
// deferred call runs at the end wherever the statement is.
func isSimple(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt, *ast.SendStmt, *ast.IncDecStmt, *ast.GoStmt:
		return true
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE
	}
	return false
}
