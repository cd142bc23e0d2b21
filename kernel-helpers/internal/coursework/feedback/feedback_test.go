package feedback

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/notebook"
)

// readFeedback writes the feedback on a result and returns its page and its
// notebook.
func readFeedback(t *testing.T, dir string, r course.Result, marks ...course.Mark) (page string, nb *notebook.Notebook) {
	t.Helper()
	paths, err := Write(dir, r, course.Standing{Score: 5, MaxScore: 14, Marks: marks})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "feedback", r.Student, "ps1")
	if want := filepath.Join(folder, "ps1.html"); len(paths) != 2 || paths[0] != want {
		t.Fatalf("got the files %v, want %s and its notebook", paths, want)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	nb, err = notebook.Read(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(text), nb
}

func TestFeedbackShowsWhatTestsAskAndMeasured(t *testing.T) {
	dir := t.TempDir()
	page, nb := readFeedback(t, dir, coursetest.FullResult("ada"), course.Mark{Notebook: "ps1", Cell: "why", Score: 1.5, MaxScore: 2, Graded: true, Comment: "Good, but say why."})
	var all strings.Builder
	for _, cell := range nb.Cells() {
		all.WriteString(cell.Source())
		for _, output := range cell.Outputs() {
			rich, _ := output.MimeText("text/html")
			plain, _ := output.MimeText("text/plain")
			all.WriteString(rich + plain)
		}
	}
	for name, text := range map[string]string{"page": html.UnescapeString(page), "notebook": html.UnescapeString(all.String())} {
		for _, want := range []string{
			"At most 5 downloads are in flight", "at most 3 downloads in flight, want 5", "TestPoolStopsAtAnError",
			"3 goroutines: waiting to send on results, line 5 of pool; 1 goroutine: waiting for wg", "pool, line 5", "WARNING: DATA RACE", "3 workers", "+xml;base64,", "At most 3 in flight, 18 calls in 400ms; 2 done; 2 failed",
			"0.5 points are taken off for handing in 1 day late", "the answer cell limiter is not in the notebook", "Good",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("got a %s without %q, want it", name, want)
			}
		}
		if strings.Contains(text, "SECRET") {
			t.Errorf("got a %s with more of a hidden test than its name, messages and points", name)
		}
	}
	if missing, note := strings.Index(page, "Missing"), strings.Index(page, "Costs nothing"); missing < 0 || note < missing {
		t.Error("got a note before what costs points, want it after")
	}
	if !strings.Contains(page, "5 of 14") {
		t.Error("got a page without 5 of 14, want the points that a person gave added")
	}
	if folder := os.Getenv("SPEEDUP_SHOTS"); folder != "" { // for a person to look at
		if err := os.WriteFile(filepath.Join(folder, "feedback.html"), []byte(page), 0o644); err != nil {
			t.Error(err)
		}
	}
}

func TestNothingOfAnAnswerIsMoreThanTextInFeedback(t *testing.T) {
	const evil = "\x1b[31m<script>alert(1)</script><img src=x onerror=alert(1)>\x1b]8;;http://x\x07`${1}` --> \u202e{{.Result}} ]]> ' \" javascript:alert(1) \x00\x9b1m"
	r := coursetest.FullResult("<b>eve")
	r.Course, r.Problems = evil, []course.Problem{{Kind: course.Broken, Cell: evil, Text: evil}}
	n := &r.Notebooks[0]
	n.Problems = append(n.Problems, course.Problem{Kind: course.Note, Text: evil})
	e := &n.Exercises[0]
	e.Output, e.Answer[0].Source, e.Answer[0].Cell = evil, evil, evil
	e.Problems = []course.Problem{{Kind: course.ProblemKind(evil), Text: evil, Cell: evil, Line: 1}}
	for i := range e.Tests {
		e.Tests[i].Messages, e.Tests[i].Race, e.Tests[i].Asks = []string{evil}, evil, evil
	}
	e.Tests[0].Runs[0].Name, e.Tests[0].Runs[0].Calls[0].Name, e.Tests[0].Runs[0].Calls[0].State = evil, evil, evil
	e.Tests[0].Waits = []course.Wait{{Count: 1, State: evil, On: evil, Missing: evil, Place: evil}}
	page, nb := readFeedback(t, t.TempDir(), r, course.Mark{Notebook: "ps1", Cell: "why", Graded: true, Comment: evil})

	fragments := []string{page}
	for _, cell := range nb.Cells() {
		if cell.Type() == "markdown" {
			if regexp.MustCompile(`(^|[^\\])[<\x60]`).MatchString(cell.Source()) {
				t.Errorf("got unescaped marks in a text cell: %q", cell.Source())
			}
		}
		for _, output := range cell.Outputs() {
			rich, _ := output.MimeText("text/html")
			fragments = append(fragments, rich)
		}
	}
	allowed := regexp.MustCompile(`^</?(?:!doctype|html|head|meta|title|style|body|main|header|nav|section|p|h1|h2|h3|strong|span|ul|li|table|thead|tbody|tr|th|td|a|details|summary|pre|img)[ >\n]`)
	attribute := regexp.MustCompile(`(?i)\son\w+\s*=|srcset`)
	for _, text := range fragments {
		for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(text, -1) {
			if !allowed.MatchString(tag) || attribute.MatchString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(tag, `""`)) || strings.Contains(tag, "href=") && !strings.Contains(tag, `href="#`) {
				t.Errorf("got the tag %.100s, want none of this kind", tag)
			}
			if strings.HasPrefix(tag, "<img") && !strings.HasPrefix(tag, `<img src="data:image/svg&#43;xml;base64,`) && !strings.HasPrefix(tag, `<img src="data:image/svg+xml;base64,`) {
				t.Errorf("got the picture %.100s, want only embedded ones", tag)
			}
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x9b || r == 0x202e }); i >= 0 {
			t.Errorf("got the control character %q, want none", text[i:i+1])
		}
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("got a page without the escaped text, want it shown")
	}
	if !strings.Contains(page, `http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`) {
		t.Error("got a page without its content security policy")
	}
}

func TestFeedbackIsWrittenNowhereElse(t *testing.T) {
	dir := t.TempDir()
	for _, student := range []string{"", ".", "..", "../eve", "a/b", "/tmp"} {
		if paths, err := Write(dir, coursetest.FullResult(student), course.Standing{}); err == nil {
			t.Errorf("student %q: got the files %v, want an error", student, paths)
		}
	}
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(dir, "feedback")); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, coursetest.FullResult("ada"), course.Standing{}); err == nil {
		t.Error("got no error for a link out of the course")
	}
	if entries, _ := os.ReadDir(elsewhere); len(entries) > 0 {
		t.Errorf("got the files %v through a link, want none", entries)
	}
}

func TestTheFeedbackNotebookIsOneByNbformat(t *testing.T) {
	python := coursetest.NeedPython(t)
	dir := t.TempDir()
	readFeedback(t, dir, coursetest.FullResult("ada"))
	check := coursetest.CommandIn(t, dir, python, "-I", "-c", "import nbformat; nbformat.validate(nbformat.read('feedback/ada/ps1/ps1.ipynb', 4))")
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("got %v, want a valid notebook\n%s", err, out)
	}
}

func TestCallsAtTheSameTimeAreDrawnInDifferentLanes(t *testing.T) {
	calls := []course.Call{{Start: 0, End: 10}, {Start: 0, End: 5}, {Start: 5, End: 20}, {Start: 10, End: 10}, {Start: 10, End: 30}}
	lanes, count := assignLanes(calls)
	if got, _ := json.Marshal(lanes); string(got) != "[0,1,1,0,2]" || count != 3 {
		t.Errorf("got the lanes %s of %d, want [0,1,1,0,2] of 3", got, count)
	}
	for _, run := range []course.Run{{}, {Calls: []course.Call{{}}}, {Calls: make([]course.Call, 200)}, {Calls: []course.Call{{Start: 1 << 62, End: 1<<63 - 1}, {End: -5}}}} {
		if p := drawRun(run); p.Alt == "" || p.Height > 2000 {
			t.Errorf("%d calls: got the picture %+v, want one with a text, at most 2000 pixels high", len(run.Calls), p)
		}
	}
}
