package course

import (
	"go/ast"
	"go/parser"
	"go/token"

	"example.com/speedup/kernel-helpers/cell"
)

// maxParsed is the longest text that is parsed outside of the sandbox, in bytes.
const maxParsed = 64 << 10

// parseable reports whether code parses, and returns the names that it declares,
// those of methods with their types'.
func parseable(text string) (names map[string]bool, parses bool) {
	if len(text) > maxParsed {
		return nil, true // no answer is as long: leave it as it is
	}
	_, file, err := Code{Text: text}.Parse(parser.SkipObjectResolution)
	if err != nil {
		return nil, false
	}
	names = map[string]bool{}
	for _, name := range Declared(file) {
		names[name] = true
	}
	for _, d := range file.Decls {
		if f, isFunc := d.(*ast.FuncDecl); isFunc && f.Recv != nil && len(f.Recv.List) == 1 {
			names[cell.ReceiverType(f.Recv.List[0].Type)+"."+f.Name.Name] = true
		}
	}
	return names, true
}

// answerNames returns the names that an answer has to declare.
func answerNames(nb *Notebook, cell string) map[string]bool {
	for _, e := range nb.Exercises {
		for _, a := range e.Answers {
			if a.Cell != cell {
				continue
			}
			for _, text := range []string{a.Stub().Text, a.Text} {
				names, _ := parseable(text)
				if exported := exportedOf(names); len(exported) > 0 {
					return exported
				}
				if len(names) > 0 {
					return names
				}
			}
		}
	}
	return nil
}

func exportedOf(names map[string]bool) map[string]bool {
	exported := map[string]bool{}
	for name := range names {
		if token.IsExported(name) {
			exported[name] = true
		}
	}
	return exported
}

// contains reports whether a has all of b.
func contains(a, b map[string]bool) bool {
	for name := range b {
		if !a[name] {
			return false
		}
	}
	return true
}

func overlaps(a, b map[string]bool) bool {
	for name := range a {
		if b[name] {
			return true
		}
	}
	return false
}
