package similar

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
)

// tok is a token as it counts, and its line in the answer.
type tok struct {
	text string
	line int
}

const header = "package p\n" // answers have no package clause; it is a line more

// tokens returns the tokens of an answer. Text that is no Go has tokens, too.
func tokens(answer string) (list []tok) {
	text := []byte(header + answer)
	foreign := undeclared(text)
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, func(token.Position, string) {}, 0)
	dropComma := func() {
		if n := len(list); n > 0 && list[n-1].text == "," {
			list = list[:n-1] // a trailing one
		}
	}
	afterPackage := false // the last tokens are a package's name and a dot
	for {
		pos, kind, literal := s.Scan()
		if kind == token.EOF {
			break
		}
		line := file.Line(pos) - 1
		if line < 1 {
			continue
		}
		switch {
		case kind == token.SEMICOLON:
			continue
		case kind == token.IDENT && (foreign[literal] || afterPackage):
			list = append(list, tok{literal, line})
		case kind == token.IDENT:
			list = append(list, tok{"name", line})
		case kind.IsLiteral():
			list = append(list, tok{kind.String(), line})
		default:
			if kind == token.RPAREN || kind == token.RBRACE || kind == token.RBRACK {
				dropComma()
			}
			list = append(list, tok{kind.String(), line})
		}
		n := len(list)
		afterPackage = kind == token.PERIOD && n >= 2 && foreign[list[n-2].text]
	}
	return list
}

// undeclared returns the names in a file that the file doesn't declare: packages,
// what Go declares, and what the course does.
func undeclared(text []byte) map[string]bool {
	names := map[string]bool{}
	file, _ := parser.ParseFile(token.NewFileSet(), "", text, 0) // what parses of it
	if file == nil {
		return names
	}
	for _, id := range file.Unresolved {
		names[id.Name] = true
	}
	ast.Inspect(file, func(n ast.Node) bool { // a name that is declared somewhere can be renamed
		if id, isIdent := n.(*ast.Ident); isIdent && id.Obj != nil {
			delete(names, id.Name)
		}
		return true
	})
	return names
}
