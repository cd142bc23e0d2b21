package coursework

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// fullResult has something of everything that feedback shows.
func fullResult(student string) Result {
	call := func(name string, start, end time.Duration, state string) Call {
		return Call{Name: name, Start: start * time.Millisecond, End: end * time.Millisecond, State: state}
	}
	return Result{
		Course: "Go concurrency", Assignment: "ps1", Student: student, Submitted: time.Date(2026, 11, 20, 12, 30, 0, 0, time.UTC),
		DaysLate: 1, Penalty: 0.5, Score: 3.5, MaxScore: 12, ToGrade: 2, Inputs: "1",
		Notebooks: []NotebookResult{{
			Name: "ps1",
			Problems: []Problem{
				{Kind: Note, Cell: "pool-tests", Text: "this locked cell was changed; the course's own is used"},
				{Kind: Missing, Cell: "limiter", Text: "the answer cell limiter is not in the notebook"},
			},
			Exercises: []ExerciseResult{
				{Name: "pool", Cell: "pool-tests", Score: 4, MaxScore: 8, Output: "starting\n3 workers\n",
					Answer: []AnswerCell{{Cell: "pool", Source: "// fetchAll fetches all addresses, at most limit at a time.\nfunc fetchAll(limit int) error {\n\tvar got []string\n\tfor range limit {\n\t\tgo func() { got = append(got, \"x\") }()\n\t}\n\treturn nil\n}\n"}},
					Tests: []TestResult{
						{Name: "TestPoolKeepsOrder", Asks: "Results are in the order of the addresses.", Points: 2, MaxPoints: 2, Status: Passed,
							Runs: []Run{{Name: "TestPoolKeepsOrder", MostInFlight: 2, Calls: []Call{call("page 1", 0, 300, "done"), call("page 2", 0, 100, "done"), call("page 3", 100, 250, "done")}}}},
						{Name: "TestPoolIsBounded", Asks: "At most 5 downloads are in flight, and 5 are when there is enough to do.", MaxPoints: 2, Status: Failed,
							Messages: []string{"at most 3 downloads in flight, want 5", "the calls over time:\n  [==== SECRET"},
							Runs: []Run{{Name: "TestPoolIsBounded", MostInFlight: 3, Left: 12, Calls: []Call{
								call("page 1", 0, 100, "done"), call("page 2", 0, 150, "failed"), call("page 3", 0, 60, "cancelled"),
								call("page 4", 60, 220, "done"), call("page 5", 100, 400, "unfinished"), call("page 6", 150, 152, "failed")}}}},
						{Name: "TestPoolHasNoRace", Asks: "No two goroutines use the same memory without order.", MaxPoints: 2, Status: Raced,
							Messages: []string{"a data race: pool, line 5 appends to what line 5 of another goroutine appends to"},
							Race:     "WARNING: DATA RACE\nRead at 0x00c00001 by goroutine 8:\n  fetchAll.func1()\n      pool, line 5\n\nPrevious write at 0x00c00001 by goroutine 7:\n  fetchAll.func1()\n      pool, line 5\n"},
						{Name: "TestPoolStopsAtAnError", Hidden: true, Asks: "SECRET SENTENCE", Points: 2, MaxPoints: 2, Status: Passed,
							Runs: []Run{{Name: "SECRET RUN", Calls: []Call{call("SECRET CALL", 0, 1, "done")}}}},
					}},
				{Name: "limiter", Cell: "limiter-tests", MaxScore: 4,
					Problems: []Problem{{Kind: Missing, Cell: "limiter", Text: "the answer cell limiter is not in the notebook"}},
					Tests: []TestResult{
						{Name: "TestLimiterSpacesCalls", Asks: "Calls are 100 ms apart.", MaxPoints: 2, Status: NotRun},
						{Name: "TestLimiterEnds", Hidden: true, MaxPoints: 2, Status: NotRun},
					}},
			},
		}},
	}
}

// readFeedback writes the feedback of a result and returns its page and its
// notebook.
func readFeedback(t *testing.T, course string, r Result, marks ...Mark) (page string, nb *notebook.Notebook) {
	t.Helper()
	paths, err := WriteFeedback(course, r, Standing{Score: 5, MaxScore: 14, Marks: marks})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(course, "feedback", r.Student, "ps1")
	if want := filepath.Join(folder, "ps1.html"); len(paths) != 2 || paths[0] != want {
		t.Fatalf("it wrote %v, not %s and its notebook", paths, want)
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

func TestFeedbackShowsWhatWasAskedAndWhatWasMeasured(t *testing.T) {
	course := t.TempDir()
	page, nb := readFeedback(t, course, fullResult("ada"), Mark{Notebook: "ps1", Cell: "why", Score: 1.5, MaxScore: 2, Graded: true, Comment: "Good, but say why."})
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
			"pool, line 5", "WARNING: DATA RACE", "3 workers", "+xml;base64,", "At most 3 in flight, 18 calls in 400ms; 2 done; 2 failed",
			"0.5 points are taken off for handing in 1 day late", "the answer cell limiter is not in the notebook", "Good",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s lacks %q", name, want)
			}
		}
		if strings.Contains(text, "SECRET") {
			t.Errorf("the %s shows more of a hidden test than its name, messages and points", name)
		}
	}
	if missing, note := strings.Index(page, "Missing"), strings.Index(page, "Costs nothing"); missing < 0 || note < missing {
		t.Error("what costs points isn't shown before what costs nothing")
	}
	if !strings.Contains(page, "5 of 14") {
		t.Error("the page doesn't add what a person gave")
	}
	if folder := os.Getenv("SPEEDUP_SHOTS"); folder != "" { // for a person to look at
		if err := os.WriteFile(filepath.Join(folder, "feedback.html"), []byte(page), 0o644); err != nil {
			t.Error(err)
		}
	}
}

func TestNothingOfAnAnswerIsMoreThanTextInFeedback(t *testing.T) {
	const evil = "\x1b[31m<script>alert(1)</script><img src=x onerror=alert(1)>\x1b]8;;http://x\x07`${1}` --> \u202e{{.Result}} ]]> ' \" javascript:alert(1) \x00\x9b1m"
	r := fullResult("<b>eve")
	r.Course, r.Problems = evil, []Problem{{Kind: Broken, Cell: evil, Text: evil}}
	n := &r.Notebooks[0]
	n.Problems = append(n.Problems, Problem{Kind: Note, Text: evil})
	e := &n.Exercises[0]
	e.Output, e.Answer[0].Source, e.Answer[0].Cell = evil, evil, evil
	e.Problems = []Problem{{Kind: ProblemKind(evil), Text: evil, Cell: evil, Line: 1}}
	for i := range e.Tests {
		e.Tests[i].Messages, e.Tests[i].Race, e.Tests[i].Asks = []string{evil}, evil, evil
	}
	e.Tests[0].Runs[0].Name, e.Tests[0].Runs[0].Calls[0].Name, e.Tests[0].Runs[0].Calls[0].State = evil, evil, evil
	page, nb := readFeedback(t, t.TempDir(), r, Mark{Notebook: "ps1", Cell: "why", Graded: true, Comment: evil})

	fragments := []string{page}
	for _, cell := range nb.Cells() {
		if cell.Type() == "markdown" {
			if regexp.MustCompile(`(^|[^\\])[<\x60]`).MatchString(cell.Source()) {
				t.Errorf("a text cell has unescaped marks: %q", cell.Source())
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
				t.Errorf("there is the tag %.100s", tag)
			}
			if strings.HasPrefix(tag, "<img") && !strings.HasPrefix(tag, `<img src="data:image/svg&#43;xml;base64,`) && !strings.HasPrefix(tag, `<img src="data:image/svg+xml;base64,`) {
				t.Errorf("there is a picture from elsewhere: %.100s", tag)
			}
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x9b || r == 0x202e }); i >= 0 {
			t.Errorf("there is the control character %q", text[i:i+1])
		}
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the text itself is lost")
	}
	if !strings.Contains(page, `http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`) {
		t.Error("the page may load and run things")
	}
}

func TestFeedbackIsWrittenNowhereElse(t *testing.T) {
	course := t.TempDir()
	for _, student := range []string{"", ".", "..", "../eve", "a/b", "/tmp"} {
		if paths, err := WriteFeedback(course, fullResult(student), Standing{}); err == nil {
			t.Errorf("for the student %q it wrote %v", student, paths)
		}
	}
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(course, "feedback")); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteFeedback(course, fullResult("ada"), Standing{}); err == nil {
		t.Error("it followed a link out of the course")
	}
	if entries, _ := os.ReadDir(elsewhere); len(entries) > 0 {
		t.Errorf("it wrote %v through a link", entries)
	}
}

func TestTheFeedbackNotebookIsOneByNbformat(t *testing.T) {
	python := needNbgrader(t)
	course := t.TempDir()
	readFeedback(t, course, fullResult("ada"))
	check := commandIn(t, course, python, "-I", "-c", "import nbformat; nbformat.validate(nbformat.read('feedback/ada/ps1/ps1.ipynb', 4))")
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestRunsAreDrawnWithoutCallsAtTheSameTimeInOneLane(t *testing.T) {
	calls := []Call{{Start: 0, End: 10}, {Start: 0, End: 5}, {Start: 5, End: 20}, {Start: 10, End: 10}, {Start: 10, End: 30}}
	lanes, count := assignLanes(calls)
	if got, _ := json.Marshal(lanes); string(got) != "[0,1,1,0,2]" || count != 3 {
		t.Errorf("the lanes are %s of %d", got, count)
	}
	for _, run := range []Run{{}, {Calls: []Call{{}}}, {Calls: make([]Call, 200)}, {Calls: []Call{{Start: 1 << 62, End: 1<<63 - 1}, {End: -5}}}} {
		if p := drawRun(run); p.Alt == "" || p.Height > 2000 {
			t.Errorf("of %d calls it drew %+v", len(run.Calls), p)
		}
	}
}
