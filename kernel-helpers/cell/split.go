package cell

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Cell is a cell divided into its parts.
type Cell struct {
	Text string // with \n as line ends
	// Go is Text without commands, magics and package clauses, which are
	// spaces. Offsets, lines and columns are those of Text.
	Go string

	Magic    *Command // such as %%bash: the cell is not Go
	Input    string   // the lines that follow Magic
	Commands []Command
	Special  []int    // the first lines of all commands, also of bad ones
	Debug    []string // the //go:debug directives before any other Go code

	Imports []Import
	Decls   []Decl
	Main    *Decl // func main, if the cell has it
	Body    *Body // what follows %%
	Exec    *Command
}

// Import is an import declaration.
type Import struct {
	Name   string   `json:"name,omitempty"` // as given; empty: the package's own
	Path   string   `json:"path"`
	As     string   `json:"as,omitempty"` // the name that it declares; empty for "_" and "."
	Pos    Position `json:"pos"`
	Origin Origin   `json:"origin"`
}

// Decl is a top-level declaration: a function, or a const, type or var
// declaration with all its specs. An import of "C" is a Decl too.
type Decl struct {
	Kind token.Token `json:"kind"` // token.CONST, TYPE, VAR, FUNC or IMPORT
	// Names are the names that it declares, without _; a method is Type.Method.
	Names  []string `json:"names,omitempty"`
	Text   string   `json:"text"` // from the first comment that belongs to it
	Pos    Position `json:"pos"`  // of Text
	Origin Origin   `json:"origin"`
}

// Origin is the cell that a declaration comes from.
type Origin struct {
	Number int    `json:"number"`       // the execution count
	ID     string `json:"id,omitempty"` // the front end's, if it has one
	Sum    uint64 `json:"sum"`          // of the cell's text
}

// Body is what follows the line that begins main.
type Body struct {
	Command Position // of that line
	Text    string
	Pos     Position // of Text
	End     Position // behind its last character that is not white space
}

// Split divides a cell into its parts. If the error isn't nil, it is an
// [ErrorList], and the cell has the parts that could be told.
func Split(text string) (*Cell, error) {
	text = Normalize(text)
	s := &splitter{
		cell:  &Cell{Text: text},
		code:  []byte(text),
		lines: indexLines(text),
		body:  -1,
	}
	if !s.magic() {
		s.scan()
		s.cell.Go = string(s.code)
		s.parse()
	}
	if len(s.errors) == 0 {
		return s.cell, nil
	}
	slices.SortStableFunc(s.errors, func(a, b *Error) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
	return s.cell, s.errors
}

// byteOrderMark may be the first character of a Go file.
const byteOrderMark = '\ufeff'

// Normalize returns text with \n as line ends. Other carriage returns, and a byte
// order mark at the beginning, go: Go ignores them.
func Normalize(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, string(byteOrderMark)), "\r", "")
}

type splitter struct {
	cell   *Cell
	code   []byte // becomes Cell.Go
	lines  lineIndex
	body   int // the offset of the line that begins main, or -1
	begin  int // the offset of the body
	errors ErrorList
}

func (s *splitter) fault(offset int, format string, args ...any) {
	s.errors = append(s.errors, &Error{Pos: s.lines.position(min(offset, len(s.code))), Msg: fmt.Sprintf(format, args...)})
}

func (s *splitter) badCommand(offset int, format string, args ...any) {
	s.fault(offset, format, args...)
	s.errors[len(s.errors)-1].Command = true
}

// scan finds commands and package clauses, and blanks them.
func (s *splitter) scan() {
	t := tokens{before: token.SEMICOLON}
	for at := s.commands(0, t.before, false); at < len(s.code); {
		at = s.scanFrom(at, &t)
	}
}

// tokens is what scanFrom remembers of the tokens that it has seen.
type tokens struct {
	before token.Token // the last one that isn't a comment or an automatic semicolon
	begun  bool        // there is one
	depth  int         // of brackets
	values nesting     // what the brackets enclose
	clause bool        // a package clause goes on
	begin  int         // where that clause begins
}

// scanFrom scans tokens from an offset up to the next command, and returns the
// offset behind it.
func (s *splitter) scanFrom(at int, t *tokens) int {
	file := token.NewFileSet().AddFile("", -1, len(s.code)-at)
	var sc scanner.Scanner
	sc.Init(file, s.code[at:], nil, scanner.ScanComments)
	for {
		pos, tok, lit := sc.Scan()
		if tok == token.EOF {
			return len(s.code)
		}
		start := at + file.Offset(pos)
		end := start + width(tok, lit)
		switch {
		case tok == token.COMMENT:
			s.disable(start, lit, !t.begun)
		case tok == token.SEMICOLON && lit == "\n":
			t.clause = false
			t.values.endLine()
			continue
		default:
			s.clause(start, end, tok, t)
			t.begun = true
			t.values.token(tok)
			t.before = tok
		}
		if next := s.commands(end, t.before, t.values.expression); next > end {
			return next
		}
	}
}

// width returns the length of a token in bytes.
func width(tok token.Token, lit string) int {
	switch {
	case tok == token.SEMICOLON && lit == "\n":
		return 0
	case lit != "":
		return len(lit)
	}
	return len(tok.String())
}

// clause blanks package clauses, and counts brackets.
func (s *splitter) clause(start, end int, tok token.Token, t *tokens) {
	switch tok {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		t.depth++
	case token.RPAREN, token.RBRACK, token.RBRACE:
		t.depth--
	}
	switch {
	case tok == token.PACKAGE && t.depth <= 0 && s.body < 0:
		t.begin, t.clause = start, true
	case t.clause && t.before == token.PACKAGE && tok == token.IDENT:
		s.blank(t.begin, end)
	case t.clause && t.before == token.IDENT && tok == token.SEMICOLON:
		s.blank(start, end)
		t.clause = false
	default:
		t.clause = false
	}
}

// disable takes the effect from a comment that would say where the code is or
// whether it is built, and takes //go:debug directives, which may be at the
// beginning only. A comment keeps its length.
func (s *splitter) disable(start int, comment string, first bool) {
	switch {
	case first && strings.HasPrefix(comment, "//go:debug "):
		s.cell.Debug = append(s.cell.Debug, comment)
		s.code[start+2] = 'G'

	case strings.HasPrefix(comment, "//line "), strings.HasPrefix(comment, "/*line "):
		s.code[start+2] = 'L'
	case strings.HasPrefix(comment, "//go:build"):
		s.code[start+2] = 'G'
	case strings.HasPrefix(comment, "//"):
		rest := strings.TrimLeft(comment[2:], " \t")
		if strings.HasPrefix(rest, "+build") {
			s.code[start+len(comment)-len(rest)] = '-'
		}
	}
}

// blank replaces code by spaces, and leaves line ends.
func (s *splitter) blank(start, end int) {
	for i := start; i < end; i++ {
		if s.code[i] != '\n' {
			s.code[i] = ' '
		}
	}
}

// commands takes the commands in the lines that follow offset at, if nothing but
// white space is between, and returns the offset behind them, or at. before is
// the token before them; value reports whether they are inside an expression.
func (s *splitter) commands(at int, before token.Token, value bool) int {
	start, found := at, at
	if at > 0 {
		start = s.nextLine(at)
	}
	for start >= 0 && start < len(s.code) {
		if end, ok := s.command(start, before, value); ok {
			start, found = end, end
		} else {
			start = s.nextLine(start)
		}
	}
	return found
}

// nextLine returns the offset of the line behind offset at, or -1 if something
// is before that line.
func (s *splitter) nextLine(at int) int {
	for ; at < len(s.code); at++ {
		switch s.code[at] {
		case '\n':
			return at + 1
		case ' ', '\t':
		default:
			return -1
		}
	}
	return -1
}

// continues reports whether an expression goes on in the line behind a token:
// then a ! there negates. value reports whether the innermost bracket is part of
// an expression: behind its { or a : in it comes another one, and not a statement.
func continues(before token.Token, value bool) bool {
	switch before {
	case token.RPAREN, token.RBRACK, token.RBRACE, token.INC, token.DEC, token.SEMICOLON:
		return false
	case token.LBRACE, token.COLON:
		return value
	case token.IF, token.FOR, token.SWITCH, token.CASE:
		return true
	}
	return before.IsOperator()
}

// parse takes the Go code apart.
func (s *splitter) parse() {
	header := s.cell.Go
	if s.body >= 0 {
		header = header[:s.body]
		s.parseBody()
	}
	s.parseDecls(header)
}

const (
	headerPrefix = "package p\n" // a comment in the same line would not be a doc comment
	bodyPrefix   = "package p;func main(){"
	bodySuffix   = "\n}"
)

// parseGo parses code that begins at an offset of the cell, between a prefix
// and a suffix of ours.
func (s *splitter) parseGo(prefix, code, suffix string, offset int) (*ast.File, *token.File) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", prefix+code+suffix, parser.ParseComments|parser.SkipObjectResolution)
	var list scanner.ErrorList
	if errors.As(err, &list) {
		for _, e := range list {
			at, msg := min(max(e.Pos.Offset-len(prefix), 0), len(code)), e.Msg
			if e.Pos.Offset >= len(prefix)+len(code) { // show the last thing that is there
				at = len(strings.TrimRight(code, " \t\n"))
				if expected, _, ok := strings.Cut(msg, ", found "); ok {
					msg = expected + ", found the end of the cell"
				}
			}
			s.fault(offset+at, "%s", msg)
		}
	} else if err != nil {
		s.fault(offset, "%v", err)
	}
	return file, fset.File(file.FileStart)
}

func (s *splitter) parseBody() {
	text := s.cell.Go[s.begin:]
	s.cell.Body = &Body{
		Command: s.lines.position(s.body),
		Text:    text,
		Pos:     s.lines.position(s.begin),
		End:     s.lines.position(s.begin + len(strings.TrimRight(text, " \t\n"))),
	}
	if strings.TrimSpace(text) == "" {
		s.cell.Body.End = s.cell.Body.Command
	}
	faults := len(s.errors)
	file, positions := s.parseGo(bodyPrefix, text, bodySuffix, s.begin)
	if len(s.errors) > faults {
		return
	}
	if len(file.Decls) != 1 || positions.Offset(file.Decls[0].End()) != len(bodyPrefix)+len(text)+len(bodySuffix) {
		s.fault(s.begin+positions.Offset(file.Decls[0].End())-1-len(bodyPrefix), "unexpected }: the body of main ends here")
	}
}

func (s *splitter) parseDecls(code string) {
	file, positions := s.parseGo(headerPrefix, code, "\n", 0)
	offset := func(p token.Pos) int { return min(max(positions.Offset(p)-len(headerPrefix), 0), len(code)) }
	last := 0 // where the declaration before ends
	for _, d := range file.Decls {
		start, end := s.extent(file, d, last, offset), offset(d.End())
		last = end
		decl := Decl{Text: code[start:end], Pos: s.lines.position(start)}
		switch d := d.(type) {
		case *ast.FuncDecl:
			decl.Kind = token.FUNC
			if d.Recv == nil && d.Name.Name == "main" {
				if s.cell.Main == nil {
					s.cell.Main = &decl
				} else { // the compiler tells that there are two
					s.cell.Main.Text += "\n" + decl.Text
				}
				continue
			}
			if name := funcName(d); name != "" {
				decl.Names = []string{name}
			}
		case *ast.GenDecl:
			decl.Kind = d.Tok
			if d.Tok == token.IMPORT {
				s.imports(d, code, offset)
				continue
			}
			decl.Names = specNames(d)
		default:
			continue // an error says so
		}
		s.cell.Decls = append(s.cell.Decls, decl)
	}
}

// extent returns where the text of a declaration begins: with the first comment
// in the lines between it and the declaration before.
func (s *splitter) extent(file *ast.File, d ast.Decl, last int, offset func(token.Pos) int) int {
	start := offset(d.Pos())
	lastLine := s.lines.position(last).Line
	for _, group := range file.Comments {
		for _, c := range group.List {
			at := offset(c.Pos())
			if at < last || at > start {
				continue
			}
			if last == 0 || s.lines.position(at).Line > lastLine {
				return at
			}
		}
	}
	return start
}

// funcName returns the name under which a function is kept.
func funcName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		if d.Name.Name == "_" {
			return ""
		}
		return d.Name.Name
	}
	base := ReceiverType(d.Recv.List[0].Type)
	if d.Name.Name == "_" || base == "" {
		return ""
	}
	return base + "." + d.Name.Name
}

// ReceiverType returns the name of a receiver's base type, without pointers and type
// parameters, or "" if e is no such type.
func ReceiverType(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		default:
			return ""
		}
	}
}

func specNames(d *ast.GenDecl) (names []string) {
	add := func(ids ...*ast.Ident) {
		for _, id := range ids {
			if id != nil && id.Name != "_" {
				names = append(names, id.Name)
			}
		}
	}
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			add(spec.Names...)
		case *ast.TypeSpec:
			add(spec.Name)
		}
	}
	return names
}

// imports takes the specs of an import declaration apart.
func (s *splitter) imports(d *ast.GenDecl, code string, offset func(token.Pos) int) {
	for _, spec := range d.Specs {
		spec := spec.(*ast.ImportSpec)
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // an error says so
		}
		if !isImportPath(path) { // go build would not say where it is, and goimports would drop it
			s.fault(offset(spec.Path.Pos()), "invalid import path: %s", spec.Path.Value)
			continue
		}
		if path == "C" {
			doc := spec.Doc
			if doc == nil && !d.Lparen.IsValid() {
				doc = d.Doc
			}
			s.cgo(spec, doc, code, offset)
			continue
		}
		i := Import{Path: path, Pos: s.lines.position(offset(spec.Pos()))}
		if spec.Name != nil {
			i.Name = spec.Name.Name
		}
		i.As = i.Name
		if i.As == "" {
			i.As = AssumedName(path)
		}
		if i.As == "_" || i.As == "." {
			i.As = ""
		}
		s.cell.Imports = append(s.cell.Imports, i)
	}
}

// isImportPath reports whether the compiler accepts an import path.
func isImportPath(path string) bool {
	return path != "" && !strings.ContainsFunc(path, func(r rune) bool {
		return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("!\"#$%&'()*,:;<=>?[\\]^{|}`\uFFFD", r)
	})
}

// cgo takes an import of "C" with its preamble. A #line directive tells the C
// compiler where it is.
func (s *splitter) cgo(spec *ast.ImportSpec, doc *ast.CommentGroup, code string, offset func(token.Pos) int) {
	d := Decl{Kind: token.IMPORT, Text: `import "C"`, Pos: s.lines.position(offset(spec.Pos()))}
	if doc != nil {
		d.Pos = s.lines.position(offset(doc.Pos()))
		d.Text = code[offset(doc.Pos()):offset(doc.End())] + "\nimport \"C\""
	}
	s.cell.Decls = append(s.cell.Decls, d)
}

// AssumedName returns the name that a package most likely has, going by its
// path. Those of the standard library have it.
func AssumedName(path string) string {
	elements := strings.Split(path, "/")
	last := elements[len(elements)-1]
	if isVersion(last) && len(elements) > 1 {
		last = elements[len(elements)-2]
	}
	if base, version, ok := strings.Cut(last, "."); ok && isVersion(version) { // gopkg.in/yaml.v3
		last = base
	}
	last = strings.TrimPrefix(last, "go-")
	return strings.TrimSuffix(last, "-go")
}

func isVersion(s string) bool {
	return len(s) > 1 && s[0] == 'v' && strings.Trim(s[1:], "0123456789") == ""
}
