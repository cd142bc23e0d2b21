package coursework

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/nbgrader"
)

// askGradebook runs a program of Python with the gradebook g and returns what it prints.
func askGradebook(t *testing.T, python, dir, program string) string {
	t.Helper()
	cmd := coursetest.CommandIn(t, dir, python, "-I", "-c", "from nbgrader.api import Gradebook\nwith Gradebook('sqlite:///gradebook.db') as g:\n    "+strings.ReplaceAll(program, "\n", "\n    "))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestARegradeChangesWhatChangedAndNothingElse(t *testing.T) {
	python := coursetest.NeedPython(t)
	dir := releasedCourse(t)
	file := handInPS1(t, dir, "ada")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	cells := doc["cells"].([]any)
	for _, c := range cells {
		c := c.(map[string]any)
		if coursetest.GradeID(c) == "in-order-why" {
			c["source"] = "It waits. <script>alert(1)</script>"
			twin := map[string]any{"id": "twin", "cell_type": "markdown", "source": "And a copy.", "metadata": c["metadata"]}
			doc["cells"] = append(cells, twin)
		}
	}
	if text, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	results := []course.Result{coursetest.ExampleResult("ada")}
	write := func() {
		t.Helper()
		if _, err := nbgrader.WriteGradebook(t.Context(), dir, results); err != nil {
			t.Fatal(err)
		}
	}
	write()
	autograded, err := os.ReadFile(filepath.Join(dir, "autograded", "ada", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"It waits.": true, "And a copy.": true, "alert(1)": true, "<script": false} {
		if got := strings.Contains(string(autograded), text); got != want {
			t.Errorf("the autograded notebook has %q: got %t, want %t", text, got, want)
		}
	}
	const mark = `n = "in-order-why", "ps1", "ps1", "ada"
grade = g.find_grade(*n)
`
	askGradebook(t, python, dir, mark+`assert grade.needs_manual_grade
grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 0.5, 0.25, False
g.find_comment(*n).manual_comment = "well seen"
g.db.commit()`)
	// Another result and other points for the tests, for the same answer in words.
	results[0].Inputs, results[0].Score = "v2", 2
	results[0].Notebooks[0].Exercises[0].Score = 2
	source := filepath.Join(dir, "source", "ps1", "ps1.ipynb")
	if text, err = os.ReadFile(source); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(source, []byte(strings.Replace(string(text), `"points": 3`, `"points": 5`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	write()
	const ask = mark + `s = g.find_submission("ps1", "ada")
print(grade.manual_score, grade.extra_credit, grade.needs_manual_grade, g.find_comment(*n).manual_comment, s.score, s.max_score)`
	if got, want := askGradebook(t, python, dir, ask), "0.5 0.25 False well seen 2.75 6.0"; got != want {
		t.Errorf("after a regrade: got %q, want %q", got, want)
	}
	// Another answer in words has to be graded again, from what it had.
	if text, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "It waits.", "It races.", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	results[0].Inputs = "v3"
	write()
	if got, want := askGradebook(t, python, dir, ask), "0.5 0.25 True well seen 2.75 6.0"; got != want {
		t.Errorf("after another answer: got %q, want %q", got, want)
	}
}
