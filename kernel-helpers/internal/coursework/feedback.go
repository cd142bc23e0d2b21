package coursework

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

//go:embed feedback
var feedbackFiles embed.FS

var feedbackTemplates = template.Must(template.New("feedback").Funcs(template.FuncMap{
	"answers": numbered,
	"days":    func(n int) string { return plural(n, "day") },
	"drawing": func(r Run) *picture {
		if len(r.Calls) == 0 {
			return nil
		}
		p := drawRun(r)
		return &p
	},
	"kind":     kindWords,
	"lines":    func(text string) bool { return strings.Contains(text, "\n") },
	"messages": shownMessages,
	"line":     func(text string) string { return strings.Join(strings.Fields(Clean(text)), " ") },
	"passed":   passedTests,
	"place":    problemPlace,
	"points":   formatPoints,
	"status":   statusWords,
	"style": func() (template.CSS, error) {
		css, err := feedbackFiles.ReadFile("feedback/page.css")
		return template.CSS(css), err // ours
	},
	"text": Clean,
}).ParseFS(feedbackFiles, "feedback/*.tmpl"))

// feedbackPage is what the page of one notebook shows.
type feedbackPage struct {
	Result   Result
	Notebook NotebookResult
	Name     string
	Problems []Problem // of the whole submission and of the notebook
	Standing Standing  // the marks are those of this notebook
}

// WriteFeedback writes what a student gets back into
// feedback/STUDENT/ASSIGNMENT of the course, a page and a notebook for each
// notebook that was handed in, and returns the files' paths. standing is what
// [WriteGradebook] has returned, or the zero value.
//
// Of a hidden test the student sees the name, the messages and the points. All
// text is shown as text, whatever an answer has printed; the page runs nothing
// and loads nothing.
func WriteFeedback(course string, r Result, standing Standing) (paths []string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("coursework: feedback of %s for %s: %w", r.Assignment, r.Student, err)
		}
	}()
	root, err := os.OpenRoot(course) // no name and no link leads out of it
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := errors.Join(plainName(r.Assignment), oneFolder(r.Student)); err != nil {
		return nil, err
	}
	folder := filepath.Join("feedback", r.Student, r.Assignment)
	if err := root.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	for _, n := range r.Notebooks {
		if err := plainName(n.Name); err != nil {
			return paths, err
		}
		p := feedbackPage{
			Result:   r,
			Notebook: n,
			Name:     r.Assignment,
			Problems: allProblems(r, n),
			Standing: standing,
		}
		p.Standing.Marks = slices.DeleteFunc(slices.Clone(standing.Marks), func(m Mark) bool { return m.Notebook != n.Name })
		if len(r.Notebooks) > 1 {
			p.Name += ": " + n.Name
		}
		for ending, render := range map[string]func(feedbackPage) ([]byte, error){".html": renderPage, ".ipynb": renderNotebook} {
			text, err := render(p)
			if err != nil {
				return paths, err
			}
			name := filepath.Join(folder, n.Name+ending)
			if err := replaceFile(root, name, text, 0o644); err != nil {
				return paths, err
			}
			paths = append(paths, filepath.Join(course, name))
		}
	}
	slices.Sort(paths)
	return paths, keepForExchange(root, r, folder)
}

// keepForExchange copies what nbgrader's release_feedback asks for: when this was
// handed in, and the secret by which only its student finds it.
func keepForExchange(root *os.Root, r Result, folder string) error {
	for _, name := range []string{"timestamp.txt", "submission_secret.txt"} {
		text, err := openPlain(root, filepath.Join("submitted", r.Student, r.Assignment, name))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errBroken) {
			continue // it wasn't handed in through the exchange
		}
		if err == nil {
			err = replaceFile(root, filepath.Join(folder, name), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func renderPage(p feedbackPage) ([]byte, error) {
	var b bytes.Buffer
	err := feedbackTemplates.ExecuteTemplate(&b, "page.html.tmpl", p)
	return b.Bytes(), err
}

// HandedIn is when, or "" where that isn't known.
func (p feedbackPage) HandedIn() string {
	if p.Result.Submitted.IsZero() {
		return ""
	}
	return p.Result.Submitted.UTC().Format("2 January 2006 at 15:04 UTC")
}

// ByHand says what is graded by a person and where it stands.
func (p feedbackPage) ByHand() string {
	waits := func(m Mark) bool { return m.MaxScore > 0 && !m.Graded }
	graded := func(m Mark) bool { return m.MaxScore > 0 && m.Graded }
	marks := p.Standing.Marks
	switch {
	case slices.ContainsFunc(marks, graded) && !slices.ContainsFunc(marks, waits):
		return fmt.Sprintf("With the points for the answers in words: %s of %s.", formatPoints(p.Standing.Score), formatPoints(p.Standing.MaxScore))
	case p.Result.ToGrade > 0:
		return fmt.Sprintf("A person grades the answers in words, for up to %s points more.", formatPoints(p.Result.ToGrade))
	}
	return ""
}

// allProblems gathers what is amiss with a notebook, what costs most first.
func allProblems(r Result, n NotebookResult) []Problem {
	problems := slices.Concat(r.Problems, n.Problems)
	for _, e := range n.Exercises {
		problems = append(problems, e.Problems...)
	}
	order := []ProblemKind{Broken, Refused, Compile, Missing, Note}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	return slices.Compact(problems)
}

// shownMessages are a test's messages but for the probe's picture in letters,
// which is for notebooks: here the run is drawn, and of a hidden test it isn't.
func shownMessages(t TestResult) []string {
	return slices.DeleteFunc(slices.Clone(t.Messages), func(m string) bool { return strings.HasPrefix(m, "the calls over time:") })
}

func kindWords(k ProblemKind) string {
	switch k {
	case Note:
		return "Costs nothing"
	case Missing:
		return "Missing"
	case Compile:
		return "Does not compile"
	case Refused:
		return "Against the rules"
	case Broken:
		return "Not readable"
	}
	return Clean(string(k))
}

func statusWords(s Status) string {
	switch s {
	case Crashed:
		return "the program ended in it"
	case TimedOut:
		return "still running when its time was over"
	case Raced:
		return "a data race"
	case Limited:
		return "used more than is allowed"
	}
	return Clean(string(s))
}

func problemPlace(p Problem) string {
	where := Clean(p.Cell)
	if p.Line > 0 {
		where = strings.TrimPrefix(where+", ", ", ") + "line " + strconv.Itoa(p.Line)
	}
	return where
}

func passedTests(e ExerciseResult) int {
	passed := 0
	for _, t := range e.Tests {
		if t.Status == Passed {
			passed++
		}
	}
	return passed
}

// formatPoints writes points with as many decimals as they have, at most two.
func formatPoints(points float64) string {
	return strconv.FormatFloat(math.Round(points*100)/100, 'f', -1, 64)
}

// answerLines is an answer cell with its lines numbered, as messages count them.
type answerLines struct {
	Cell  string
	Lines []answerLine
}

type answerLine struct {
	Number int
	Text   string
	Marked bool // a problem names it
}

func numbered(e ExerciseResult) []answerLines {
	marked := map[Problem]bool{}
	for _, p := range e.Problems {
		marked[Problem{Cell: p.Cell, Line: p.Line}] = true
	}
	var cells []answerLines
	for _, a := range e.Answer {
		cell := answerLines{Cell: a.Cell}
		for i, text := range strings.Split(strings.TrimRight(Clean(a.Source), "\n"), "\n") {
			cell.Lines = append(cell.Lines, answerLine{Number: i + 1, Text: text, Marked: marked[Problem{Cell: a.Cell, Line: i + 1}]})
		}
		cells = append(cells, cell)
	}
	return cells
}

// oneFolder refuses what is no name of one folder, and no more, as results may
// come from elsewhere: a page shows any name as text.
func oneFolder(name string) error {
	if name == "." || !filepath.IsLocal(name) || filepath.Base(name) != name {
		return fmt.Errorf("%q is not the name of a folder", name)
	}
	return nil
}
