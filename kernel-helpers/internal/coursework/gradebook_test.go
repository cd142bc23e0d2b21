package coursework

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/nbgrader"
)

// handInPS1 submits ps1 as it is in source/, and returns the file in submitted/.
func handInPS1(t testing.TB, dir, student string) (file string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "source", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "submitted", student, "ps1")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(folder, "ps1.ipynb")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// nbgraderGrades returns the rows of nbgrader's own export, by student.
func nbgraderGrades(t testing.TB, python, dir string) map[string]map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "grades.csv")
	export := coursetest.CommandIn(t, dir, python, "-I", "-m", "nbgrader", "export", "--to="+file)
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
	python := coursetest.NeedPython(t)
	dir := releasedCourse(t)
	for _, student := range []string{"ada", "ben", "cleo", "dan"} {
		handInPS1(t, dir, student)
	}
	full := coursetest.ExampleResult("ada")
	full.Score, full.Penalty, full.DaysLate = 2.5, 0.5, 1
	full.Notebooks[0].Exercises[0].Score = 3
	zero := coursetest.ExampleResult("cleo")
	zero.Score = 0
	zero.Notebooks[0].Exercises[0].Score = 0
	zero.Notebooks[0].Exercises[0].Problems = []course.Problem{{Kind: course.Refused, Text: "os.Exit \x1b[31mis\x1b[0m refused"}}
	unreadable := coursetest.ExampleResult("dan")
	unreadable.Score = 0
	unreadable.Notebooks[0].Exercises[0].Score = 0
	unreadable.Notebooks[0].Problems = []course.Problem{{Kind: course.Broken, Text: "ps1.ipynb is not JSON"}}
	if err := os.WriteFile(filepath.Join(dir, "submitted", "dan", "ps1", "ps1.ipynb"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	results := []course.Result{full, coursetest.ExampleResult("ben"), zero, unreadable}
	// Without a gradebook, this is a fresh clone plus what was handed in.
	if err := os.Remove(filepath.Join(dir, "gradebook.db")); err != nil {
		t.Fatal(err)
	}
	if _, err := nbgrader.WriteGradebook(t.Context(), dir, results); err != nil {
		t.Fatal(err)
	}

	got := nbgraderGrades(t, python, dir)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"ada", "ben", "cleo", "dan"}) {
		t.Fatalf("got the students %v, want ada, ben, cleo and dan", names)
	}
	for student, want := range map[string]string{"ada": "2.5", "ben": "1.0", "cleo": "0.0", "dan": "0.0"} {
		if got[student]["score"] != want || got[student]["max_score"] != "4.0" {
			t.Errorf("%s: got %s of %s points, want %s of 4.0", student, got[student]["score"], got[student]["max_score"], want)
		}
	}
	if penalty := got["ada"]["late_submission_penalty"]; penalty != "0.5" {
		t.Errorf("got a penalty of %s, want 0.5", penalty)
	}

	text, err := os.ReadFile(filepath.Join(dir, "autograded", "cleo", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0 of 3 points", "os.Exit is refused", "all.Go(func()", "BEGIN HIDDEN TESTS"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("got an autograded notebook without %q, want it", want)
		}
	}
	if strings.Contains(string(text), `\u001b`) {
		t.Error("got an escape sequence in the autograded notebook, want none")
	}
}

func TestRecordingTheSameResultAgainKeepsWhatAPersonGraded(t *testing.T) {
	longtest.Only(t)
	python := coursetest.NeedPython(t)
	dir := releasedCourse(t)
	handInPS1(t, dir, "ada")
	results := []course.Result{coursetest.ExampleResult("ada")}
	for range 2 {
		if _, err := nbgrader.WriteGradebook(t.Context(), dir, results); err != nil {
			t.Fatal(err)
		}
		grade := coursetest.CommandIn(t, dir, python, "-I", "-c", `
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
	if got := nbgraderGrades(t, python, dir)["ada"]["score"]; got != "2.0" {
		t.Errorf("after the second time: got %s points for ada, want 2.0", got)
	}
	// After another result, a person has to grade again.
	results[0].Inputs, results[0].Score = "v2", 0
	results[0].Notebooks[0].Exercises[0].Score = 0
	if _, err := nbgrader.WriteGradebook(t.Context(), dir, results); err != nil {
		t.Fatal(err)
	}
	if got := nbgraderGrades(t, python, dir)["ada"]["score"]; got != "1.0" {
		t.Errorf("after a new result: got %s points for ada, want the 1.0 given by hand", got)
	}
}

func TestANotebookThatNbgraderRefusesStillGetsItsGrade(t *testing.T) {
	longtest.Only(t)
	python := coursetest.NeedPython(t)
	dir := releasedCourse(t)
	file := handInPS1(t, dir, "eve")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Half of a surrogate pair is valid JSON, but can't be written as UTF-8.
	hostile := strings.Replace(string(text), "# ps1:", `\ud800 # ps1:`, 1)
	if err := os.WriteFile(file, []byte(hostile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := nbgrader.WriteGradebook(t.Context(), dir, []course.Result{coursetest.ExampleResult("eve")}); err != nil {
		t.Fatal(err)
	}
	if got := nbgraderGrades(t, python, dir)["eve"]["score"]; got != "1.0" {
		t.Errorf("got %s points for eve, want 1.0", got)
	}
}

func TestAGradebookThatCantBeWrittenIsAnErrorThatNamesTheStudent(t *testing.T) {
	coursetest.NeedPython(t)
	dir := releasedCourse(t)
	handInPS1(t, dir, "ada")
	if err := os.WriteFile(filepath.Join(dir, "autograded"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := nbgrader.WriteGradebook(t.Context(), dir, []course.Result{coursetest.ExampleResult("ada")})
	if err == nil || !strings.Contains(err.Error(), "ada, ps1: ") {
		t.Errorf("got the error %v, want one that names ada and ps1", err)
	}
}

// The settings of .venv route nbgrader's own commands to bin/coursework.
func TestNbgradersOwnCommandsUseOurGraderAndOurFeedback(t *testing.T) {
	longtest.Only(t)
	python := coursetest.NeedPython(t)
	if _, err := os.Stat("../../../bin/coursework"); err != nil {
		t.Skip("bin/coursework is missing: ./install.sh prepare makes it")
	}
	dir := releasedCourse(t)
	handInPS1(t, dir, "ada")
	file := handInPS1(t, dir, "eve")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// nbgrader's own autograder gives full points to a program that just exits.
	cheat := strings.Replace(string(text), "all.Wait()", "os.Exit(0)", 1)
	if err := os.WriteFile(file, []byte(cheat), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"autograde", "generate_feedback"} {
		cmd := coursetest.CommandIn(t, dir, python, "-I", "-m", "nbgrader", command, "ps1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("nbgrader %s: %v\n%s", command, err, out)
		}
	}
	got := nbgraderGrades(t, python, dir)
	if ada, eve := got["ada"]["score"], got["eve"]["score"]; ada != "3.0" || eve != "0.0" {
		t.Errorf("got %s points for the right answer and %s for os.Exit(0), want 3.0 and 0.0", ada, eve)
	}
	page, err := os.ReadFile(filepath.Join(dir, "feedback", "ada", "ps1", "ps1.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "Content-Security-Policy") || strings.Contains(string(page), "BEGIN HIDDEN") {
		t.Errorf("got this feedback, want ours:\n%.500s", page)
	}
}

// BenchmarkGradebook records a class of 100.
//
//	go test -run '^$' -bench Gradebook -benchtime 1x ./kernel-helpers/internal/coursework
func BenchmarkGradebook(b *testing.B) {
	coursetest.NeedPython(b)
	dir := filepath.Join(b.TempDir(), "course")
	if err := NewCourse(dir); err != nil {
		b.Fatal(err)
	}
	var results []course.Result
	for i := range 100 {
		student := fmt.Sprintf("student%d", i)
		handInPS1(b, dir, student)
		results = append(results, coursetest.ExampleResult(student))
	}
	mustRelease(b, dir)
	run := 0
	for b.Loop() {
		run++
		for i := range results {
			results[i].Inputs = fmt.Sprint(run)
		}
		if _, err := nbgrader.WriteGradebook(b.Context(), dir, results); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*len(results)), "s/submission")
}
