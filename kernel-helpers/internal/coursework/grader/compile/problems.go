package compile

import (
	"regexp"
	"strconv"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// MaxProblems is how many problems of a kind are reported about an answer. The
// first one is worth most.
const MaxProblems = 10

// compilerLine matches a message of the compiler: "/cell/pool:12:3: message". The
// root may be missing.
var compilerLine = regexp.MustCompile(`^(?:\S*` + CellRoot + `)?([^:\s]+):(\d+)(?::\d+)?: (.*)$`)

// parseMessage reads a message of the compiler. found is false for other lines.
func parseMessage(line string) (p course.Problem, found bool) {
	m := compilerLine.FindStringSubmatch(line)
	if m == nil {
		return course.Problem{}, false
	}
	n, err := strconv.Atoi(m[2])
	return course.Problem{Kind: course.Compile, Cell: m[1], Line: n, Text: m[3]}, err == nil
}

// syntaxProblem makes a problem of the first message of a syntax error.
func syntaxProblem(err error) course.Problem {
	first, _, _ := strings.Cut(err.Error(), "\n")
	if p, found := parseMessage(strings.TrimSpace(first)); found {
		return p
	}
	return course.Problem{Kind: course.Compile, Text: err.Error()}
}
