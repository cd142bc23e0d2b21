package course_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

type testCell = map[string]any

func marked(kind, id, source string, grade, solution, locked bool) testCell {
	return testCell{"id": "c-" + id, "cell_type": kind, "source": source, "metadata": testCell{"nbgrader": testCell{
		"grade_id": id, "grade": grade, "solution": solution, "locked": locked, "points": 1, "schema_version": 3, "cell_type": kind}}}
}

func plain(kind, source string) testCell {
	return testCell{"id": "p" + source[:1], "cell_type": kind, "source": source, "metadata": testCell{}}
}

func notebookOf(t *testing.T, cells ...testCell) []byte {
	t.Helper()
	for _, c := range cells {
		if c["cell_type"] == "code" {
			c["outputs"], c["execution_count"] = []any{}, nil
		}
	}
	text, err := json.Marshal(testCell{"cells": cells, "metadata": testCell{}, "nbformat": 4, "nbformat_minor": 5})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const (
	rightAdd = "func Add(a, b int) int {\n\treturn a + b\n}"
	addTests = "%test\n// TestAdd adds.\n// Points: 1\nfunc TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Error(3)\n\t}\n}"
	why      = "Because goroutines share memory."
)

func smallCourse(t *testing.T) *course.Notebook {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nb.ipynb")
	text := notebookOf(t, plain("markdown", "# A course's own text, which is longer than forty bytes"),
		marked("code", "add", "// BEGIN SOLUTION\n"+rightAdd+"\n// END SOLUTION", false, true, false),
		marked("code", "add-tests", addTests, true, false, true), plain("markdown", "Why does it race?"),
		marked("markdown", "why", "the solution", true, true, false))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	nb, err := course.ReadNotebook(file)
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

// submittedCells are a right submission's cells.
func submittedCells() []testCell {
	return []testCell{plain("markdown", "# A course's own text, which is longer than forty bytes"), marked("code", "add", rightAdd, false, true, false),
		marked("code", "add-tests", addTests, true, false, true), plain("markdown", "Why does it race?"), marked("markdown", "why", why, true, true, false)}
}

func TestTamperedNotebooksKeepTheirAnswersAndSaySo(t *testing.T) {
	half, rest, _ := strings.Cut(rightAdd, "\n")
	insert := func(at int, c ...testCell) func([]testCell) []testCell {
		return func(cells []testCell) []testCell { return slices.Insert(cells, at, c...) }
	}
	replace := func(at int, c ...testCell) func([]testCell) []testCell {
		return func(cells []testCell) []testCell { return slices.Replace(cells, at, at+1, c...) }
	}
	for name, c := range map[string]struct {
		edit  func([]testCell) []testCell
		check string // the cell that a person has to look at, or ""
	}{
		"unchanged":            {func(cells []testCell) []testCell { return cells }, ""},
		"moved":                {func(cells []testCell) []testCell { slices.Reverse(cells); return cells }, ""},
		"written copied":       {insert(5, marked("markdown", "why", "More.", true, true, false)), "why"},
		"written same twice":   {insert(5, marked("markdown", "why", why, true, true, false)), "why"},
		"written stub copied":  {insert(5, marked("markdown", "why", "YOUR ANSWER HERE", true, true, false)), "why"},
		"written split":        {replace(4, marked("markdown", "why", "Because goroutines", true, true, false), marked("markdown", "why", "share memory.", true, true, false)), "why"},
		"written to code":      {replace(4, marked("code", "why", why, true, true, false)), "why"},
		"written to raw":       {replace(4, marked("raw", "why", why, true, true, false)), "why"},
		"written unknown type": {replace(4, marked("heading", "why", why, true, true, false)), "why"},
		"written lost mark":    {replace(4, plain("markdown", why)), "why"},
		"written pasted below": {replace(4, marked("markdown", "why", "YOUR ANSWER HERE", true, true, false), plain("markdown", why)), "why"},
		"code same twice":      {insert(2, marked("code", "add", rightAdd, false, true, false)), ""},
		"code stub below":      {insert(2, marked("code", "add", "// YOUR CODE HERE\npanic(\"not implemented\")", false, true, false)), ""},
		"code split":           {replace(1, marked("code", "add", half, false, true, false), marked("code", "add", rest, false, true, false)), "add"},
		"code split, lost":     {replace(1, marked("code", "add", half, false, true, false), plain("code", rest)), "add"},
		"code lost mark":       {replace(1, plain("code", rightAdd)), "add"},
		"code at the end":      {func(cells []testCell) []testCell { return append(slices.Delete(cells, 1, 2), plain("code", rightAdd)) }, "add"},
		"code to markdown":     {replace(1, marked("markdown", "add", rightAdd, false, true, false)), "add"},
		"merged with the tests": {func(cells []testCell) []testCell {
			return slices.Replace(cells, 1, 3, marked("code", "add", rightAdd+"\n\n"+addTests, false, true, false))
		}, "add"},
		"helper above": {insert(1, plain("code", "var helper = 1")), ""},
		"no cell types": {func(cells []testCell) []testCell {
			for _, c := range cells {
				delete(c, "cell_type")
			}
			return cells
		}, ""},
		"schema of tomorrow": {func(cells []testCell) []testCell {
			for _, c := range cells {
				if m, marked := c["metadata"].(testCell)["nbgrader"].(testCell); marked {
					m["schema_version"], m["points"], m["grade"] = 99, "many", nil
				}
			}
			return cells
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			nb := smallCourse(t)
			s, err := course.ParseSubmitted(notebookOf(t, c.edit(submittedCells())...), nb)
			if err != nil {
				t.Fatal(err)
			}
			answers, missing := s.Answers(nb.Exercises[0])
			if len(missing) > 0 || !course.SameText(strings.ReplaceAll(answers[0].Text, "\n\n", "\n"), rightAdd) {
				t.Errorf("got the answer %v (missing %v), want %q", answers, missing, rightAdd)
			}
			text, err := s.Rebuild(nb)
			if err != nil {
				t.Fatal(err)
			}
			var got struct{ Cells []testCell }
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(got.Cells, func(c testCell) bool { return strings.Contains(string(mustJSON(t, c["metadata"])), `"why"`) })
			if source := strings.Join(strings.Fields(got.Cells[at]["source"].(string)), " "); !strings.Contains(source, why) || got.Cells[at]["cell_type"] != "markdown" {
				t.Errorf("got the written answer %v, want %q", got.Cells[at], why)
			}
			var want []string
			if c.check != "" {
				want = []string{c.check}
			}
			if !slices.Equal(s.Checks, want) {
				t.Errorf("got %q for a person to look at, want %q: %v", s.Checks, want, s.Problems)
			}
		})
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestADeletedWrittenAnswerIsReported(t *testing.T) {
	nb := smallCourse(t)
	s, err := course.ParseSubmitted(notebookOf(t, submittedCells()[:4]...), nb)
	if err != nil || !slices.Equal(s.Checks, []string{"why"}) || s.Problems[0].Kind != course.Check {
		t.Errorf("got %v (%v), want that a person looks at why", s.Problems, err)
	}
}

func TestNothingActiveOfAStudentIsInTheRebuiltNotebook(t *testing.T) {
	nb := smallCourse(t)
	evil := "<script>alert(1)</script> [x](javascript:alert(1))"
	cells := submittedCells()
	cells[4]["source"] = why + evil
	cells[4]["attachments"] = testCell{"x.svg": testCell{"image/svg+xml": evil}}
	cells[1]["metadata"].(testCell)["magics_language"] = evil
	cells = append(cells, plain("raw", evil), plain("markdown", "y"+evil), plain("heading", "z"+evil))
	text := notebookOf(t, cells...)
	text = []byte(strings.Replace(string(text), `"metadata":{},"nbformat"`, `"metadata":{"language_info":{"pygments_lexer":"<script>"},"widgets":{"x":"javascript:"}},"nbformat"`, 1))
	s, err := course.ParseSubmitted(text, nb)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Rebuild(nb)
	if err != nil {
		t.Fatal(err)
	}
	plainText := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(got))
	for _, active := range []string{"<script", "javascript:", "svg+xml", "magics", "widgets", `"raw"`} {
		if strings.Contains(plainText, active) {
			t.Errorf("got a notebook with %q:\n%s", active, plainText)
		}
	}
	if n := strings.Count(plainText, "alert(1)"); n != 8 {
		t.Errorf("got the student's text %d times, want 8: it stays readable", n)
	}
}

func TestOlderNotebookFormatsAndAByteOrderMarkAreRead(t *testing.T) {
	nb := smallCourse(t)
	cells := string(mustJSON(t, submittedCells()))
	for _, text := range []string{
		`{"worksheets":[{"cells":` + strings.ReplaceAll(cells, `"source":"func`, `"input":"func`) + `}],"nbformat":3}`,
		"\xef\xbb\xbf" + `{"cells":` + cells + `,"nbformat":99,"nbformat_minor":"x"}`,
	} {
		s, err := course.ParseSubmitted([]byte(text), nb)
		if err != nil {
			t.Errorf("%.30q: %v", text, err)
			continue
		}
		if answers, missing := s.Answers(nb.Exercises[0]); len(missing) > 0 || answers[0].Text != rightAdd {
			t.Errorf("%.30q: got %v, want the answer", text, answers)
		}
	}
}
