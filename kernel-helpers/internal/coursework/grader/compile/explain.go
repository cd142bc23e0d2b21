package compile

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/cell"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// lookAlike returns a name among declared that reads like name but has letters of
// another alphabet, or "".
func lookAlike(name string, declared map[string]bool) string {
	want := []rune(name)
	for other := range declared {
		got := []rune(other)
		if other == name || len(got) != len(want) {
			continue
		}
		same := true
		for i := range got {
			same = same && (got[i] == want[i] || got[i] > 127)
		}
		if same && strings.ContainsFunc(other, func(r rune) bool { return r > 127 }) {
			return other
		}
	}
	return ""
}

var (
	moreErrors   = regexp.MustCompile(` \(and \d+ more errors?\)$`)
	notADecl     = regexp.MustCompile(`expected declaration, found (.+)$`)
	wrongToken   = regexp.MustCompile(`expected '?(.+?)'?, found '?EOF'?$`)
	illegal      = regexp.MustCompile(`illegal character (U\+([0-9A-F]{4,})( '(.+)')?|NUL)`)
	notUsed      = regexp.MustCompile(`^declared and not used: (\S+)$`)
	selected     = regexp.MustCompile(`^(\w+)\.(\w+)$`)
	wrongReturns = regexp.MustCompile(`(?s)^(not enough|too many) return values\s+have (\(.*?\))\s+want (\(.*\))$`)
)

// explain rewrites a message of the compiler that says too little to a learner.
func (o *Order) explain(p course.Problem) course.Problem {
	p.Text = moreErrors.ReplaceAllString(p.Text, "")
	name, undefined := strings.CutPrefix(p.Text, "undefined: ")
	switch {
	case strings.Contains(p.Text, "found 'package'"):
		p.Text = fmt.Sprintf("a cell has no package line: delete line %d", p.Line)
	case notADecl.MatchString(p.Text):
		p.Text = fmt.Sprintf("line %d is a statement outside of any function (%s): move it into a function, or below a line %%%% at the end of the cell",
			p.Line, strings.Trim(notADecl.FindStringSubmatch(p.Text)[1], "'"))
	case wrongToken.MatchString(p.Text):
		p.Text = fmt.Sprintf("the cell ends where a %s is missing: check that every bracket that opens is closed", wrongToken.FindStringSubmatch(p.Text)[1])
	case strings.HasSuffix(p.Text, "found 'func'"):
		p.Text = "a function begins here before the one above it is closed: check that every { has its }"
	case illegal.MatchString(p.Text):
		p.Text = explainCharacter(illegal.FindStringSubmatch(p.Text))
	case strings.Contains(p.Text, "imports must appear before other declarations"):
		p.Text = "an import stands below other code: move it to the beginning of the cell, or delete it, as the usual packages need no import"
	case notUsed.MatchString(p.Text):
		p.Text = fmt.Sprintf("%s is declared and not used: use it or delete it", notUsed.FindStringSubmatch(p.Text)[1])
	case wrongReturns.MatchString(p.Text):
		m := wrongReturns.FindStringSubmatch(p.Text)
		p.Text = fmt.Sprintf("%s return values: got %s, want %s", m[1], m[2], m[3])
	case undefined && selected.MatchString(name):
		m := selected.FindStringSubmatch(name)
		p.Text = fmt.Sprintf("undefined: %s. The package %s has no %s: check how it is spelt", name, m[1], m[2])
	case undefined && !strings.ContainsAny(name, ". "):
		declared := o.declaredByAnswers()
		switch other := lookAlike(name, declared); {
		case other != "":
			for i, r := range []rune(other) {
				if r > 127 {
					p.Text = fmt.Sprintf("there is no %s: in %s, letter %d (%c, %U) is of another alphabet. Type the name again", name, other, i+1, r, r)
					break
				}
			}
		case o.isAnswer(p.Cell):
			p.Text = fmt.Sprintf("undefined: %s. Neither this cell nor an earlier one of the notebook declares it", name)
		}
	}
	return p
}

// explainCharacter says what to do about a character that Go doesn't take.
func explainCharacter(m []string) string {
	advice := "delete it"
	switch m[2] {
	case "00A0", "2003", "2009", "202F", "3000":
		return fmt.Sprintf("there is a space that is not Go's (%s), copied from a page or typed with another key: delete it and type a space", m[1])
	case "201C", "201D", "201E", "00AB", "00BB":
		advice = `type the straight quotation mark " in its place`
	case "2018", "2019":
		advice = "type the straight mark ' in its place"
	case "2013", "2014", "2212":
		advice = "type the minus sign - in its place"
	}
	return fmt.Sprintf("the character %s means nothing in Go: %s", m[1], advice)
}

func (o *Order) declaredByAnswers() map[string]bool {
	declared := map[string]bool{}
	for _, c := range o.Answers {
		for name := range declaredIn(c) {
			declared[name] = true
		}
	}
	return declared
}

// declaration is what a cell declares, as far as other cells see it.
type declaration struct {
	text   string            // a function with its types, without names of parameters
	fields map[string]string // of a struct, with their types
	order  []string          // the fields' names
	line   int
	cell   string
}

// surface returns the functions, methods and structs that cells declare.
func surface(cells []course.Code) (all map[string]declaration, order []string) {
	all = map[string]declaration{}
	add := func(name string, d declaration) {
		if _, twice := all[name]; !twice {
			order = append(order, name)
		}
		all[name] = d
	}
	for _, c := range cells {
		fset, file, err := c.Parse(parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range file.Decls {
			var line int
			switch d := d.(type) {
			case *ast.FuncDecl:
				line = fset.Position(d.Name.Pos()).Line - 1
				name := d.Name.Name
				if d.Recv != nil && len(d.Recv.List) == 1 {
					name = cell.ReceiverType(d.Recv.List[0].Type) + "." + name
				}
				add(name, declaration{text: signature(d), line: line, cell: c.Cell})
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					t, isType := spec.(*ast.TypeSpec)
					if !isType {
						continue
					}
					decl := declaration{text: "type " + t.Name.Name, line: fset.Position(t.Pos()).Line - 1, cell: c.Cell}
					if s, isStruct := t.Type.(*ast.StructType); isStruct {
						decl.fields = map[string]string{}
						for _, f := range s.Fields.List {
							for _, id := range f.Names {
								decl.fields[id.Name] = text(f.Type)
								decl.order = append(decl.order, id.Name)
							}
						}
					}
					add(t.Name.Name, decl)
				}
			}
		}
	}
	return all, order
}

// signature returns a function's declaration without its doc comment and body.
func signature(d *ast.FuncDecl) string {
	head := *d
	head.Doc, head.Body = nil, nil
	return text(&head)
}

// shape returns a signature without the names of parameters and type parameters'
// spelling of spaces, to compare.
func shape(d string) string {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+d, parser.SkipObjectResolution)
	if err != nil || len(file.Decls) == 0 {
		return d
	}
	f, isFunc := file.Decls[0].(*ast.FuncDecl)
	if !isFunc {
		return d
	}
	for _, list := range []*ast.FieldList{f.Type.Params, f.Type.Results, f.Recv} {
		if list == nil {
			continue
		}
		var fields []*ast.Field
		for _, field := range list.List {
			for range max(1, len(field.Names)) {
				fields = append(fields, &ast.Field{Type: withoutNames(field.Type)})
			}
		}
		list.List = fields
	}
	return text(f)
}

// withoutNames returns a type without the names of parameters of functions in it.
func withoutNames(t ast.Expr) ast.Expr {
	ast.Inspect(t, func(n ast.Node) bool {
		f, isFunc := n.(*ast.FuncType)
		if !isFunc {
			return true
		}
		for _, list := range []*ast.FieldList{f.Params, f.Results} {
			if list == nil {
				continue
			}
			var fields []*ast.Field
			for _, field := range list.List {
				for range max(1, len(field.Names)) {
					fields = append(fields, &ast.Field{Type: field.Type})
				}
			}
			list.List = fields
		}
		return true
	})
	return t
}

func text(n ast.Node) string {
	var b bytes.Buffer
	if format.Node(&b, token.NewFileSet(), n) != nil {
		return ""
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// misfits says what the tests need of the answers and don't find: functions and
// methods that were renamed or left out, and signatures and fields that differ from
// those in the cells as handed out.
func (o *Order) misfits() (problems []course.Problem) {
	want, order := surface(o.Stubs)
	got, _ := surface(o.Answers)
	declared := o.declaredByAnswers()
	_, tests, err := o.Tests.Parse(parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	used := map[string]bool{} // names in the tests
	ast.Inspect(tests, func(n ast.Node) bool {
		if id, isIdent := n.(*ast.Ident); isIdent {
			used[id.Name] = true
		}
		return true
	})
	add := func(d declaration, format string, args ...any) {
		if len(problems) < MaxProblems {
			problems = append(problems, course.Problem{Kind: course.Compile, Cell: d.cell, Line: d.line, Text: fmt.Sprintf(format, args...)})
		}
	}
	for _, name := range order {
		w, short := want[name], name[strings.LastIndex(name, ".")+1:]
		g, found := got[name]
		switch {
		case !used[short]:
		case !found && declared[name]:
			add(declaration{cell: o.Answers[0].Cell}, "the tests need %s; the answer declares %s as something else", w.text, name)
		case !found:
			other := lookAlike(name, declared)
			for d := range declared {
				if other == "" && strings.EqualFold(d, name) {
					other = d
				}
			}
			switch {
			case other != "" && strings.EqualFold(other, name):
				add(declaration{cell: o.Answers[0].Cell}, "there is no %s: the answer declares %s, and Go tells capital letters from small ones", name, other)
			case other != "":
				problems = append(problems, o.explain(course.Problem{Kind: course.Compile, Cell: o.Answers[0].Cell, Text: "undefined: " + name}))
			default:
				add(declaration{cell: o.Answers[0].Cell}, "there is no %s: the tests need %s, and the answer does not declare it", name, w.text)
			}
		case w.fields != nil:
			for _, field := range w.order {
				switch have, found := g.fields[field]; {
				case !used[field]:
				case !found:
					add(g, "the tests use the field %s of %s (%s); yours has no such field", field, name, w.fields[field])
				case have != w.fields[field]:
					add(g, "the tests use the field %s of %s as a %s; yours is %s", field, name, w.fields[field], have)
				}
			}
		case shape(w.text) != shape(g.text):
			add(g, "the signature was changed: got %s, want %s", g.text, w.text)
		}
	}
	return slices.Clip(problems)
}
