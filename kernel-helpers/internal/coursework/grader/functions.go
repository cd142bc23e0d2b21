package grader

import (
	"go/ast"
	"go/parser"

	"example.com/speedup/kernel-helpers/cell"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// courseFunctions returns the functions and methods that an exercise asks for, as
// stack traces name them: Each, Stock.Take. They are the ones in the cells as
// handed out; the names of others are the student's choice and may carry a
// message.
func courseFunctions(e *course.Exercise) (names []string) {
	for _, a := range e.Answers {
		_, file, _ := a.Stub().Parse(parser.SkipObjectResolution)
		if file == nil {
			continue
		}
		for _, d := range file.Decls { // those before a syntax error count too
			f, isFunc := d.(*ast.FuncDecl)
			switch {
			case !isFunc:
			case f.Recv == nil:
				names = append(names, f.Name.Name)
			case len(f.Recv.List) == 1: // go/parser accepts others, the compiler does not
				if t := cell.ReceiverType(f.Recv.List[0].Type); t != "" {
					names = append(names, t+"."+f.Name.Name)
				}
			}
		}
	}
	return names
}
