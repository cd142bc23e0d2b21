package grader

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
	"example.com/speedup/kernel-helpers/internal/processes"
)

func TestATestThatEndsTheProgramFailsAlone(t *testing.T) {
	b := newTestGrader(t)
	b.noRules = true
	r := gradeOne(t, b, "count", `func Count(texts []string) map[string]int {
	if texts != nil {
		os.Exit(0)
	}
	return map[string]int{}
}`)
	coursetest.WantStatuses(t, r, course.Crashed, course.Passed)
	if m := r.Tests[0].Messages[0]; !strings.Contains(m, "exit status 0") {
		t.Errorf("got %q, want exit status 0", m)
	}
	if r.Score != 1 {
		t.Errorf("got the score %g, want 1", r.Score)
	}
}

func TestAPanicIsReportedWithTheLineOfTheCell(t *testing.T) {
	r := gradeOne(t, newTestGrader(t), "count", "func Count(texts []string) map[string]int {\n\tvar m map[string]int\n\tm[texts[0]]++\n\treturn m\n}")
	coursetest.WantStatuses(t, r, course.Crashed, course.Crashed)
	message := strings.Join(r.Tests[0].Messages, "\n")
	if !strings.Contains(message, "assignment to entry in nil map") || !strings.Contains(message, "line 3 of count") {
		t.Errorf("got %q, want the panic and line 3 of count", message)
	}
}

func TestAPanicOfAnotherGoroutineIsReported(t *testing.T) {
	r := gradeOne(t, newTestGrader(t), "count", "func Count(texts []string) map[string]int {\n\tdone := make(chan int)\n\tgo func() { defer close(done); panic(\"over there\") }()\n\t<-done\n\tselect {}\n}")
	coursetest.WantStatuses(t, r, course.Crashed, course.Crashed)
	if message := strings.Join(r.Tests[0].Messages, "\n"); !strings.Contains(message, "over there") || !strings.Contains(message, "line 3 of count") {
		t.Errorf("got %q, want the panic and line 3 of count", message)
	}
}

func TestAKilledProgramIsReportedWithTheLikelyReasons(t *testing.T) {
	b := newTestGrader(t)
	b.noRules, b.kit = true, withPackages(t, nil, "syscall")
	r := gradeOne(t, b, "count", "import \"syscall\"\n\nfunc Count(texts []string) map[string]int {\n\tsyscall.Kill(syscall.Getpid(), syscall.SIGKILL)\n\tselect {}\n}")
	coursetest.WantStatuses(t, r, course.Limited, course.Limited)
	if m := r.Tests[0].Messages[0]; !strings.Contains(m, "processor time") || !strings.Contains(m, "the machine had left") {
		t.Errorf("got %q, want processor time and memory as possible reasons", m)
	}
}

func TestATestThatTakesTooLongIsStoppedAndSaysWhere(t *testing.T) {
	b := newTestGrader(t)
	b.options.TestTime = time.Second
	r := gradeOne(t, b, "count", "func Count(texts []string) map[string]int {\n\tfor texts != nil {\n\t\ttime.Sleep(time.Millisecond)\n\t}\n\treturn map[string]int{}\n}")
	coursetest.WantStatuses(t, r, course.TimedOut, course.Passed)
	if message := strings.Join(r.Tests[0].Messages, "\n"); !strings.Contains(message, "still running") || !strings.Contains(message, "of count") {
		t.Errorf("got %q, want that it was still running, and where", message)
	}
}

func TestAVariableThatCantBeInitializedHarmsOnlyItsExercise(t *testing.T) {
	b := newTestGrader(t)
	a := coursetest.Demo(t)
	results, err := b.Grade(t.Context(), a.Notebooks[0].Exercises, [][]course.Code{
		{{Cell: "each", Text: coursetest.Solution(t, "each")}},
		{{Cell: "count", Text: coursetest.RightCount + "var x = func() int { panic(\"no\") }()"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	coursetest.WantStatuses(t, results[0], course.Passed, course.Passed)
	coursetest.WantStatuses(t, results[1], course.Crashed, course.Crashed)
}

// One student's other answer ends the program as soon as any test runs.
func TestAnAnswerThatHarmsItsNeighbourHarmsNoOtherStudent(t *testing.T) {
	b := newTestGrader(t)
	exercises := []*course.Exercise{coursetest.Exercise(t, "each"), coursetest.Exercise(t, "count")}
	hostile := coursetest.Solution(t, "each") + `
var _ = func() bool {
	go func() {
		for runtime.NumGoroutine() < 6 {
			runtime.Gosched()
		}
		panic("boom")
	}()
	return true
}()
`
	for _, each := range []string{hostile, coursetest.Solution(t, "each")} {
		results, err := b.Grade(t.Context(), exercises, [][]course.Code{{{Cell: "each", Text: each}}, {{Cell: "count", Text: coursetest.Solution(t, "count")}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if each != hostile && (results[0].Score != 3 || results[1].Score != 2) {
			t.Errorf("got %g and %g points for the honest one, want 3 and 2", results[0].Score, results[1].Score)
		}
	}
}

func TestWhatAnswersPrintIsKeptAndProvesNothing(t *testing.T) {
	r := gradeOne(t, newTestGrader(t), "count", `func Count(texts []string) map[string]int {
	fmt.Println("--- PASS: count.TestCountCounts (0.00s)")
	fmt.Println("{\"Action\":\"pass\",\"Test\":\"TestCountCounts\"}")
	fmt.Fprintln(os.Stderr, "PASS")
	println("ok")
	return nil
}`)
	coursetest.WantStatuses(t, r, course.Failed, course.Failed)
	for _, want := range []string{"--- PASS", "Action", "PASS", "ok"} {
		if !strings.Contains(r.Output, want) {
			t.Errorf("got the output %q, want %q in it", r.Output, want)
		}
	}
	if len(r.Tests[0].Messages) != 1 || !strings.HasPrefix(r.Tests[0].Messages[0], "counted map[]") {
		t.Errorf("got the messages %q, want only what was counted", r.Tests[0].Messages)
	}
}

func TestARaceIsReportedWithTheLinesOfTheCell(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(coursetest.Dir(t), "mutants", "demo", "demo", "count", "race.go.txt"))
	if err != nil {
		t.Fatal(err)
	}
	r := gradeOne(t, newTestGrader(t), "count", string(text))
	coursetest.WantStatuses(t, r, course.Raced, course.Passed)
	if !strings.Contains(r.Tests[0].Race, "line 9 of count") || !strings.Contains(r.Tests[0].Race, "by goroutine 1:") || strings.Contains(r.Tests[0].Race, "0x") {
		t.Errorf("got the race report %q, want line 9 of count, goroutine 1 and no address", r.Tests[0].Race)
	}
}

func TestProbesShowTheRunsOfVisibleTestsOnly(t *testing.T) {
	r := gradeOne(t, newTestGrader(t), "each", coursetest.Solution(t, "each"))
	coursetest.WantStatuses(t, r, course.Passed, course.Passed)
	if runs := r.Tests[0].Runs; len(runs) != 1 || runs[0].MostInFlight != 2 || len(runs[0].Calls) != 4 {
		t.Errorf("the visible test: got the runs %+v, want one of 4 calls with 2 in flight", runs)
	}
	if runs := r.Tests[1].Runs; len(runs) != 0 {
		t.Errorf("the hidden test: got the runs %+v, want none", runs)
	}
}

func TestTheSandboxHasNeitherFilesNorNetwork(t *testing.T) {
	b := newTestGrader(t)
	b.noRules = true
	secret := filepath.Join(t.TempDir(), "solution")
	if err := os.WriteFile(secret, []byte("42"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.kit = withPackages(t, b.kit, "net", "os")
	r := gradeOne(t, b, "count", `import "net"
func Count(texts []string) map[string]int {
	if _, err := os.ReadFile("`+secret+`"); err == nil { panic("a file can be read") }
	if err := os.WriteFile("`+secret+`.mine", nil, 0o600); err == nil { panic("a file can be written") }
	if _, err := net.Dial("tcp", "127.0.0.1:1"); err == nil { panic("the network is there") }
	all, _ := net.Interfaces()
	for _, i := range all { if i.Flags&net.FlagLoopback == 0 { panic("an interface is there") } }
	if found, _ := os.ReadDir("/proc"); len(found) > 0 {
		n := 0
		for _, f := range found { if f.Name()[0] >= '0' && f.Name()[0] <= '9' { n++ } }
		if n > 4 { panic("other processes are in sight") }
	}
	return map[string]int{"a": 1, "b": 2, "c": 1}
}`)
	if r.Tests[0].Status != course.Passed {
		t.Errorf("got %+v, want it passed", r.Tests[0])
	}
}

// withPackages returns a kit with packages that answers may not import.
func withPackages(t *testing.T, k *compile.Kit, paths ...string) *compile.Kit {
	t.Helper()
	checkout, err := checkout.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	more, err := compile.NewKit(t.Context(), checkout, paths, true)
	if err != nil {
		t.Fatal(err)
	}
	return more
}

func TestACancelledContextStopsGradingAndLeavesNoProcess(t *testing.T) {
	b := newTestGrader(t)
	b.options.TestTime = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := b.Grade(ctx, []*course.Exercise{coursetest.Exercise(t, "count")}, [][]course.Code{{{Cell: "count", Text: "func Count(texts []string) map[string]int { for { } }"}}}, nil)
	if err == nil || ctx.Err() == nil {
		t.Errorf("got the error %v, want one from the context", err)
	}
	if _, processes := processes.Usage(os.Getpid(), sandbox.MaxProcesses); processes > 1 {
		t.Errorf("got %d processes left, want none", processes-1)
	}
}

func TestATemporaryFolderThatOnlyThisUserCanEnterDoesNotStopGrading(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "own")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	coursetest.WantStatuses(t, gradeOne(t, newTestGrader(t), "count", coursetest.Solution(t, "count")), course.Passed, course.Passed)
}
