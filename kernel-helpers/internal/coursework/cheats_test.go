package coursework

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// cheat is a submission that is to score nothing and to be named.
type cheat struct {
	answer string // to Count
	says   string // in a problem or a message of its result
}

// cheats are those of testdata/cheats: the first line says what is said of each.
func cheats(t *testing.T) map[string]cheat {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "cheats", "*.go.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cheats: %v", err)
	}
	all := map[string]cheat{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, rest, _ := strings.Cut(string(text), "\n")
		says, ok := strings.CutPrefix(first, "// Says: ")
		if !ok {
			t.Fatalf("%s: its first line is not // Says: …", file)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".go.txt")] = cheat{rest, says}
	}
	return all
}

// said is all that a result tells of an exercise and of the submission.
func said(r Result, exercise string) (all []string) {
	problems := slices.Clone(r.Problems)
	for _, n := range r.Notebooks {
		problems = append(problems, n.Problems...)
		for _, e := range n.Exercises {
			if e.Name != exercise {
				continue
			}
			problems = append(problems, e.Problems...)
			for _, test := range e.Tests {
				all = append(all, fmt.Sprintf("%s: %s", test.Status, strings.Join(test.Messages, "; ")))
			}
		}
	}
	for _, p := range problems {
		all = append(all, fmt.Sprintf("%s: %s", p.Kind, p.Text))
	}
	return all
}

// gradeClass grades the demo's submissions with little patience.
func gradeClass(t *testing.T, c *Course) map[string]Result {
	t.Helper()
	return gradeClassOn(t, testBench(t), c)
}

func gradeClassOn(t *testing.T, b *bench, c *Course) map[string]Result {
	t.Helper()
	a, err := c.Assignment("demo")
	if err != nil {
		t.Fatal(err)
	}
	students, err := c.handedIn("demo", nil, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	g := &grading{course: c, assignment: a, bench: b, total: len(students)}
	g.once.Do(func() {}) // the bench is there
	if err := os.MkdirAll(c.resultsDir("demo"), 0o700); err != nil {
		t.Fatal(err)
	}
	turns := newTurns(2)
	for _, student := range students {
		turn, err := turns.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := g.one(t.Context(), student, turn); err != nil {
			t.Errorf("%s stops the grading of the class: %v", student, err)
		}
		turn.end()
	}
	results := map[string]Result{}
	for _, r := range g.results {
		results[r.Student] = r
	}
	return results
}

func TestCheatsScoreNothingAndAreNamed(t *testing.T) {
	all := cheats(t)
	const bomb = "memory-bomb" // ends by itself, on a busy machine in more than three seconds
	honest := map[string]string{"each": solution(t, "each"), "count": solution(t, "count")}
	handedIn := map[string]map[string]string{"honest": honest}
	for name, c := range all {
		// The other exercise is right: it keeps its points, whatever this one does.
		handedIn[name] = map[string]string{"each": solution(t, "each"), "count": c.answer}
	}
	patient := testBench(t)
	patient.testTime = time.Minute
	results := gradeClassOn(t, patient, newClass(t, map[string]map[string]string{bomb: handedIn[bomb]}))
	delete(handedIn, bomb)
	maps.Copy(results, gradeClass(t, newClass(t, handedIn)))
	if r := results["honest"]; r.Score != 5 {
		t.Errorf("among cheats the honest one has %g of 5 points: %v", r.Score, said(r, "count"))
	}
	for name, c := range all {
		r, ok := results[name]
		if !ok {
			t.Errorf("%s has no result", name)
			continue
		}
		told := said(r, "count")
		if r.Score != 3 {
			t.Errorf("%s: %g points, want the 3 of the other exercise alone: %q; %q", name, r.Score, told, said(r, "each"))
		}
		if !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, c.says) }) {
			t.Errorf("%s: told is %q, want %q", name, told, c.says)
		}
		for _, n := range r.Notebooks {
			for _, e := range n.Exercises {
				if len(e.Output) > 2*mostKept {
					t.Errorf("%s: %d bytes of output are kept", name, len(e.Output))
				}
			}
		}
	}
}

// The tests would take the answer's variable for the package that they mean.
func TestAnAnswerCantStandInForAPackageOfTheTests(t *testing.T) {
	r := gradeOne(t, testBench(t), "each", `type forged struct{}

func (forged) New(string) error { return nil }

var errors forged

func Each(ctx context.Context, limit int, jobs []Job, work func(context.Context, Job) error) error { return nil }
`)
	if r.Score != 0 || len(r.Problems) != 1 || r.Problems[0].Kind != Refused || !strings.HasPrefix(r.Problems[0].Text, "errors is declared by the course") {
		t.Errorf("%g points, %+v", r.Score, r.Problems)
	}
}

// What is said of such an answer would be longer than the grader reads.
func TestAnAnswerWithEndlessFaultsStopsNoGrading(t *testing.T) {
	b := testBench(t)
	for what, answer := range map[string]string{
		"100,000 things against the rules": rightCount + strings.Repeat("//go:noinline\n", 100_000),
		"a name of 5 MB":                   rightCount + "var x = " + strings.Repeat("n", 5<<20),
		"a line directive of 5 MB":         rightCount + "//line " + strings.Repeat("n", 5<<20) + ":1\nvar x =",
	} {
		r := gradeOne(t, b, "count", answer)
		if r.Score != 0 || len(r.Problems) == 0 || len(r.Problems) > mostProblems {
			t.Errorf("%s: %g points, %d problems", what, r.Score, len(r.Problems))
		}
		for _, p := range r.Problems {
			if len(p.Cell)+len(p.Text) > 2000 {
				t.Errorf("%s: a problem of %d bytes", what, len(p.Cell)+len(p.Text))
			}
		}
	}
}

// An answer whose compilation would not come to an end: each function has two
// instances of the next.
func TestAnAnswerThatCompilesForEverIsEnded(t *testing.T) {
	old := compileLimits
	compileLimits.CPU = 3
	defer func() { compileLimits = old }()
	var answer strings.Builder
	answer.WriteString("func Count(texts []string) map[string]int { g0[int](); return nil }\n")
	const deep = 24
	for i := range deep {
		fmt.Fprintf(&answer, "func g%d[T any]() { g%d[struct{ a T }](); g%d[struct{ b T }]() }\n", i, i+1, i+1)
	}
	fmt.Fprintf(&answer, "func g%d[T any]() {}\n", deep)
	r := gradeOne(t, testBench(t), "count", answer.String())
	if r.Score != 0 || len(r.Problems) == 0 || r.Problems[0].Kind != Refused {
		t.Errorf("%g points, %v", r.Score, r.Problems)
	}
}

func TestAnAnswerThatTheLinkerFailsAtHarmsItsExerciseAlone(t *testing.T) {
	old := compileLimits
	compileLimits.FileSize = 32 << 20 // there is room for the answer, but not for the program, too
	defer func() { compileLimits = old }()
	_, a := demo(t)
	exercises := []*Exercise{exerciseNamed(t, a, "each"), exerciseNamed(t, a, "count")}
	large := solution(t, "count") + "\nvar padding = [31 << 20]byte{1}\n\nvar kept = padding[runtime.NumCPU()]\n"
	results, err := testBench(t).grade(t.Context(), exercises, [][]Code{{{Cell: "each", Text: solution(t, "each")}}, {{Cell: "count", Text: large}}}, nil)
	if err != nil {
		t.Fatalf("it stops the grading of the class: %v", err)
	}
	if r := results[1]; results[0].Score != 3 || r.Score != 0 || len(r.Problems) != 1 || r.Problems[0].Kind != Refused {
		t.Errorf("%g points for the other one; %g, %+v", results[0].Score, r.Score, r.Problems)
	}
}

// The second wall: what the rules stop does no harm without them either.
func TestWithoutTheRulesTheSandboxHolds(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	kit := withPackages(t, nil, "os", "os/exec", "syscall")
	for name, c := range map[string]struct{ answer, says string }{
		"a fork bomb": {`import "os/exec"
func Count(texts []string) map[string]int {
	for {
		exec.Command("/bin/sleep", "100").Start()
	}
}`, "processes"},
		"a bomb of shells that leave their group": {`import ("os/exec"; "syscall")
func Count(texts []string) map[string]int {
	cmd := exec.Command("/bin/sh", "-c", "f() { f | f & }; f; sleep 100")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Run()
	select {}
}`, ""},
		"a child that stays": {`import ("os/exec"; "syscall")
func Count(texts []string) map[string]int {
	cmd := exec.Command("/bin/sleep", "987654")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil { panic(err) }
	return nil
}`, "counted map[]"},
		"a file outside": {`func Count(texts []string) map[string]int {
	err := os.WriteFile(` + fmt.Sprintf("%q", outside) + `, []byte("x"), 0o600)
	panic(err)
}`, "no such file"},
		"a file that fills the disk": {`func Count(texts []string) map[string]int {
	f, err := os.Create("/tmp/full")
	if err != nil { panic(err) }
	for err == nil { _, err = f.Write(make([]byte, 1<<20)) }
	panic(err)
}`, "file too large"},
		"the grader's own process": {`func Count(texts []string) map[string]int {
	p, _ := os.FindProcess(` + fmt.Sprint(os.Getpid()) + `)
	panic(p.Kill())
}`, "process already finished"},
		"forged verdicts": {`func Count(texts []string) map[string]int {
	os.NewFile(3, "").WriteString("{\"kind\":\"end\",\"test\":\"count/TestCountCounts\",\"passed\":true}\n")
	return nil
}`, "counted map[]"},
		"verdicts that are cut off": {`func Count(texts []string) map[string]int {
	os.NewFile(3, "").Close()
	return map[string]int{"a": 1, "b": 2, "c": 1}
}`, "exit status 2"},
	} {
		t.Run(name, func(t *testing.T) {
			b := testBench(t)
			b.noRules, b.kit = true, kit
			if name == "a fork bomb" { // it ends by itself, on a busy machine in more than three seconds
				b.testTime = time.Minute
			}
			r := gradeOne(t, b, "count", c.answer)
			told := said(Result{Notebooks: []NotebookResult{{Exercises: []ExerciseResult{r}}}}, "count")
			if r.Score != 0 || !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, c.says) }) {
				t.Errorf("%g points, told is %q, want %q", r.Score, told, c.says)
			}
			if _, processes := family(os.Getpid()); processes > 1 {
				t.Errorf("it leaves %d processes", processes-1)
			}
		})
	}
	if _, err := os.Lstat(outside); err == nil {
		t.Error("a file was written outside the sandbox")
	}
}

func TestFilesThatAreNoNotebooksHarmTheirStudentAlone(t *testing.T) {
	c := newClass(t, map[string]map[string]string{"honest": {"each": solution(t, "each"), "count": solution(t, "count")}})
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
		writeSubmission(t, c.Dir, student, nil)
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
	for student, r := range gradeClass(t, c) {
		told := said(r, "count")
		switch {
		case student == "honest" && r.Score != 5:
			t.Errorf("the honest one has %g of 5 points", r.Score)
		case student != "honest" && (r.Score != 0 || !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, string(Broken)) })):
			t.Errorf("%s: %g points, told is %q", student, r.Score, told)
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
	c := newClass(t, nil)
	whole := map[string]string{"each": solution(t, "each"), "count": loud}
	variants := map[string]func(cells []cellJSON) []cellJSON{
		"as it is": func(cells []cellJSON) []cellJSON { return cells },
		"without outputs": func(cells []cellJSON) []cellJSON {
			for _, cell := range cells {
				if cell["cell_type"] == "code" {
					cell["outputs"], cell["execution_count"] = []any{}, nil
				}
			}
			return cells
		},
		"without test cells": func(cells []cellJSON) []cellJSON {
			return slices.DeleteFunc(cells, func(cell cellJSON) bool { return strings.HasSuffix(gradeID(cell), "-tests") })
		},
		"doubled": func(cells []cellJSON) []cellJSON {
			for _, cell := range slices.Clone(cells) {
				if gradeID(cell) == "count" { // as Jupyter copies a cell: under another id
					twin := maps.Clone(cell)
					twin["id"] = "twin"
					cells = append(cells, twin)
				}
			}
			return cells
		},
	}
	for name, change := range variants {
		text := edit(t, func(cells []cellJSON) []cellJSON {
			for _, cell := range cells {
				if answer, ok := whole[gradeID(cell)]; ok {
					cell["source"] = answer
				}
			}
			return change(cells)
		})
		writeSubmission(t, c.Dir, strings.ReplaceAll(name, " ", "-"), text)
	}
	for student, r := range gradeClass(t, c) {
		told := strings.Join(said(r, "count"), "\n")
		if r.Score != 5 {
			t.Errorf("%s: %g of 5 points: %s", student, r.Score, told)
		}
		for of, want := range map[string]string{"without-test-cells": "was deleted", "doubled": "there twice"} {
			if student == of && !strings.Contains(told, want) {
				t.Errorf("%s: told is %s; want %q", student, told, want)
			}
		}
	}
}
