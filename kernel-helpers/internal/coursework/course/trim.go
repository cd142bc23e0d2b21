package course

import (
	"go/ast"
	"slices"

	"example.com/speedup/kernel-helpers/cell"
)

// trimAnswers leaves out of each answer what only the answers to other exercises
// need, where a cell has several: those may use what the course declares further
// down.
func (s *Submitted) trimAnswers(nb *Notebook) {
	wanted := map[string]map[string]bool{}
	for _, c := range nb.Cells {
		if c.Role == Answer {
			wanted[c.GradeID] = answerNames(nb, c.GradeID)
		}
	}
	for own := range wanted {
		text, found := s.cells[own]
		names, parses := parseable(text)
		if !found || !parses {
			continue
		}
		for other := range wanted {
			if other != own && overlaps(names, wanted[other]) && !overlaps(wanted[own], wanted[other]) {
				s.graded[own] = keepNeeded(text, wanted[own])
				break
			}
		}
	}
}

// keepNeeded blanks the declarations of a cell that the wanted ones don't need.
// Lines keep their numbers.
func keepNeeded(text string, wanted map[string]bool) string {
	code := Code{Text: text}
	fset, file, err := code.Parse(0)
	if err != nil {
		return text
	}
	declares := func(d ast.Decl, name string) bool {
		if f, isFunc := d.(*ast.FuncDecl); isFunc && f.Recv != nil && len(f.Recv.List) == 1 {
			t := cell.ReceiverType(f.Recv.List[0].Type)
			return name == t || name == t+"."+f.Name.Name
		}
		return slices.Contains(Declared(&ast.File{Decls: []ast.Decl{d}}), name)
	}
	needed := map[ast.Decl]bool{}
	var names []string
	for name := range wanted {
		names = append(names, name)
	}
	seen := map[string]bool{}
	for len(names) > 0 {
		name := names[0]
		if names = names[1:]; seen[name] {
			continue
		}
		seen[name] = true
		for _, d := range file.Decls {
			if needed[d] || !declares(d, name) {
				continue
			}
			needed[d] = true
			ast.Inspect(d, func(n ast.Node) bool {
				if id, isIdent := n.(*ast.Ident); isIdent {
					names = append(names, id.Name)
				}
				return true
			})
		}
	}
	kept, _ := code.Go()
	src := []byte(kept)
	for _, d := range file.Decls {
		if gen, isGen := d.(*ast.GenDecl); needed[d] || isGen && gen.Tok.String() == "import" {
			continue
		}
		const clause = len(PackageClause)
		for i := fset.Position(d.Pos()).Offset - clause; i < fset.Position(d.End()).Offset-clause; i++ {
			if src[i] != '\n' {
				src[i] = ' '
			}
		}
	}
	return string(src)
}
