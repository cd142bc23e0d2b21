package cell

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// Program is the source of a program: declarations, and main.
type Program struct {
	file    string // the name of the file that it is written to
	decls   *Declarations
	cell    *Cell
	number  int
	extra   []string
	imports []Import
}

// NewProgram composes a program of declarations, among which those of the cell
// with that number are. It is written to a file called file, such as main.go.
func NewProgram(file string, d *Declarations, c *Cell, number int) *Program {
	p := &Program{file: file, decls: d, cell: c, number: number}
	p.imports = p.needed()
	return p
}

// Declare adds a declaration that is no cell's.
func (p *Program) Declare(text string) { p.extra = append(p.extra, text) }

// Imports returns the imports that the program has: all that were declared,
// but of the dot imports of earlier cells only those that may be of use.
func (p *Program) Imports() []Import { return slices.Clone(p.imports) }

// SetImports replaces the imports by used ones, of which names and paths count.
// An empty name is the package's own. An import whose name the same cell declares
// otherwise stays: the compiler says so.
func (p *Program) SetImports(used []Import) {
	for _, have := range p.imports {
		twice := have.Origin.Number == p.number && have.As != "" &&
			slices.ContainsFunc(p.cell.Decls, func(d Decl) bool { return slices.Contains(d.Names, have.As) })
		if twice && !slices.ContainsFunc(used, func(u Import) bool { return u.Path == have.Path }) {
			used = append(used, have)
		}
	}
	for i, u := range used {
		for _, have := range p.imports {
			if have.Path == u.Path && (have.Name == u.Name || u.Name == have.As && have.As != "") {
				used[i] = have
			}
		}
	}
	p.imports = used
}

// needed returns the declared imports without those that certainly aren't used
// and would be errors: dot imports of earlier cells.
func (p *Program) needed() []Import {
	var needed []Import
	unknown := -1
	for _, i := range p.decls.imports {
		if i.Name == "." && i.Origin.Number != p.number {
			if unknown < 0 {
				unknown = len(p.unresolved())
			}
			if unknown == 0 {
				continue
			}
		}
		needed = append(needed, i)
	}
	return needed
}

// unresolved returns the exported identifiers that nothing in the program
// declares.
func (p *Program) unresolved() (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "", p.Plain(), 0)
	if err != nil && file == nil {
		return nil
	}
	for _, id := range file.Unresolved {
		// Dot imports declare exported names only.
		if ast.IsExported(id.Name) {
			names = append(names, id.Name)
		}
	}
	return names
}

// Drop removes the imports of earlier cells that the compiler's output says are
// not used. It reports whether there were any.
func (p *Program) Drop(output string) bool {
	before := len(p.imports)
	p.imports = slices.DeleteFunc(p.imports, func(i Import) bool {
		return i.Origin.Number != p.number && strings.Contains(output, strconv.Quote(i.Path)+" imported and not used")
	})
	return len(p.imports) < before
}

// Source returns the source with //line directives.
func (p *Program) Source() []byte { return p.compose(true) }

// Plain returns the source without //line directives, for tools that only
// analyse it. It isn't laid out line by line as Source.
func (p *Program) Plain() []byte { return p.compose(false) }

func (p *Program) compose(directives bool) []byte {
	w := &writer{file: p.file, directives: directives}
	if len(p.cell.Debug) > 0 {
		w.text(strings.Join(p.cell.Debug, "\n") + "\n\n")
	}
	w.text("package main\n\n")
	p.composeImports(w)
	if p.usesC() {
		for _, d := range p.decls.decls {
			if d.Kind == token.IMPORT {
				w.text(withLine(d) + "\n\n")
			}
		}
	}
	for _, d := range p.decls.decls {
		if d.Kind == token.IMPORT {
			continue
		}
		w.at(d.Origin.Number, d.Pos)
		w.text(d.Text + "\n\n")
	}
	w.ours()
	for _, text := range p.extra {
		w.text(text + "\n\n")
	}
	if inits := p.inits(); len(inits) > 0 {
		w.text("func init() {\n")
		for _, name := range inits {
			w.text("\t" + name + "()\n")
		}
		w.text("}\n\n")
	}
	p.composeMain(w)
	return w.out.Bytes()
}

// flagPackage is what main calls package flag: cells may declare a flag.
const flagPackage = "gonb_flag"

func (p *Program) composeImports(w *writer) {
	w.text("import (\n")
	if p.cell.Main == nil {
		w.text("\t" + flagPackage + " \"flag\"\n")
	}
	imports := slices.Clone(p.imports)
	slices.SortStableFunc(imports, func(a, b Import) int { // those that are no cell's come first
		return min(a.Pos.Line, 1) - min(b.Pos.Line, 1)
	})
	for _, i := range imports {
		if i.Name == flagPackage {
			continue
		}
		if i.Pos.Line > 0 {
			w.at(i.Origin.Number, i.Pos)
		} else {
			w.text("\t")
		}
		if i.Name != "" {
			w.text(i.Name + " ")
		}
		w.text(strconv.Quote(i.Path) + "\n")
	}
	w.ours()
	w.text(")\n\n")
}

func (p *Program) composeMain(w *writer) {
	c := p.cell
	if c.Main != nil {
		w.at(p.number, c.Main.Pos)
		w.text(c.Main.Text + "\n\n")
	}
	parse := flagPackage + ".Parse()"
	if c.Main != nil {
		parse = "" // the compiler says that there are two
	}
	if c.Exec != nil {
		args, _ := c.Exec.Arguments()
		w.at(p.number, c.Exec.Pos)
		w.text("func main() { " + parse + "; " + args[0] + "() }\n")
	}
	switch {
	case c.Body != nil:
		w.at(p.number, c.Body.Command)
		w.text("func main() { " + parse + "\n")
		w.at(p.number, c.Body.Pos)
		w.text(strings.TrimRight(c.Body.Text, " \t\n") + "\n")
		w.at(p.number, c.Body.End)
		w.text("}\n")
	case c.Main == nil && c.Exec == nil:
		w.text("func main() { " + parse + " }\n")
	}
}

// inits returns the functions called init_… that can be run.
func (p *Program) inits() (names []string) {
	for _, d := range p.decls.decls {
		if d.Kind != token.FUNC || len(d.Names) != 1 || !strings.HasPrefix(d.Names[0], "init_") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+d.Text, parser.SkipObjectResolution)
		if err != nil || len(file.Decls) != 1 {
			continue
		}
		f, ok := file.Decls[0].(*ast.FuncDecl)
		if ok && f.Recv == nil && f.Type.TypeParams == nil && f.Type.Params.NumFields() == 0 && f.Type.Results.NumFields() == 0 {
			names = append(names, d.Names[0])
		}
	}
	return names
}

// usesC reports whether anything refers to package C. An import that nothing
// uses would only cost time.
func (p *Program) usesC() bool {
	var preambles, code []string
	for _, d := range p.decls.decls {
		if d.Kind == token.IMPORT {
			preambles = append(preambles, d.Text)
		} else {
			code = append(code, d.Text)
		}
	}
	if p.cell.Body != nil {
		code = append(code, p.cell.Body.Text)
	}
	if p.cell.Main != nil {
		code = append(code, p.cell.Main.Text)
	}
	return len(preambles) > 0 && slices.ContainsFunc(code, func(text string) bool { return strings.Contains(text, "C.") })
}

// withLine puts a #line directive at the beginning of a cgo preamble. A //line
// directive before it would become a part of it.
func withLine(d Decl) string {
	line := fmt.Sprintf("#line %d %q", d.Pos.Line, FileName(d.Origin.Number))
	switch {
	case strings.HasPrefix(d.Text, "/*"):
		return "/*\n" + line + "\n" + d.Text[2:]
	case strings.HasPrefix(d.Text, "//"):
		return "// " + line + "\n" + d.Text
	}
	return d.Text
}

// writer writes a program and knows which line it is in.
type writer struct {
	file       string
	directives bool
	out        bytes.Buffer
	line       int  // how many lines are complete
	foreign    bool // a directive is in force
}

func (w *writer) text(s string) {
	w.out.WriteString(s)
	w.line += strings.Count(s, "\n")
}

// at says where the next line comes from.
func (w *writer) at(number int, pos Position) {
	if !w.directives {
		return
	}
	w.text(fmt.Sprintf("//line %s:%d:%d\n", FileName(number), pos.Line, pos.Column))
	w.foreign = true
}

// ours says that the next lines are no cell's.
func (w *writer) ours() {
	if w.foreign {
		w.text(fmt.Sprintf("//line %s:%d:1\n", w.file, w.line+2))
		w.foreign = false
	}
}

// ReadImports returns the imports of a Go file, as goimports leaves it.
func ReadImports(source []byte) ([]Import, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("cell: read imports: %w", err)
	}
	var imports []Import
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("cell: read imports: %w", err)
		}
		if path == "C" {
			continue
		}
		i := Import{Path: path}
		if spec.Name != nil {
			i.Name = spec.Name.Name
		}
		imports = append(imports, i)
	}
	return imports, nil
}

// Embedded returns the patterns of the program's //go:embed directives, without
// the prefix "all:".
func (p *Program) Embedded() (patterns []string) {
	for _, d := range p.decls.decls {
		if d.Kind != token.VAR {
			continue
		}
		for line := range strings.Lines(d.Text) {
			rest, ok := strings.CutPrefix(strings.TrimSpace(line), "//go:embed")
			if !ok || rest == strings.TrimLeft(rest, " \t") {
				continue
			}
			for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
				pattern := rest
				if quoted, err := strconv.QuotedPrefix(rest); err == nil {
					pattern, _ = strconv.Unquote(quoted) // QuotedPrefix has seen that it can be
					rest = rest[len(quoted):]
				} else {
					end := strings.IndexAny(rest+" ", " \t")
					pattern, rest = rest[:end], rest[end:]
				}
				patterns = append(patterns, strings.TrimPrefix(pattern, "all:"))
			}
		}
	}
	return patterns
}
