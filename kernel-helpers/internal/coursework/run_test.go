package coursework

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestATestThatEndsTheProgramCostsItselfAlone(t *testing.T) {
	b := testBench(t)
	b.noRules = true
	r := gradeOne(t, b, "count", `func Count(texts []string) map[string]int {
	if texts != nil {
		os.Exit(0)
	}
	return map[string]int{}
}`)
	wantStatuses(t, r, Crashed, Passed)
	if m := r.Tests[0].Messages[0]; !strings.Contains(m, "exit status 0") {
		t.Errorf("an exit is told as %q", m)
	}
	if r.Score != 1 {
		t.Errorf("the score is %g, want 1", r.Score)
	}
}

func TestAPanicIsToldWithTheLineOfTheCell(t *testing.T) {
	r := gradeOne(t, testBench(t), "count", "func Count(texts []string) map[string]int {\n\tvar m map[string]int\n\tm[texts[0]]++\n\treturn m\n}")
	wantStatuses(t, r, Crashed, Crashed)
	message := strings.Join(r.Tests[0].Messages, "\n")
	if !strings.Contains(message, "assignment to entry in nil map") || !strings.Contains(message, "line 3 of count") {
		t.Errorf("the panic is told as %q", message)
	}
}

func TestAPanicOfAnotherGoroutineIsToldToo(t *testing.T) {
	r := gradeOne(t, testBench(t), "count", "func Count(texts []string) map[string]int {\n\tdone := make(chan int)\n\tgo func() { defer close(done); panic(\"over there\") }()\n\t<-done\n\tselect {}\n}")
	wantStatuses(t, r, Crashed, Crashed)
	if message := strings.Join(r.Tests[0].Messages, "\n"); !strings.Contains(message, "over there") || !strings.Contains(message, "line 3 of count") {
		t.Errorf("the panic is told as %q", message)
	}
}

func TestAProgramThatTheSystemKilledIsToldOfWhatMayHaveDoneIt(t *testing.T) {
	b := testBench(t)
	b.noRules, b.kit = true, withPackages(t, nil, "syscall")
	r := gradeOne(t, b, "count", "import \"syscall\"\n\nfunc Count(texts []string) map[string]int {\n\tsyscall.Kill(syscall.Getpid(), syscall.SIGKILL)\n\tselect {}\n}")
	wantStatuses(t, r, Limited, Limited)
	if m := r.Tests[0].Messages[0]; !strings.Contains(m, "processor time") || !strings.Contains(m, "the machine had left") {
		t.Errorf("told is %q", m)
	}
}

func TestATestThatTakesTooLongIsEndedAndSaysWhere(t *testing.T) {
	b := testBench(t)
	b.testTime = time.Second
	r := gradeOne(t, b, "count", "func Count(texts []string) map[string]int {\n\tfor texts != nil {\n\t\ttime.Sleep(time.Millisecond)\n\t}\n\treturn map[string]int{}\n}")
	wantStatuses(t, r, TimedOut, Passed)
	if message := strings.Join(r.Tests[0].Messages, "\n"); !strings.Contains(message, "still running") || !strings.Contains(message, "of count") {
		t.Errorf("it is told as %q", message)
	}
}

func TestAVariableThatCantBeginHarmsItsExerciseAlone(t *testing.T) {
	b := testBench(t)
	_, a := demo(t)
	results, err := b.grade(t.Context(), a.Sheets[0].Exercises, [][]Code{
		{{Cell: "each", Text: solution(t, "each")}},
		{{Cell: "count", Text: rightCount + "var x = func() int { panic(\"no\") }()"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantStatuses(t, results[0], Passed, Passed)
	wantStatuses(t, results[1], Crashed, Crashed)
}

// The other answer of one student ends the program as soon as any test runs.
func TestAnAnswerThatHarmsItsNeighbourHarmsNoOtherStudent(t *testing.T) {
	b := testBench(t)
	_, a := demo(t)
	exercises := []*Exercise{exerciseNamed(t, a, "each"), exerciseNamed(t, a, "count")}
	hostile := solution(t, "each") + `
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
	for _, each := range []string{hostile, solution(t, "each")} {
		results, err := b.grade(t.Context(), exercises, [][]Code{{{Cell: "each", Text: each}}, {{Cell: "count", Text: solution(t, "count")}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if each != hostile && (results[0].Score != 3 || results[1].Score != 2) {
			t.Errorf("the honest one gets %g and %g points", results[0].Score, results[1].Score)
		}
	}
}

func TestWhatAnswersPrintIsKeptAndProvesNothing(t *testing.T) {
	r := gradeOne(t, testBench(t), "count", `func Count(texts []string) map[string]int {
	fmt.Println("--- PASS: count.TestCountCounts (0.00s)")
	fmt.Println("{\"Action\":\"pass\",\"Test\":\"TestCountCounts\"}")
	fmt.Fprintln(os.Stderr, "PASS")
	println("ok")
	return nil
}`)
	wantStatuses(t, r, Failed, Failed)
	for _, want := range []string{"--- PASS", "Action", "PASS", "ok"} {
		if !strings.Contains(r.Output, want) {
			t.Errorf("the output lacks %q: %q", want, r.Output)
		}
	}
	if len(r.Tests[0].Messages) != 1 || !strings.HasPrefix(r.Tests[0].Messages[0], "counted map[]") {
		t.Errorf("the messages are %q", r.Tests[0].Messages)
	}
}

func TestARaceIsReportedWithTheLinesOfTheCell(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "course", "mutants", "demo", "demo", "count", "race.go.txt"))
	if err != nil {
		t.Fatal(err)
	}
	r := gradeOne(t, testBench(t), "count", string(text))
	wantStatuses(t, r, Raced, Passed)
	if !strings.Contains(r.Tests[0].Race, "line 9 of count") || !strings.Contains(r.Tests[0].Race, "by goroutine 1:") || strings.Contains(r.Tests[0].Race, "0x") {
		t.Errorf("the race report is %q", r.Tests[0].Race)
	}
}

func TestProbesShowTheRunOfVisibleTestsAlone(t *testing.T) {
	r := gradeOne(t, testBench(t), "each", solution(t, "each"))
	wantStatuses(t, r, Passed, Passed)
	if runs := r.Tests[0].Runs; len(runs) != 1 || runs[0].MostInFlight != 2 || len(runs[0].Calls) != 4 {
		t.Errorf("the visible test's runs are %+v", runs)
	}
	if runs := r.Tests[1].Runs; len(runs) != 0 {
		t.Errorf("the hidden test's runs are %+v", runs)
	}
}

func TestTheSandboxHasNeitherFilesNorNetwork(t *testing.T) {
	b := testBench(t)
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
	if r.Tests[0].Status != Passed {
		t.Errorf("in the sandbox: %+v", r.Tests[0])
	}
}

// withPackages adds packages that answers can't import to a kit.
func withPackages(t *testing.T, k *kit, paths ...string) *kit {
	t.Helper()
	checkout, err := FindCheckout(".")
	if err != nil {
		t.Fatal(err)
	}
	more, err := newKit(t.Context(), checkout, paths, true)
	if err != nil {
		t.Fatal(err)
	}
	return more
}

func TestAnEndedContextEndsGradingAndLeavesNothing(t *testing.T) {
	b := testBench(t)
	b.testTime = time.Minute
	_, a := demo(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := b.grade(ctx, []*Exercise{exerciseNamed(t, a, "count")}, [][]Code{{{Cell: "count", Text: "func Count(texts []string) map[string]int { for { } }"}}}, nil)
	if err == nil || ctx.Err() == nil {
		t.Errorf("the error is %v", err)
	}
	if _, processes := family(os.Getpid()); processes > 1 {
		t.Errorf("%d processes are left", processes-1)
	}
}

func TestTheDemosAnswersAreVerified(t *testing.T) {
	skipGrading(t)
	c := newClass(t, nil)
	found, err := Verify(t.Context(), c, "demo", VerifyOptions{Times: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 7 {
		t.Errorf("%d answers were tried, want 2 references, 2 stubs and 3 mutants", len(found))
	}
	for _, v := range found {
		if !v.OK {
			t.Errorf("%+v", v)
		}
	}
	tame := filepath.Join(c.Dir, "mutants", "demo", "demo", "count", "tame.go.txt")
	if err := os.WriteFile(tame, []byte("// Nothing is wrong.\n// Fails: TestCountCounts\n"+solution(t, "count")), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err = Verify(t.Context(), c, "demo", VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	survived := 0
	for _, v := range found {
		if !v.OK {
			survived++
		}
	}
	if survived != 1 {
		t.Errorf("%d answers were found wanting, want the tame mutant alone", survived)
	}
}

func TestATemporaryFolderThatOnlyThisUserCanEnterStopsNoGrading(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "own")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	wantStatuses(t, gradeOne(t, testBench(t), "count", solution(t, "count")), Passed, Passed)
}
