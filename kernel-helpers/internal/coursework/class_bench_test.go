package coursework

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/nbgrader"
)

// stockSettings restore nbgrader's own autograding, which runs the notebook in the
// kernel.
const stockSettings = `
c.Autograde.autograde_preprocessors = ["nbgrader.preprocessors." + name for name in
    ["Execute", "LimitOutput", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata"]]
`

// BenchmarkClassBesideNbgrader grades a class with Grade and WriteGradebook, and
// then with nbgrader's own autograde, which runs the notebooks in the kernel one by
// one. -benchtime sets the size of the class:
//
//	go test -run '^$' -bench ClassBesideNbgrader -benchtime 10x ./kernel-helpers/internal/coursework
//
// All answers differ, so no result serves two students.
func BenchmarkClassBesideNbgrader(b *testing.B) {
	python := coursetest.NeedPython(b)
	if b.N == 1 {
		return // the testing package first tries N = 1
	}
	from := filepath.Join("..", "..", "..", "notebooks", "coursework")
	ours, theirs := ps1Class(b, from, b.N, all), ps1Class(b, from, b.N, all)
	settings, err := os.OpenFile(filepath.Join(theirs, "nbgrader_config.py"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	_, err = settings.WriteString(stockSettings)
	if closeErr := settings.Close(); err != nil || closeErr != nil {
		b.Fatal(err, closeErr)
	}
	c, err := Open(ours)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()

	start := time.Now()
	results, err := gradeAll(b.Context(), c, "ps1", GradeOptions{})
	if err != nil {
		b.Fatal(err)
	}
	graded := time.Since(start)
	if _, err := nbgrader.WriteGradebook(b.Context(), ours, results); err != nil {
		b.Fatal(err)
	}
	our := time.Since(start)

	start = time.Now()
	stock := coursetest.CommandIn(b, theirs, python, "-I", "-m", "nbgrader", "autograde", "ps1")
	if out, err := stock.CombinedOutput(); err != nil {
		b.Fatalf("nbgrader autograde: %v\n%.4000s", err, out)
	}
	their := time.Since(start)
	b.StopTimer()

	compareScores(b, results, nbgraderGrades(b, python, theirs))
	n := time.Duration(b.N)
	b.Logf("a class of %d: Grade %v a submission, with the gradebook %v; nbgrader autograde %v: %.1f×",
		b.N, (graded / n).Round(time.Millisecond), (our / n).Round(time.Millisecond), (their / n).Round(time.Millisecond), their.Seconds()/our.Seconds())
	b.ReportMetric(their.Seconds()/our.Seconds(), "×")
	b.ReportMetric(our.Seconds()/float64(b.N), "s/ours")
	b.ReportMetric(their.Seconds()/float64(b.N), "s/nbgrader")
}

// all is for classes that answer every exercise.
func all(string) bool { return true }

// compareScores checks that both sides did the work: students with full points
// from us have them from nbgrader too, which gives all or none for a cell.
func compareScores(b *testing.B, results []course.Result, theirs map[string]map[string]string) {
	b.Helper()
	full := 0
	for _, r := range results {
		if r.Score < r.MaxScore {
			continue
		}
		full++
		if got := theirs[r.Student]["score"]; got != fmt.Sprintf("%.1f", r.MaxScore) {
			b.Errorf("%s: got %s points from nbgrader, want %v as from us", r.Student, got, r.MaxScore)
		}
	}
	if full == 0 || full == len(results) {
		b.Errorf("got full points for %d of %d, want some and not all", full, len(results))
	}
}

// ps1Class makes a course in which n students handed in ps1 of the course in a folder.
// Every third has right answers, the others have a mutant or two of this checkout's.
// Exercises for which answered is false are as they were handed out.
func ps1Class(b *testing.B, from string, n int, answered func(exercise string) bool) (dir string) {
	b.Helper()
	dir = b.TempDir()
	for _, name := range []string{filepath.Join("source", "ps1", "ps1.ipynb"), course.SettingsFile, "nbgrader_config.py"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o644)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	mustRelease(b, dir)
	sheet, err := course.ReadNotebook(filepath.Join(dir, "source", "ps1", "ps1.ipynb"))
	if err != nil {
		b.Fatal(err)
	}
	released, err := os.ReadFile(filepath.Join(dir, "release", "ps1", "ps1.ipynb"))
	if err != nil {
		b.Fatal(err)
	}
	mutants := map[string][]course.Mutant{}
	for _, e := range sheet.Exercises {
		if mutants[e.Name], err = course.ReadMutants(filepath.Join(coursetest.CourseDir(b), "mutants", "ps1", "ps1", e.Name), e); err != nil {
			b.Fatal(err)
		}
	}
	for i := range n {
		student := fmt.Sprintf("student-%03d", i)
		answers := map[string]string{}
		for j, e := range sheet.Exercises {
			if !answered(e.Name) {
				continue
			}
			texts := e.Answers
			if i%3 > 0 && (i+j)%3 == 0 {
				texts = mutants[e.Name][i%len(mutants[e.Name])].Answers
			}
			for _, a := range texts {
				answers[a.Cell] = strings.TrimRight(a.Text, "\n") + "\n\n// by " + student + "\n"
			}
		}
		folder := filepath.Join(dir, "submitted", student, "ps1")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "ps1.ipynb"), fillIpynb(b, released, answers), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// fillIpynb puts answers, by grade_id, into a notebook.
func fillIpynb(b *testing.B, text []byte, answers map[string]string) []byte {
	b.Helper()
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		b.Fatal(err)
	}
	for _, c := range doc["cells"].([]any) {
		cell := c.(coursetest.Cell)
		if answer, ok := answers[coursetest.GradeID(cell)]; ok {
			cell["source"] = answer
		}
	}
	filled, err := json.Marshal(doc)
	if err != nil {
		b.Fatal(err)
	}
	return filled
}
