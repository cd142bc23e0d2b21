package compile

import (
	"slices"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// Order says what one exercise is compiled from.
type Order struct {
	Exercise string
	Package  string // import path
	Shared   []course.Code
	Answers  []course.Code
	Stubs    []course.Code // the answers' cells as handed out, if known
	Tests    course.Code
	Cases    []string
	Forbid   []string
	Harness  string            // import path of package harness
	Probe    string            // import path of package probe
	Archives map[string]string // of every package that cells may import, by import path
	Compiler string            // file of the compiler
	Flags    []string          // of the compiler
	Dir      string            // where files are written
	Out      string            // the archive to make
	NoRules  bool              // skip the rules; for tests of the sandbox
	Blind    bool              // tests only tell what they see: see blind
}

// Reply is the outcome of an Order.
type Reply struct {
	Problems []course.Problem
	Compiled bool
}

// isAnswer reports whether the student wrote a cell.
func (o *Order) isAnswer(cell string) bool {
	return slices.ContainsFunc(o.Answers, func(c course.Code) bool { return c.Cell == cell })
}

// part says where a file comes from.
type part int

const (
	sharedPart part = iota
	answerPart
	testPart
)

// packageClause names the package of an exercise's files.
const packageClause = "answer"

type sourceFile struct {
	part part
	name string
	text string
}
