package cell

import "go/token"

// nesting knows, going by tokens alone, whether the innermost open bracket is part
// of an expression, such as that of a call or of a composite literal, or encloses
// statements or declarations.
type nesting struct {
	level
	outer []level
}

// level is what is known inside one bracket, of the line so far.
type level struct {
	expression bool // the bracket is part of an expression
	value      bool // an expression follows = or return
	control    bool // there was a keyword such as if: each { begins a block
	pending    int  // how many of func, struct and interface still have no {
}

// token takes the next token.
func (n *nesting) token(tok token.Token) {
	switch tok {
	case token.LPAREN, token.LBRACK:
		n.enter(true)
	case token.LBRACE:
		expression := !n.control && n.pending == 0 && (n.value || n.expression)
		n.pending = max(n.pending-1, 0)
		n.enter(expression)
	case token.RPAREN, token.RBRACK, token.RBRACE:
		if last := len(n.outer) - 1; last >= 0 {
			n.level, n.outer = n.outer[last], n.outer[:last]
		}
	case token.ASSIGN, token.DEFINE, token.RETURN:
		n.value = true
	case token.IF, token.FOR, token.SWITCH, token.SELECT:
		n.control = true
	case token.FUNC, token.STRUCT, token.INTERFACE:
		n.pending++
	case token.SEMICOLON:
		n.value = false
	}
}

func (n *nesting) enter(expression bool) {
	n.outer = append(n.outer, n.level)
	n.level = level{expression: expression}
}

// endLine takes a semicolon that Go inserts at the end of a line.
func (n *nesting) endLine() { n.level = level{expression: n.expression} }
