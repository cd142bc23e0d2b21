package supervisor

import (
	"go/scanner"
	"go/token"
	"strings"
)

// completeness answers an is_complete request for a cell: its status is
// "complete", "incomplete" or "invalid", and indent is what a console should
// begin the next line with when it's incomplete.
//
// A cell is complete when its brackets, strings and comments are closed.
// Lines that GoNB takes for itself (%…, !…) are complete by themselves, unless
// they end with a backslash; so are whole cells of a %%bash or %%writefile.
func completeness(code string) (status, indent string) {
	if strings.TrimSpace(code) == "" {
		return "complete", ""
	}
	lines := strings.Split(code, "\n")
	if program := cellMagic(lines[0]); program {
		return "complete", ""
	}
	if strings.HasSuffix(lines[len(lines)-1], `\`) && isCommand(lines[len(lines)-1]) {
		return "incomplete", ""
	}
	return goCompleteness(goLines(lines))
}

// cellMagic reports whether the cell's first line makes all of it something
// other than Go.
func cellMagic(first string) bool {
	first = strings.TrimPrefix(strings.TrimSpace(first), "//gonb:")
	for _, magic := range []string{"%%bash", "%%sh", "%%script", "%%writefile"} {
		if first == magic || strings.HasPrefix(first, magic+" ") {
			return true
		}
	}
	return false
}

func isCommand(line string) bool {
	line = strings.TrimPrefix(line, "//gonb:")
	return strings.HasPrefix(line, "%") || strings.HasPrefix(line, "!")
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
		s       scanner.Scanner
		open    []token.Token
		unended bool // a raw string or a comment that has no end
		bad     bool
	)
	file := token.NewFileSet().AddFile("", -1, len(code))
	s.Init(file, []byte(code), func(_ token.Position, msg string) {
		switch msg {
		case "raw string literal not terminated", "comment not terminated":
			unended = true
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
	case unended:
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
