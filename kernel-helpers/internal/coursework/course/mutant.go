package course

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// MutantExt ends the names of mutants' files. They hold cells rather than files
// of a package, so go vet and gofmt have to ignore them.
const MutantExt = ".go.txt"

// Mutant is a wrong answer to an exercise.
type Mutant struct {
	Name    string
	Answers []Code   // one for each answer cell of the exercise
	Fails   []string // the tests that should catch it
}

// fails matches the line of a mutant's comment that names those tests.
var fails = regexp.MustCompile(`(?m)^//\s*Fails:\s*(.+?)\s*$`)

// ReadMutants reads the mutants of an exercise from a folder, which need not
// exist.
func ReadMutants(dir string, e *Exercise) ([]Mutant, error) {
	files, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*"+MutantExt))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var mutants []Mutant
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m := Mutant{Name: strings.TrimSuffix(filepath.Base(file), MutantExt), Answers: make([]Code, len(e.Answers))}
		for i, a := range e.Answers {
			m.Answers[i].Cell = a.Cell
		}
		m.Answers[0].Text = string(text)
		for _, line := range fails.FindAllStringSubmatch(string(text), -1) {
			for test := range strings.SplitSeq(line[1], ",") {
				m.Fails = append(m.Fails, strings.TrimSpace(test))
			}
		}
		if len(m.Fails) == 0 {
			return nil, fmt.Errorf("%s: it has no line \"// Fails: TestName\"", file)
		}
		for _, test := range m.Fails {
			if !slices.ContainsFunc(e.Cases, func(c Case) bool { return c.Name == test }) {
				return nil, fmt.Errorf("%s: %s has no test %s", file, e.Name, test)
			}
		}
		mutants = append(mutants, m)
	}
	return mutants, nil
}
