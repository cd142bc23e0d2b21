package grader

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
	"example.com/speedup/kernel-helpers/internal/processes"
)

// Otherwise the tests would use the answer's variable instead of the package.
func TestAnAnswerCantReplaceAPackageOfTheTests(t *testing.T) {
	r := gradeOne(t, newTestGrader(t), "each", `type forged struct{}

func (forged) New(string) error { return nil }

var errors forged

func Each(ctx context.Context, limit int, jobs []Job, work func(context.Context, Job) error) error { return nil }
`)
	if r.Score != 0 || len(r.Problems) != 1 || r.Problems[0].Kind != course.Refused || !strings.HasPrefix(r.Problems[0].Text, "errors is declared by the course") {
		t.Errorf("got %g points and %+v, want 0 and that errors is declared by the course", r.Score, r.Problems)
	}
}

// All problems of such an answer would be longer than the grader reads.
func TestAnAnswerWithEndlessFaultsDoesNotStopGrading(t *testing.T) {
	b := newTestGrader(t)
	old := maxToolOutput
	maxToolOutput = longtest.Pick(old/16, old)
	defer func() { maxToolOutput = old }()
	long := strings.Repeat("n", maxToolOutput*5/4)
	for what, answer := range map[string]string{
		"many things against the rules": coursetest.RightCount + strings.Repeat("//go:noinline\n", maxToolOutput/40),
		"a long name":                   coursetest.RightCount + "var x = " + long,
		"a long line directive":         coursetest.RightCount + "//line " + long + ":1\nvar x =",
	} {
		r := gradeOne(t, b, "count", answer)
		if r.Score != 0 || len(r.Problems) == 0 || len(r.Problems) > compile.MaxProblems {
			t.Errorf("%s: got %g points and %d problems, want 0 and 1 to %d", what, r.Score, len(r.Problems), compile.MaxProblems)
		}
		for _, p := range r.Problems {
			if len(p.Cell)+len(p.Text) > 2000 {
				t.Errorf("%s: got a problem of %d bytes, want at most 2000", what, len(p.Cell)+len(p.Text))
			}
		}
	}
}

// Compiling this answer would not end: each function has two instances of the
// next.
func TestAnAnswerThatCompilesForEverIsStopped(t *testing.T) {
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
	r := gradeOne(t, newTestGrader(t), "count", answer.String())
	if r.Score != 0 || len(r.Problems) == 0 || r.Problems[0].Kind != course.Refused {
		t.Errorf("got %g points and %v, want 0 and a refusal", r.Score, r.Problems)
	}
}

func TestAnAnswerThatCantBeLinkedHarmsOnlyItsExercise(t *testing.T) {
	old := compileLimits
	compileLimits.FileSize = 32 << 20 // enough for the answer, too little for the program
	defer func() { compileLimits = old }()
	exercises := []*course.Exercise{coursetest.Exercise(t, "each"), coursetest.Exercise(t, "count")}
	large := coursetest.Solution(t, "count") + "\nvar padding = [31 << 20]byte{1}\n\nvar kept = padding[runtime.NumCPU()]\n"
	results, err := newTestGrader(t).Grade(t.Context(), exercises, [][]course.Code{{{Cell: "each", Text: coursetest.Solution(t, "each")}}, {{Cell: "count", Text: large}}}, nil)
	if err != nil {
		t.Fatalf("got the error %v, which stops the grading of the class", err)
	}
	if r := results[1]; results[0].Score != 3 || r.Score != 0 || len(r.Problems) != 1 || r.Problems[0].Kind != course.Refused {
		t.Errorf("got %g points for the other exercise; %g and %+v for this one, want 3; 0 and a refusal", results[0].Score, r.Score, r.Problems)
	}
}

// The sandbox has to stop what the rules stop, in case they miss it.
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
			b := newTestGrader(t)
			b.noRules, b.kit = true, kit
			if name == "a fork bomb" { // it ends by itself, but takes more than three seconds on a busy machine
				b.options.TestTime = time.Minute
			}
			r := gradeOne(t, b, "count", c.answer)
			told := coursetest.Messages(course.Result{Notebooks: []course.NotebookResult{{Exercises: []course.ExerciseResult{r}}}}, "count")
			if r.Score != 0 || !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, c.says) }) {
				t.Errorf("got %g points and %q, want 0 and %q", r.Score, told, c.says)
			}
			if _, processes := processes.Usage(os.Getpid(), sandbox.MaxProcesses); processes > 1 {
				t.Errorf("got %d processes left, want none", processes-1)
			}
		})
	}
	if _, err := os.Lstat(outside); err == nil {
		t.Error("got a file outside of the sandbox, want none")
	}
}

func TestAThousandSpecialCommandsAreReportedInAFewLines(t *testing.T) {
	notes := droppedCommands([]course.Code{{Cell: "count", Text: strings.Repeat("%x\n", 1000)}})
	if len(notes) != compile.MaxProblems+1 || !strings.HasPrefix(notes[compile.MaxProblems].Text, "990 more") {
		t.Errorf("got %d notes, the last %+v, want %d, the last about 990 more", len(notes), notes[len(notes)-1], compile.MaxProblems+1)
	}
}

func FuzzSubmittedNotebooksNeverPanic(f *testing.F) {
	f.Add([]byte(`{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}`))
	f.Add([]byte(`{"cells":[{"cell_type":"code","metadata":{"nbgrader":{"grade_id":"each","solution":true}},"source":["%%x\n","!y"],"outputs":[]}],"metadata":{},"nbformat":4,"nbformat_minor":4}`))
	nb := coursetest.Demo(f).Notebooks[0]
	f.Fuzz(func(t *testing.T, text []byte) {
		submitted, err := course.ParseSubmitted(text, nb)
		if err != nil {
			return
		}
		for _, e := range nb.Exercises {
			answers, _ := submitted.Answers(e)
			droppedCommands(answers)
		}
	})
}
