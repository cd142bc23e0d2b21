// Package script turns a Go notebook into one program.
//
// The program consists of the declarations that all cells leave behind, as a kernel
// has them after the last one, then a function for each cell with a body, and a main
// that calls these in order. What isn't Go, such as commands, becomes comments. So
// does what doesn't compile with the final declarations: a cell may fail on purpose,
// or use a function that a later cell declares differently. [Program] names it.
package script

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"example.com/speedup/kernel-helpers/cell"
)

// script is a notebook as a program in the making.
type script struct {
	decls  *cell.Declarations
	bodies []body
	main   strings.Builder // the statements of main
	prefix string          // of the names of the bodies' functions
}

// body is a cell's body as a function.
type body struct {
	name, text string
}

// compose divides the cells and composes the program. Imports are those that the
// cells declare.
func compose(title string, sources []string) (text []byte, prefix string, err error) {
	s := &script{decls: &cell.Declarations{}, prefix: freePrefix(sources)}
	for i, source := range sources {
		s.add(i+1, source)
	}
	start := "func main() {\n" + s.main.String() + "}\n"
	if s.usesFlags() {
		start = "%%\n" + s.main.String() // the program parses them
	}
	main, err := cell.Split(start)
	if err != nil {
		return nil, "", fmt.Errorf("script: compose main: %w", err)
	}
	program := cell.NewProgram("main.go", s.decls, main, -1)
	for _, b := range s.bodies {
		program.Declare(b.text)
	}
	header := fmt.Sprintf("// Program made of the notebook %s: its declarations, then its cells.\n", oneLine(title))
	return append([]byte(header), program.Plain()...), s.prefix, nil
}

// add adds the cell with a number.
func (s *script) add(number int, source string) {
	c, err := cell.Split(source)
	if err != nil {
		s.comment(number, "not Go: "+err.Error(), source)
		return
	}
	if c.Magic != nil || runsElsewhere(c) {
		s.comment(number, "", source)
		return
	}
	name := fmt.Sprintf("%s%d", s.prefix, number)
	s.decls = s.decls.Add(c, number, name, nil) // each cell once, also if it has another's text
	for _, command := range c.Commands {
		if c.Body == nil || command.Pos != c.Body.Command {
			s.comment(number, "", commandText(command))
		}
	}
	switch {
	case c.Body != nil:
		if strings.TrimSpace(c.Body.Text) == "" {
			return
		}
		s.bodies = append(s.bodies, body{name, fmt.Sprintf("func %s() {\n%s\n}", name, strings.TrimRight(c.Body.Text, " \t\n"))})
	case c.Main != nil:
		text, ok := renameMain(c.Main.Text, name)
		if !ok {
			s.comment(number, "", c.Main.Text)
			return
		}
		s.bodies = append(s.bodies, body{name, text})
	case c.Exec != nil:
		args, err := c.Exec.Arguments()
		if err != nil || len(args) == 0 {
			return // the comment has it
		}
		s.bodies = append(s.bodies, body{name, fmt.Sprintf("func %s() { %s() }", name, args[0])})
	default:
		return
	}
	fmt.Fprintf(&s.main, "\t%s()\n", name)
}

// runsElsewhere reports whether the cell's program isn't one of this system.
func runsElsewhere(c *cell.Cell) bool {
	for _, command := range c.Commands {
		if !command.Shell && command.Name == "wasm" {
			return true
		}
	}
	return false
}

// comment adds a comment on a cell to main.
func (s *script) comment(number int, why, text string) {
	fmt.Fprintf(&s.main, "\t// Cell %d", number)
	if why != "" {
		fmt.Fprintf(&s.main, ", %s", oneLine(why))
	}
	s.main.WriteString(":\n" + commented(text))
}

// usesFlags reports whether a cell declares a flag, for which GoNB parses the
// command line before it runs a body.
func (s *script) usesFlags() bool {
	text := string(cell.NewProgram("main.go", s.decls, &cell.Cell{}, -1).Plain())
	return strings.Contains(strings.ReplaceAll(text, "gonb_flag", ""), "flag.")
}

// commandText returns a command as a cell has it.
func commandText(c cell.Command) string {
	switch {
	case c.Shell:
		return "!" + c.Text
	default:
		return "%" + c.Text
	}
}

// renameMain gives func main another name.
func renameMain(text, name string) (renamed string, ok bool) {
	const start = "package p;"
	file, err := parser.ParseFile(token.NewFileSet(), "", start+text, parser.SkipObjectResolution)
	if err != nil || len(file.Decls) != 1 {
		return "", false
	}
	f, ok := file.Decls[0].(*ast.FuncDecl)
	if !ok {
		return "", false
	}
	at := int(f.Name.Pos()) - 1 - len(start)
	return text[:at] + name + text[at+len("main"):], true
}

// freePrefix returns a prefix of names that no cell contains.
func freePrefix(sources []string) string {
	prefix := "cell"
	for {
		used := false
		for _, s := range sources {
			for rest := s; ; {
				_, after, found := strings.Cut(rest, prefix)
				if !found {
					break
				}
				used = used || after != "" && '0' <= after[0] && after[0] <= '9'
				rest = after
			}
		}
		if !used {
			return prefix
		}
		prefix += "_"
	}
}

// commented returns lines as comments.
func commented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(cell.Normalize(text)) {
		b.WriteString(strings.TrimRight("// "+line, " \t\n") + "\n")
	}
	return b.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
