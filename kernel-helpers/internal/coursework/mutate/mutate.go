package mutate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
)

// Mutant is a text with one mistake.
type Mutant struct {
	Name string // what the mistake is, unique among the mutants of a text
	Line int    // of the mistake
	Text string
}

// clause precedes a cell's code when it is parsed.
const clause = "package p\n"

// Mutants returns the mutants of a cell's Go code, made in the lines that change
// allows. Some may not compile. Names don't depend on line numbers.
func Mutants(text string, change func(line int) bool) ([]Mutant, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", clause+text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	s := &source{text: text, fset: fset, file: file, skip: len(clause)}
	var all []Mutant
	seen := map[string]int{}
	texts := map[string]bool{text: true}
	for _, d := range file.Decls {
		f, isFunc := d.(*ast.FuncDecl)
		if !isFunc {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if n == nil {
				return true
			}
			for _, c := range s.changes(n) {
				line := fset.Position(c.at.Pos()).Line - 1
				mutated := s.apply(c.text...)
				if !change(line) || texts[mutated] {
					continue
				}
				texts[mutated] = true
				name := fmt.Sprintf("%s: %s %s", f.Name.Name, c.what, brief(s.of(c.at)))
				if seen[name]++; seen[name] > 1 {
					name += fmt.Sprintf(" (%d)", seen[name])
				}
				all = append(all, Mutant{Name: name, Line: line, Text: mutated})
			}
			return true
		})
	}
	return all, nil
}
