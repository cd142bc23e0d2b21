package grader

import (
	"go/ast"
	"go/parser"

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
			default:
				if t := receiver(f.Recv); t != "" {
					names = append(names, t+"."+f.Name.Name)
				}
			}
		}
	}
	return names
}

// receiver returns the name of a method's type.
func receiver(list *ast.FieldList) string {
	if len(list.List) != 1 {
		return ""
	}
	for t := list.List[0].Type; ; {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}
