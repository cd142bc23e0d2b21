package feedback

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

//go:embed page
var files embed.FS

var templates = template.Must(template.New("feedback").Funcs(template.FuncMap{
	"answers": numberedAnswers,
	"days":    func(n int) string { return plural(n, "day") },
	"drawing": func(r course.Run) *picture {
		if len(r.Calls) == 0 {
			return nil
		}
		p := drawRun(r)
		return &p
	},
	"kind":     kindWords,
	"line":     oneLine,
	"lines":    func(text string) bool { return strings.Contains(text, "\n") },
	"messages": shownMessages,
	"passed":   passedTests,
	"place":    course.Problem.Place,
	"points":   formatPoints,
	"status":   statusWords,
	"style": func() (template.CSS, error) {
		css, err := files.ReadFile("page/page.css")
		return template.CSS(css), err // our own
	},
	"text":  untrusted.Clean,
	"waits": drawWaits,
}).ParseFS(files, "page/*.tmpl"))

// page is what the feedback on one notebook shows.
type page struct {
	Result   course.Result
	Notebook course.NotebookResult
	Name     string
	Problems []course.Problem // of the submission and of the notebook
	Standing course.Standing  // with the marks of this notebook
}

// renderHTML returns the feedback as an HTML page.
func (p page) renderHTML() ([]byte, error) {
	var b bytes.Buffer
	err := templates.ExecuteTemplate(&b, "page.html.tmpl", p)
	return b.Bytes(), err
}

// HandedIn says when the submission was handed in, or returns "" if that is
// unknown.
func (p page) HandedIn() string {
	if p.Result.Submitted.IsZero() {
		return ""
	}
	return p.Result.Submitted.UTC().Format("2 January 2006 at 15:04 UTC")
}

// ByHand says what a person grades, and what that came to so far.
func (p page) ByHand() string {
	waits := func(m course.Mark) bool { return m.MaxScore > 0 && !m.Graded }
	graded := func(m course.Mark) bool { return m.MaxScore > 0 && m.Graded }
	marks := p.Standing.Marks
	switch {
	case slices.ContainsFunc(marks, graded) && !slices.ContainsFunc(marks, waits):
		return fmt.Sprintf("With the points for the answers in words: %s of %s.", formatPoints(p.Standing.Score), formatPoints(p.Standing.MaxScore))
	case p.Result.ToGrade > 0:
		return fmt.Sprintf("A person grades the answers in words, for up to %s points more.", formatPoints(p.Result.ToGrade))
	}
	return ""
}

// answerLines is an answer cell with numbered lines, as messages count them.
type answerLines struct {
	Cell  string
	Lines []answerLine
}

type answerLine struct {
	Number int
	Text   string
	Marked bool // a problem names it
}

// numberedAnswers returns the answers to an exercise.
func numberedAnswers(e course.ExerciseResult) []answerLines {
	type place struct {
		cell string
		line int
	}
	marked := map[place]bool{}
	for _, p := range e.Problems {
		marked[place{p.Cell, p.Line}] = true
	}
	var cells []answerLines
	for _, a := range e.Answer {
		cell := answerLines{Cell: a.Cell}
		for i, text := range strings.Split(strings.TrimRight(untrusted.Clean(a.Source), "\n"), "\n") {
			cell.Lines = append(cell.Lines, answerLine{Number: i + 1, Text: text, Marked: marked[place{a.Cell, i + 1}]})
		}
		cells = append(cells, cell)
	}
	return cells
}
