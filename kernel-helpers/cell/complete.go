package cell

import (
	"go/scanner"
	"go/token"
	"strings"
)

// Completeness answers an is_complete request for the text of a cell. The status
// is "complete", "incomplete" or "invalid"; indent is what a console should begin
// the next line with if the cell is incomplete.
//
// A cell is complete when its brackets, strings and comments are closed, and a
// command that ends with a backslash is continued. Cells with a body of main and
// cells that are not Go end with an empty line, as IPython's cell magics do:
// nothing else tells that no statement follows.
func Completeness(text string) (status, indent string) {
	c, _ := Split(text) // faults are for the execution to tell
	ended := strings.HasSuffix(c.Text, "\n")
	last := c.Text[strings.LastIndexByte(c.Text, '\n')+1:]
	switch {
	case strings.TrimSpace(c.Text) == "":
		return "complete", ""
	case c.Magic != nil:
		if !ended {
			return "incomplete", ""
		}
		return "complete", ""
	case strings.HasSuffix(last, `\`) && c.InCommand(len(c.Text)):
		return "incomplete", ""
	}
	status, indent = goCompleteness(c.Go)
	if status == "complete" && c.Body != nil && !ended {
		return "incomplete", ""
	}
	return status, indent
}

var closing = map[token.Token]token.Token{token.LPAREN: token.RPAREN, token.LBRACK: token.RBRACK, token.LBRACE: token.RBRACE}

func goCompleteness(code string) (status, indent string) {
	var (
		s            scanner.Scanner
		open         []token.Token
		unterminated bool // a raw string or a comment
		bad          bool
	)
	file := token.NewFileSet().AddFile("", -1, len(code))
	s.Init(file, []byte(code), func(_ token.Position, msg string) {
		switch msg {
		case "raw string literal not terminated", "comment not terminated":
			unterminated = true
		default:
			bad = true
		}
	}, 0)
	last := token.EOF
	for {
		_, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			open = append(open, tok)
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(open) == 0 || closing[open[len(open)-1]] != tok {
				return "invalid", ""
			}
			open = open[:len(open)-1]
		}
		if tok != token.SEMICOLON || lit != "\n" {
			last = tok
		}
	}
	switch {
	case unterminated:
		return "incomplete", ""
	case bad:
		return "invalid", ""
	case len(open) > 0:
		return "incomplete", strings.Repeat("\t", len(open))
	case last.IsOperator() && !endsStatement(last):
		return "incomplete", "\t"
	}
	return "complete", ""
}

// endsStatement reports whether an operator may be the last token of a cell.
func endsStatement(t token.Token) bool {
	switch t {
	case token.RPAREN, token.RBRACK, token.RBRACE, token.INC, token.DEC, token.SEMICOLON:
		return true
	}
	return false
}
