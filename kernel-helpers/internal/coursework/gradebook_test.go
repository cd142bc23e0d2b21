package coursework

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// needNbgrader returns the checkout's Python, which has nbgrader.
func needNbgrader(t testing.TB) (python string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs nbgrader")
	}
	python, err := findPython(".")
	if errors.Is(err, ErrNoPython) {
		t.Skip(err)
	}
	return python
}

func commandIn(t testing.TB, folder, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = folder
	return cmd
}

// handInPS1 puts a notebook into submitted/ of a course: ps1 as it is in source/.
func handInPS1(t testing.TB, course, student string) (file string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(course, "source", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(course, "submitted", student, "ps1")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(folder, "ps1.ipynb")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// exampleResult is a result of a new course's ps1: the first test passed, the
// hidden one did not.
func exampleResult(student string) Result {
	return Result{
		Course: "go-101", Assignment: "ps1", Student: student, Score: 1, MaxScore: 3, ToGrade: 1, Inputs: "v1-" + student,
		Submitted: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
		Notebooks: []NotebookResult{{Name: "ps1", Exercises: []ExerciseResult{{
			Name: "in-order", Cell: "in-order-tests", Score: 1, MaxScore: 3,
			Tests: []TestResult{
				{Name: "TestInOrderKeepsOrder", Asks: "The results are in the order of the functions.", Points: 1, MaxPoints: 1, Status: Passed},
				{Name: "TestInOrderOverlaps", Hidden: true, MaxPoints: 2, Status: Failed, Messages: []string{"three functions of 1 s each took 3s; at the same time they take 1 s"}},
			},
		}}}},
	}
}

// nbgraderGrades are the rows of nbgrader's own export, by student.
func nbgraderGrades(t testing.TB, python, course string) map[string]map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "grades.csv")
	export := commandIn(t, course, python, "-I", "-m", "nbgrader", "export", "--to="+file)
	if out, err := export.CombinedOutput(); err != nil {
		t.Fatalf("nbgrader export: %v\n%s", err, out)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	grades := map[string]map[string]string{}
	for _, row := range rows[1:] {
		named := map[string]string{}
		for i, column := range rows[0] {
			named[column] = row[i]
		}
		grades[named["student_id"]] = named
	}
	return grades
}

func TestResultsAreInNbgradersGradebookAndItsNotebooks(t *testing.T) {
	python := needNbgrader(t)
	course := releasedCourse(t)
	for _, student := range []string{"ada", "ben", "cleo", "dan"} {
		handInPS1(t, course, student)
	}
	full := exampleResult("ada")
	full.Score, full.Penalty, full.DaysLate = 2.5, 0.5, 1
	full.Notebooks[0].Exercises[0].Score = 3
	zero := exampleResult("cleo")
	zero.Score = 0
	zero.Notebooks[0].Exercises[0].Score = 0
	zero.Notebooks[0].Exercises[0].Problems = []Problem{{Kind: Refused, Text: "os.Exit \x1b[31mis\x1b[0m refused"}}
	unreadable := exampleResult("dan")
	unreadable.Score = 0
	unreadable.Notebooks[0].Exercises[0].Score = 0
	unreadable.Notebooks[0].Problems = []Problem{{Kind: Broken, Text: "ps1.ipynb is not JSON"}}
	if err := os.WriteFile(filepath.Join(course, "submitted", "dan", "ps1", "ps1.ipynb"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	results := []Result{full, exampleResult("ben"), zero, unreadable}
	// No release, no gradebook: a checkout as it was cloned but for what was handed in.
	if err := os.Remove(filepath.Join(course, "gradebook.db")); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteGradebook(t.Context(), course, results); err != nil {
		t.Fatal(err)
	}

	got := nbgraderGrades(t, python, course)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"ada", "ben", "cleo", "dan"}) {
		t.Fatalf("the gradebook has the students %v", names)
	}
	for student, want := range map[string]string{"ada": "2.5", "ben": "1.0", "cleo": "0.0", "dan": "0.0"} {
		if got[student]["score"] != want || got[student]["max_score"] != "4.0" {
			t.Errorf("%s has %s of %s, not %s of 4.0", student, got[student]["score"], got[student]["max_score"], want)
		}
	}
	if penalty := got["ada"]["late_submission_penalty"]; penalty != "0.5" {
		t.Errorf("a late day cost %s, not 0.5", penalty)
	}

	text, err := os.ReadFile(filepath.Join(course, "autograded", "cleo", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0 of 3 points", "os.Exit is refused", "all.Go(func()", "BEGIN HIDDEN TESTS"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the autograded notebook lacks %q", want)
		}
	}
	if strings.Contains(string(text), `\u001b`) {
		t.Error("the autograded notebook has an escape sequence in it")
	}
}

func TestTakingInTheSameResultAgainKeepsWhatAPersonGraded(t *testing.T) {
	python := needNbgrader(t)
	course := releasedCourse(t)
	handInPS1(t, course, "ada")
	results := []Result{exampleResult("ada")}
	for range 2 {
		if _, err := WriteGradebook(t.Context(), course, results); err != nil {
			t.Fatal(err)
		}
		grade := commandIn(t, course, python, "-I", "-c", `
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as g:
    grade = g.find_grade("in-order-why", "ps1", "ps1", "ada")
    print(grade.manual_score, grade.needs_manual_grade)
    grade.manual_score, grade.needs_manual_grade = 1, False
    g.db.commit()`)
		out, err := grade.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("before: %s", out)
	}
	if got := nbgraderGrades(t, python, course)["ada"]["score"]; got != "2.0" {
		t.Errorf("after the second time ada has %s points, not 2.0", got)
	}
	// Another result asks for the person again.
	results[0].Inputs, results[0].Score = "v2", 0
	results[0].Notebooks[0].Exercises[0].Score = 0
	if _, err := WriteGradebook(t.Context(), course, results); err != nil {
		t.Fatal(err)
	}
	if got := nbgraderGrades(t, python, course)["ada"]["score"]; got != "1.0" {
		t.Errorf("after a new result ada has %s points, not the 1.0 given by hand", got)
	}
}

func TestANotebookThatNbgraderCantTakeKeepsNoGradeOut(t *testing.T) {
	python := needNbgrader(t)
	course := releasedCourse(t)
	file := handInPS1(t, course, "eve")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Half of a surrogate pair: JSON, but no text that can be written.
	hostile := strings.Replace(string(text), "# ps1:", `\ud800 # ps1:`, 1)
	if err := os.WriteFile(file, []byte(hostile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteGradebook(t.Context(), course, []Result{exampleResult("eve")}); err != nil {
		t.Fatal(err)
	}
	if got := nbgraderGrades(t, python, course)["eve"]["score"]; got != "1.0" {
		t.Errorf("eve has %s points, not 1.0", got)
	}
}

func TestAGradebookThatCantBeWrittenIsAnErrorThatNamesTheStudent(t *testing.T) {
	needNbgrader(t)
	course := releasedCourse(t)
	handInPS1(t, course, "ada")
	if err := os.WriteFile(filepath.Join(course, "autograded"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := WriteGradebook(t.Context(), course, []Result{exampleResult("ada")})
	if err == nil || !strings.Contains(err.Error(), "ada, ps1: ") {
		t.Errorf("the error is %v", err)
	}
}

// The settings of .venv route nbgrader's own commands to bin/coursework.
func TestNbgradersOwnCommandsUseOurGraderAndOurFeedback(t *testing.T) {
	python := needNbgrader(t)
	if _, err := os.Stat("../../../bin/coursework"); err != nil {
		t.Skip("bin/coursework is missing: ./install.sh prepare makes it")
	}
	course := releasedCourse(t)
	handInPS1(t, course, "ada")
	file := handInPS1(t, course, "eve")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// By itself nbgrader gives all points to a program that just ends.
	cheat := strings.Replace(string(text), "all.Wait()", "os.Exit(0)", 1)
	if err := os.WriteFile(file, []byte(cheat), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"autograde", "generate_feedback"} {
		cmd := commandIn(t, course, python, "-I", "-m", "nbgrader", command, "ps1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("nbgrader %s: %v\n%s", command, err, out)
		}
	}
	got := nbgraderGrades(t, python, course)
	if ada, eve := got["ada"]["score"], got["eve"]["score"]; ada != "3.0" || eve != "0.0" {
		t.Errorf("the right answer has %s points, and os.Exit(0) %s", ada, eve)
	}
	page, err := os.ReadFile(filepath.Join(course, "feedback", "ada", "ps1", "ps1.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "Content-Security-Policy") || strings.Contains(string(page), "BEGIN HIDDEN") {
		t.Errorf("the feedback is not ours:\n%.500s", page)
	}
}

// BenchmarkGradebook takes in a class of 100.
//
//	go test -run '^$' -bench Gradebook -benchtime 1x ./kernel-helpers/internal/coursework
func BenchmarkGradebook(b *testing.B) {
	needNbgrader(b)
	course := filepath.Join(b.TempDir(), "course")
	if err := NewCourse(course); err != nil {
		b.Fatal(err)
	}
	var results []Result
	for i := range 100 {
		student := fmt.Sprintf("student%d", i)
		handInPS1(b, course, student)
		results = append(results, exampleResult(student))
	}
	mustRelease(b, course)
	run := 0
	for b.Loop() {
		run++
		for i := range results {
			results[i].Inputs = fmt.Sprint(run)
		}
		if _, err := WriteGradebook(b.Context(), course, results); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*len(results)), "s/submission")
}

func TestAnAnswerOfPythonThatIsTooLongIsAnErrorAndNoWait(t *testing.T) {
	checkout := t.TempDir()
	python := filepath.Join(checkout, ".venv", "bin", "python")
	if err := os.MkdirAll(filepath.Dir(python), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		filepath.Join(checkout, "go.mod"): "module " + modulePath + "\n",
		python:                            "#!/bin/sh\nread line\nhead -c 3000000 /dev/zero | tr '\\0' x\nexec cat\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := WriteGradebook(ctx, checkout, []Result{exampleResult("ada")}); !errors.Is(err, bufio.ErrTooLong) || !strings.Contains(err.Error(), "ada") {
		t.Errorf("the error is %v", err)
	}
}
