package coursework

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/grader"
)

// cheat is an answer that has to score nothing.
type cheat struct {
	answer string // to Count
	says   string // part of a problem or a message in its result
}

// cheats reads testdata/cheats. The first line of each file has a part of a message
// that its result must have.
func cheats(t *testing.T) map[string]cheat {
	t.Helper()
	all := map[string]cheat{}
	for name, text := range answersIn(t, "cheats") {
		first, rest, _ := strings.Cut(text, "\n")
		says, ok := strings.CutPrefix(first, "// Says: ")
		if !ok {
			t.Fatalf("%s: got another first line, want // Says: …", name)
		}
		all[name] = cheat{rest, says}
	}
	return all
}

// answersIn reads the answers in a folder of testdata, by name.
func answersIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.go.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/%s: got no answers: %v", folder, err)
	}
	all := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".go.txt")] = string(text)
	}
	return all
}

// gradeClass grades the demo's submissions and waits for tests at most testTime.
func gradeClass(t *testing.T, c *Course, testTime time.Duration) map[string]course.Result {
	t.Helper()
	students, err := c.Students("demo", nil, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	g := &grading{course: c, assignment: coursetest.Demo(t), grader: newTestGrader(t, testTime), total: len(students)}
	g.once.Do(func() {}) // so that it doesn't make another grader
	turns := grader.NewTurns(2)
	for _, student := range students {
		turn, err := turns.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := g.one(t.Context(), submitter{from: student, members: []string{student}}, turn); err != nil {
			t.Errorf("got an error about %s, which stops the grading of the class: %v", student, err)
		}
		turn.End()
	}
	results := map[string]course.Result{}
	for _, r := range g.results {
		results[r.Student] = r
	}
	return results
}

// impatient is ample for tests that end.
const impatient = 3 * time.Second

func TestCheatsScoreNothingAndAreNamed(t *testing.T) {
	all := maps.Collect(longtest.Every(4, cheats(t)))
	const bomb = "memory-bomb" // ends by itself, but takes more than three seconds on a busy machine
	honest := map[string]string{"each": coursetest.Solution(t, "each"), "count": coursetest.Solution(t, "count")}
	handedIn := map[string]map[string]string{"honest": honest}
	for name, c := range all {
		// The other exercise is right and has to keep its points.
		handedIn[name] = map[string]string{"each": coursetest.Solution(t, "each"), "count": c.answer}
	}
	answer, bombed := handedIn[bomb]
	delete(handedIn, bomb)
	results := gradeClass(t, openClass(t, handedIn), impatient)
	if bombed {
		maps.Copy(results, gradeClass(t, openClass(t, map[string]map[string]string{bomb: answer}), time.Minute))
	}
	if r := results["honest"]; r.Score != 5 {
		t.Errorf("the honest one among cheats: got %g of 5 points: %v", r.Score, coursetest.Messages(r, "count"))
	}
	for name, c := range all {
		r, ok := results[name]
		if !ok {
			t.Errorf("%s: got no result", name)
			continue
		}
		told := coursetest.Messages(r, "count")
		if r.Score != 3 {
			t.Errorf("%s: got %g points, want only the 3 of the other exercise: %q; %q", name, r.Score, told, coursetest.Messages(r, "each"))
		}
		if !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, c.says) }) {
			t.Errorf("%s: got %q, want %q", name, told, c.says)
		}
		for _, n := range r.Notebooks {
			for _, e := range n.Exercises {
				if len(e.Output) > 2*grader.MaxPrinted {
					t.Errorf("%s: got %d bytes of output, want fewer", name, len(e.Output))
				}
			}
		}
	}
}

func TestFilesThatAreNotNotebooksHarmOnlyTheirStudent(t *testing.T) {
	c := openClass(t, map[string]map[string]string{"honest": {"each": coursetest.Solution(t, "each"), "count": coursetest.Solution(t, "count")}})
	source := filepath.Join(c.Dir, "source", "demo", "demo.ipynb")
	for student, make := range map[string]func(file string) error{
		"link-to-the-solutions": func(file string) error { return os.Symlink(source, file) },
		"folder":                func(file string) error { return os.Mkdir(file, 0o755) },
		"half-a-gigabyte": func(file string) error {
			if err := os.WriteFile(file, nil, 0o644); err != nil {
				return err
			}
			return os.Truncate(file, 500<<20)
		},
		"malformed": func(file string) error { return os.WriteFile(file, []byte(`{"cells": [{"cell_type": "code"`), 0o644) },
		"other":     func(file string) error { return os.WriteFile(file, []byte("[1, 2"+strings.Repeat("]", 9)), 0o644) },
		"nested":    func(file string) error { return os.WriteFile(file, []byte(strings.Repeat(`{"cells":[`, 1<<20)), 0o644) },
		"empty":     func(file string) error { return os.WriteFile(file, nil, 0o644) },
	} {
		coursetest.Submit(t, c.Dir, student, nil)
		file := filepath.Join(c.Dir, "submitted", student, "demo", "demo.ipynb")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := make(file); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(c.Dir, "submitted", "folder-of-another")
	if err := os.Symlink(filepath.Join(c.Dir, "submitted", "honest"), folder); err != nil {
		t.Fatal(err)
	}
	for student, r := range gradeClass(t, c, impatient) {
		told := coursetest.Messages(r, "count")
		switch {
		case student == "honest" && r.Score != 5:
			t.Errorf("the honest one: got %g of 5 points", r.Score)
		case student != "honest" && (r.Score != 0 || !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, string(course.Broken)) })):
			t.Errorf("%s: got %g points and %q, want 0 and that the file can't be read", student, r.Score, told)
		}
	}
}

func TestAnUnusualRightAnswerScoresInFull(t *testing.T) {
	loud := `// tally is a helper's own type.
type tally[K comparable] struct {
	mu sync.Mutex
	of map[K]int
}

func (t *tally[K]) add(k K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of[k]++
	fmt.Fprintln(os.Stderr, "counted", k)
	println("so far", len(t.of))
}

var logger = log.New(os.Stderr, "count: ", log.Lshortfile)

func Count(texts []string) map[string]int {
	t := tally[string]{of: map[string]int{}}
	var group errgroup.Group
	for _, text := range texts {
		group.Go(func() error {
			logger.Printf("text %q", text)
			for word := range strings.FieldsSeq(text) {
				t.add(word)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		logger.Print(err)
	}
	return t.of
}
`
	c := openClass(t, nil)
	whole := map[string]string{"each": coursetest.Solution(t, "each"), "count": loud}
	variants := map[string]func(cells []coursetest.Cell) []coursetest.Cell{
		"as it is": func(cells []coursetest.Cell) []coursetest.Cell { return cells },
		"without outputs": func(cells []coursetest.Cell) []coursetest.Cell {
			for _, cell := range cells {
				if cell["cell_type"] == "code" {
					cell["outputs"], cell["execution_count"] = []any{}, nil
				}
			}
			return cells
		},
		"without test cells": func(cells []coursetest.Cell) []coursetest.Cell {
			return slices.DeleteFunc(cells, func(cell coursetest.Cell) bool { return strings.HasSuffix(coursetest.GradeID(cell), "-tests") })
		},
		"doubled": func(cells []coursetest.Cell) []coursetest.Cell {
			for _, cell := range slices.Clone(cells) {
				if coursetest.GradeID(cell) == "count" { // as Jupyter copies a cell: under another id
					twin := maps.Clone(cell)
					twin["id"] = "twin"
					cells = append(cells, twin)
				}
			}
			return cells
		},
	}
	for name, change := range variants {
		text := coursetest.Edit(t, func(cells []coursetest.Cell) []coursetest.Cell {
			for _, cell := range cells {
				if answer, ok := whole[coursetest.GradeID(cell)]; ok {
					cell["source"] = answer
				}
			}
			return change(cells)
		})
		coursetest.Submit(t, c.Dir, strings.ReplaceAll(name, " ", "-"), text)
	}
	for student, r := range gradeClass(t, c, impatient) {
		told := strings.Join(coursetest.Messages(r, "count"), "\n")
		if r.Score != 5 {
			t.Errorf("%s: got %g of 5 points: %s", student, r.Score, told)
		}
		for of, want := range map[string]string{"without-test-cells": "was deleted", "doubled": "this answer twice"} {
			if student == of && !strings.Contains(told, want) {
				t.Errorf("%s: got %s; want %q", student, told, want)
			}
		}
	}
}
