package report

import (
	"go/scanner"
	"go/token"
	"strings"
)

// Completeness answers an is_complete request for a cell. The status is
// "complete", "incomplete" or "invalid"; indent is what a console should begin
// the next line with if the cell is incomplete.
//
// A cell is complete when its brackets, strings and comments are closed. Lines
// that GoNB takes for itself (%…, !…) are complete unless they end with a
// backslash. A cell with %%bash or %%writefile is complete.
func Completeness(code string) (status, indent string) {
	if strings.TrimSpace(code) == "" {
		return "complete", ""
	}
	lines := strings.Split(code, "\n")
	if hasCellMagic(lines[0]) {
		return "complete", ""
	}
	if strings.HasSuffix(lines[len(lines)-1], `\`) && isCommand(lines[len(lines)-1]) {
		return "incomplete", ""
	}
	return goCompleteness(goLines(lines))
}

// goLines returns the cell with GoNB's own lines emptied.
func goLines(lines []string) string {
	var b strings.Builder
	continued := false
	for _, line := range lines {
		command := continued || isCommand(line)
		continued = command && strings.HasSuffix(line, `\`)
		if !command {
			b.WriteString(line)
		}
		b.WriteByte('\n')
	}
	return b.String()
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
