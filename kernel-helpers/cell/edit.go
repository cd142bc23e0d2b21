package cell

import (
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Edit is a cell that is being written, as tools such as gopls can analyse it.
type Edit struct {
	// Main is the cell as a file of package main. Its line L+EditLines is line
	// L of the cell, with the same columns, but for lines that are commands.
	Main []byte
	// Other has the declarations of other cells, as a second file.
	Other []byte
}

// EditLines is how many lines are before the cell in [Edit.Main].
const EditLines = 1

// Edit prepares a cell, which may be half-typed, for analysis. known are imports
// that the files may need besides those that were declared.
func (d *Declarations) Edit(c *Cell, id string, known []Import) Edit {
	others := &Declarations{imports: slices.Clone(d.imports), decls: slices.Clone(d.decls)}
	others.replace(Origin{Number: -1, ID: id, Sum: sum(c.Text)}, c.Decls, c.Imports)
	known = slices.Concat(others.imports, known)

	main := strings.Builder{}
	main.WriteString("package main; import (")
	seen := map[string]bool{}
	for _, i := range c.Imports {
		seen[i.As] = true
	}
	for _, i := range known {
		as := i.As
		if as == "" {
			as = AssumedName(i.Path)
		}
		if i.Name == "_" || i.Name == "." || i.Name == flagPackage || i.Path == "C" || seen[as] {
			continue
		}
		seen[as] = true
		main.WriteString(i.Name + " " + strconv.Quote(i.Path) + ";")
	}
	main.WriteString(")\n")
	if c.Body == nil {
		main.WriteString(c.Go)
	} else {
		lines := strings.Split(c.Go, "\n")
		lines[c.Body.Command.Line-1] = "func main() {"
		main.WriteString(strings.Join(lines, "\n") + "\n}")
	}
	main.WriteString("\n")

	other := &Program{file: "other.go", decls: others, cell: &Cell{Main: &Decl{}}}
	for _, i := range known {
		if i.Name != "_" && i.Name != flagPackage && !slices.ContainsFunc(other.imports, func(o Import) bool { return o.Path == i.Path && o.Name == i.Name }) {
			other.imports = append(other.imports, i)
		}
	}
	return Edit{Main: []byte(main.String()), Other: other.Plain()}
}

// Selectors returns the names X of all X.Y in the cell with an exported Y, or
// with nothing yet behind the dot: they may be packages.
func (c *Cell) Selectors() (names []string) {
	var before [2]token.Token
	var name string
	c.tokens(func(_ int, tok token.Token, lit string) {
		if before[1] == token.PERIOD && before[0] == token.IDENT && name != "" && (tok != token.IDENT || token.IsExported(lit)) {
			names = append(names, name)
		}
		switch {
		case tok == token.IDENT && before[1] != token.PERIOD:
			name = lit
		case tok == token.IDENT:
			name = ""
		}
		before[0], before[1] = before[1], tok
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// tokens calls f for each token of the cell's Go code, with its offset, and for
// the end.
func (c *Cell) tokens(f func(offset int, tok token.Token, lit string)) {
	file := token.NewFileSet().AddFile("", -1, len(c.Go))
	var s scanner.Scanner
	s.Init(file, []byte(c.Go), nil, 0)
	for {
		pos, tok, lit := s.Scan()
		f(file.Offset(pos), tok, lit)
		if tok == token.EOF {
			return
		}
	}
}

// InCommand reports whether the line of an offset is, or continues, a command,
// or belongs to a magic.
func (c *Cell) InCommand(offset int) bool {
	if c.Magic != nil {
		return true
	}
	start := strings.LastIndexByte(c.Text[:offset], '\n') + 1
	line, _, _ := strings.Cut(c.Text[start:], "\n")
	return strings.TrimSpace(line) != "" && strings.TrimSpace(c.Go[start:start+len(line)]) == ""
}

// Packages knows the packages that cells can import.
type Packages interface {
	// Paths returns their import paths.
	Paths() []string
	// Exported returns the names that a package exports. It goes by the import
	// path or, if that is not unique, by the name of the package.
	Exported(path string) []string
}

// Complete returns what the word that ends at an offset may become, going by
// declarations, imports, the cell's own words and the language alone; and where
// the word begins. In a comment or a literal there are no words, but in an import
// declaration there are import paths. known may be nil.
func (d *Declarations) Complete(c *Cell, offset int, known Packages) (matches []string, start int) {
	start = offset
	var words []string
	if t := c.textAt(offset); t.kind != token.ILLEGAL {
		if !t.imported || known == nil {
			return nil, offset
		}
		start = t.start + 1
		words = known.Paths()
	} else {
		for start > 0 {
			r, size := utf8.DecodeLastRuneInString(c.Text[:start])
			if r != '_' && !token.IsIdentifier("x"+string(r)) {
				break
			}
			start -= size
		}
		if start > 0 && c.Text[start-1] == '.' {
			words = d.exportedBy(c, start-1, known)
		} else if start < offset {
			words = d.words(c, offset)
		}
	}
	prefix := c.Text[start:offset]
	for _, w := range words {
		if strings.HasPrefix(w, prefix) && w != prefix {
			matches = append(matches, w)
		}
	}
	slices.Sort(matches)
	return slices.Compact(matches), start
}

// InText reports whether an offset is inside a comment or a literal.
func (c *Cell) InText(offset int) bool { return c.textAt(offset).kind != token.ILLEGAL }

// text is a comment or a literal. Its kind is token.ILLEGAL if there is none.
type text struct {
	kind     token.Token
	start    int
	imported bool // it is the path of an import
}

// textAt returns the comment or the literal in which an offset is.
func (c *Cell) textAt(offset int) text {
	open := -1 // where a text begins that has no end
	file := token.NewFileSet().AddFile("", -1, len(c.Go))
	var s scanner.Scanner
	s.Init(file, []byte(c.Go), func(pos token.Position, msg string) {
		if strings.HasSuffix(msg, "not terminated") || strings.HasPrefix(msg, "illegal rune literal") {
			open = pos.Offset
		}
	}, scanner.ScanComments)
	spec, group := false, false // an import specification may follow; in brackets
	for {
		pos, tok, lit := s.Scan()
		start := file.Offset(pos)
		end := start + width(tok, lit)
		switch {
		case tok == token.EOF || start >= offset:
			return text{}
		case tok == token.COMMENT && (offset < end || open == start || strings.HasPrefix(lit, "//") && offset == end),
			tok == token.STRING && (offset < end || open == start && offset == end),
			tok == token.CHAR && (offset < end || open == start && offset == end):
			return text{kind: tok, start: start, imported: tok == token.STRING && spec}
		}
		switch tok {
		case token.IMPORT:
			spec = true
		case token.LPAREN:
			group = spec
		case token.RPAREN:
			spec, group = false, false
		case token.STRING, token.SEMICOLON:
			spec = group
		case token.IDENT, token.PERIOD, token.COMMENT:
		default:
			spec, group = false, false
		}
	}
}

// exportedBy returns the names that the package before a dot exports.
func (d *Declarations) exportedBy(c *Cell, dot int, known Packages) []string {
	var name string
	c.tokens(func(offset int, tok token.Token, lit string) {
		if tok == token.IDENT && offset+len(lit) == dot {
			name = lit
		}
	})
	if name == "" || known == nil {
		return nil
	}
	path := name // as goimports would
	for _, i := range slices.Concat(d.imports, c.Imports) {
		if i.As == name {
			path = i.Path
		}
	}
	return known.Exported(path)
}

// predeclared are the identifiers that the language declares. Package go/types
// has them too, but takes half a megabyte of memory.
var predeclared = strings.Fields("any append bool byte cap clear close comparable complex complex128 complex64 copy delete " +
	"error false float32 float64 imag int int16 int32 int64 int8 iota len make max min new nil panic print println real " +
	"recover rune string true uint uint16 uint32 uint64 uint8 uintptr")

// words returns the words that may come at an offset.
func (d *Declarations) words(c *Cell, offset int) (words []string) {
	for t := token.BREAK; t <= token.VAR; t++ {
		words = append(words, t.String())
	}
	words = append(words, predeclared...)
	for _, decl := range slices.Concat(d.decls, c.Decls) {
		for _, name := range decl.Names {
			if !strings.Contains(name, ".") {
				words = append(words, name)
			}
		}
	}
	for _, i := range slices.Concat(d.imports, c.Imports) {
		if i.As != "" {
			words = append(words, i.As)
		}
	}
	before := token.ILLEGAL
	c.tokens(func(at int, tok token.Token, lit string) {
		if tok == token.IDENT && before != token.PERIOD && (offset < at || at+len(lit) < offset) {
			words = append(words, lit)
		}
		before = tok
	})
	return words
}

// OffsetOf converts a cursor position of the Jupyter protocol, which counts code
// points of the cell as the front end has it, to an offset in [Cell.Text].
func OffsetOf(text string, codePoints int) int {
	offset := 0
	for i, r := range text {
		if codePoints <= 0 {
			break
		}
		codePoints--
		if r != '\r' && (i > 0 || r != byteOrderMark) {
			offset += utf8.RuneLen(r)
		}
	}
	return min(offset, len(Normalize(text)))
}

// CodePoints counts the code points of a text, as the Jupyter protocol does.
func CodePoints(text string) int { return utf8.RuneCountInString(text) }

// UTF16Units counts the UTF-16 code units of a text, as the Language Server
// Protocol does.
func UTF16Units(text string) (units int) {
	for _, r := range text {
		units += utf16.RuneLen(r)
	}
	return units
}

// PrefixOfUTF16 returns the beginning of a line that has a number of UTF-16 code
// units.
func PrefixOfUTF16(line string, units int) string {
	for i, r := range line {
		if units <= 0 {
			return line[:i]
		}
		units -= utf16.RuneLen(r)
	}
	return line
}

// PositionOf returns the position of an offset in [Cell.Text].
func (c *Cell) PositionOf(offset int) Position {
	return indexLines(c.Text).position(min(max(offset, 0), len(c.Text)))
}

// Identifier returns the offset of the identifier that a question about an
// offset means: the one there, or else the function whose arguments are there,
// or else the last one before.
func (c *Cell) Identifier(offset int) int {
	var calls []int // offsets of the names of functions whose brackets are open
	last, found := -1, -1
	c.tokens(func(at int, tok token.Token, lit string) {
		if found >= 0 || at > offset {
			return
		}
		switch tok {
		case token.IDENT:
			last = at
			if offset <= at+len(lit) {
				found = at
			}
		case token.LPAREN, token.LBRACE, token.LBRACK:
			calls = append(calls, last)
		case token.RPAREN, token.RBRACE, token.RBRACK:
			if len(calls) > 0 && at < offset {
				last = calls[len(calls)-1]
				calls = calls[:len(calls)-1]
			}
		}
	})
	switch {
	case found >= 0:
		return found
	case len(calls) > 0 && calls[len(calls)-1] >= 0 && strings.TrimRight(c.Go[calls[len(calls)-1]:offset], " \t\n") != "":
		return calls[len(calls)-1]
	case last >= 0:
		return last
	}
	return offset
}
