//go:build browser

package lab_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

const (
	validate     = front + ".validate-button button, " + front + "jp-button.validate-button"
	dialogText   = `(document.querySelector(".jp-Dialog-body, .jp-Dialog-content")?.innerText ?? "")`
	dialogButton = ".jp-Dialog .jp-Dialog-button"
	rowOfPS1     = `[...document.querySelectorAll("#nbgrader-assignment-list .list_item")].find(row => row.innerText.includes("ps1") && row.querySelector("button"))`
)

func TestValidateReportsWhetherANotebookIsAnswered(t *testing.T) {
	releaseCourse(t)
	page := openPage(t, 5*time.Minute)
	notebook := page.open(place(t, "ps1.ipynb", released(t)))
	said := notebook.validate()
	for _, e := range exercises(t) {
		if !strings.Contains(said, e.Cases[0].Name) {
			t.Errorf("the released notebook: Validate does not report the failure of %s:\n%s", e.Tests.Cell, said)
		}
	}
	keepShot(t, page, "validate-unanswered")
	notebook.click("the dialog's button", dialogButton)
	for _, e := range exercises(t) {
		for _, answer := range e.Answers {
			notebook.paste(answer.Cell, answer.Text)
		}
	}
	words := slices.IndexFunc(notebook.cells(), func(c cell) bool { return c.Source == "YOUR ANSWER HERE" })
	notebook.evaluate("answer in words", fmt.Sprintf(`jupyterapp.shell.currentWidget.content.widgets[%d].model.sharedModel.setSource("1 s, as all wait at the same time.")`, words))
	if got := notebook.validate(); !strings.Contains(got, "Success! Your notebook passes all the tests.") {
		t.Errorf("the notebook with the solutions: Validate reports, instead of success:\n%s", got)
	}
	keepShot(t, page, "validate-answered")
	notebook.click("the dialog's button", dialogButton)
}

func TestTheCreateAssignmentPanelShowsTheCellsOfPS1(t *testing.T) {
	releaseCourse(t)
	source, err := os.ReadFile(filepath.Join(fixture.server.course(), "source", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	page := openPage(t, 2*time.Minute)
	notebook := page.open(place(t, "ps1.ipynb", source))
	notebook.evaluate("open the panel", `jupyterapp.commands.execute("nbgrader:open-create-assignment")`)
	const panel = `document.querySelector(".nbgrader-CreateAssignmentWidget")`
	notebook.await("the panel", panel+`?.querySelectorAll(".nbgrader-CellWidget").length > 5`, 20*time.Second)
	if got, want := read[string](page, panel+`.querySelector(".nbgrader-TotalPointsInput").value`), totalPoints(t); got != want {
		t.Errorf("the panel's total: got %s points, want %s", got, want)
	}
	kinds := read[map[string]string](page, `Object.fromEntries([...`+panel+`.querySelectorAll(".nbgrader-CellWidget")].map(cell =>
		[cell.querySelector(".nbgrader-CellId input")?.value ?? "", cell.querySelector(".nbgrader-CellType select")?.selectedOptions[0]?.text ?? ""]))`)
	for _, e := range exercises(t) {
		if got := kinds[e.Name]; got != "Autograded answer" {
			t.Errorf("cell %s: got the type %q, want an autograded answer", e.Name, got)
		}
		if got := kinds[e.Tests.Cell]; got != "Autograded tests" {
			t.Errorf("cell %s: got the type %q, want autograded tests", e.Tests.Cell, got)
		}
	}
	keepShot(t, page, "create-assignment")
}

// This follows the README: fetch, answer, test, submit, collect, grade, read
// the feedback.
func TestAStudentHandsInAndReadsTheFeedback(t *testing.T) {
	releaseCourse(t)
	page := openPage(t, 5*time.Minute)
	page.evaluate("open the list of assignments", `jupyterapp.commands.execute("nbgrader:open-assignment-list")`)
	page.await("ps1 to be offered", rowOfPS1+`?.innerText.includes("Fetch")`, time.Minute)
	keepShot(t, page, "assignment-list")
	page.evaluate("fetch ps1", rowOfPS1+`.querySelector("button").click()`)
	page.await("ps1 to be fetched", rowOfPS1+`?.innerText.includes("Submit")`, time.Minute)

	notebook := page.open("homework/ps1/ps1.ipynb")
	answered := exercises(t)[0]
	notebook.paste(answered.Name, answered.Answers[0].Text)
	tests := notebook.cellNamed(answered.Tests.Cell)
	notebook.runAbove(tests, time.Minute)
	notebook.runByHand(tests, time.Minute)
	if got := notebook.text(tests); !strings.Contains(got, "PASS") {
		t.Errorf("the test cell: want PASS, got\n%s", got)
	}
	keepShot(t, page, "tested")
	// The next exercise is answered wrongly, and its visible tests show that.
	wrong := exercises(t)[1]
	at := notebook.cellNamed(wrong.Tests.Cell)
	notebook.runByHand(at-1, time.Minute)
	notebook.runByHand(at, time.Minute)
	if got := notebook.text(at); !strings.Contains(got, "not implemented") {
		t.Errorf("the test cell of an unanswered exercise: want not implemented, got\n%s", got)
	}
	notebook.save()

	page.evaluate("back to the list of assignments", `jupyterapp.commands.execute("nbgrader:open-assignment-list")`)
	page.evaluate("hand in ps1", rowOfPS1+`.querySelector("button").click()`)
	page.await("ps1 to be handed in", `document.querySelector("#submitted_assignments_list, #submitted_assignments")?.innerText.includes("ps1")`, time.Minute)
	keepShot(t, page, "handed-in")

	inCourse(t, ".venv/bin/nbgrader", "collect", "ps1")
	student := onlyFolder(t, filepath.Join(fixture.server.course(), "submitted"))
	list := inCourse(t, "bin/coursework", "grade", "ps1")
	if want := fmt.Sprintf("%g of", answered.Points); !strings.Contains(list, want) {
		t.Errorf("grading: got\n%swant %q", list, want)
	}
	inCourse(t, "bin/coursework", "feedback", "ps1")
	inCourse(t, ".venv/bin/nbgrader", "release_feedback", "ps1")
	page.evaluate("back to the list of assignments", `jupyterapp.commands.execute("nbgrader:open-assignment-list")`)
	page.evaluate("fetch the feedback", `[...document.querySelectorAll("#nbgrader-assignment-list button")].find(button => button.innerText.includes("Fetch Feedback")).click()`)
	page.await("the feedback to be fetched", `document.querySelector("#nbgrader-assignment-list").innerText.includes("(view feedback)")`, time.Minute)
	keepShot(t, page, "feedback-fetched")

	tab := openTab(t, time.Minute)
	file := filepath.Join(fixture.server.course(), "feedback", student, "ps1", "ps1.html")
	tab.do("open the feedback", chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String()))
	text := read[string](tab, "document.body.innerText")
	for _, want := range []string{student, fmt.Sprintf("%g of %s points", answered.Points, testPoints(t)), answered.Cases[0].Name} {
		if !strings.Contains(text, want) {
			t.Errorf("the feedback: want %q, got\n%s", want, text)
		}
	}
	pictures := read[[]picture](tab, `(document.querySelectorAll("details").forEach(d => d.open = true), [...document.images].map(img => ({alt: img.alt, source: img.src.slice(0, 40), width: img.naturalWidth, visible: img.checkVisibility()})))`)
	if len(pictures) == 0 {
		t.Error("the feedback: got no picture, want one of a run")
	}
	for _, p := range pictures {
		if p.Width == 0 || !p.Visible || p.Alt == "" {
			t.Errorf("a picture is not visible or has no alt text: %+v", p)
		}
	}
	keepShot(t, tab, "feedback")
	if loaded := read[int](tab, "performance.getEntriesByType('resource').filter(r => !r.name.startsWith('data:')).length"); loaded > 0 {
		t.Errorf("the page loaded %d other files, want none", loaded)
	}

	// Here the feedback is a notebook, which JupyterLab doesn't trust.
	inLab := page.open("coursework/feedback/" + student + "/ps1/ps1.ipynb")
	// JupyterLab renders some Markdown again a moment later, with its details closed.
	inLab.evaluate("keep the details open", `(() => {
		const open = () => document.querySelectorAll("details:not([open])").forEach(d => d.open = true)
		new MutationObserver(open).observe(document.body, {childList: true, subtree: true})
		open()
	})()`)
	inLab.await("as many pictures as on the page", fmt.Sprintf("%s.shown.length === %d", inLab.call("pictures"), len(pictures)), 20*time.Second)
	if shown := inLab.pictures(); len(shown) != len(pictures) {
		t.Errorf("the feedback notebook: got %d pictures, want %d as on the page", len(shown), len(pictures))
	}
	keepShot(t, page, "feedback-notebook")
}

func TestTheFormgraderShowsTheGradesOfOurGrader(t *testing.T) {
	releaseCourse(t)
	folder := filepath.Join(fixture.server.course(), "submitted", "teachers-own", "ps1")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "ps1.ipynb"), released(t), 0o600); err != nil {
		t.Fatal(err)
	}
	inCourse(t, "bin/coursework", "grade", "ps1", "teachers-own")
	openPage(t, 2*time.Minute) // it logs the browser in
	tab := openTab(t, 2*time.Minute)
	tab.do("open the formgrader", chromedp.Navigate(fixture.server.URL+"/formgrader/manage_submissions/ps1?token="+url.QueryEscape(fixture.server.Token)))
	tab.await("the submission", `document.body.innerText.includes("teachers-own")`, 30*time.Second)
	text := read[string](tab, `[...document.querySelectorAll("tr")].find(row => row.innerText.includes("teachers-own")).innerText`)
	if !regexp.MustCompile(`0 / ` + totalPoints(t)).MatchString(text) {
		t.Errorf("the formgrader's row: got %q, want no points and the total", text)
	}
	keepShot(t, tab, "formgrader")
	tab.do("open the list of submissions to grade", chromedp.Navigate(fixture.server.URL+"/formgrader/gradebook/ps1/ps1"))
	tab.await("the submission's link", `document.querySelector("tbody a[href*='submissions']") !== null`, 30*time.Second)
	tab.do("open the submission", chromedp.Navigate(read[string](tab, `document.querySelector("tbody a[href*='submissions']").href`)))
	tab.await("the grading page", `document.body.innerText.includes("0 of 6 points")`, 30*time.Second)
	keepShot(t, tab, "formgrader-submission")
}

// validate clicks the Validate button and returns the text of its dialog.
func (n *notebook) validate() string {
	n.t.Helper()
	n.click("Validate", validate)
	n.await("the dialog of Validate", dialogText+` !== ""`, 2*time.Minute)
	return read[string](n.page, dialogText)
}

// cellNamed returns the index of the cell with a grade_id.
func (n *notebook) cellNamed(id string) int {
	n.t.Helper()
	i := read[int](n.page, n.call("named", id))
	if i < 0 {
		n.t.Fatalf("%s has no cell %s", n.path, id)
	}
	return i
}

// paste replaces the text of a cell as a user does with select all and paste.
func (n *notebook) paste(id, text string) {
	n.t.Helper()
	i := n.cellNamed(id)
	n.evaluate("go to the cell "+id, n.call("select", i))
	n.click("the editor of "+id, activeEditor)
	n.do("select all of "+id, chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Delete))
	n.evaluate("paste into "+id, `(() => {
		const clipboard = new DataTransfer();
		clipboard.setData("text/plain", `+quoted(text)+`);
		document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: clipboard, bubbles: true, cancelable: true}));
	})()`)
	if got := n.cells()[i].Source; got != text {
		n.t.Fatalf("cell %s: got the text\n%s\nwant\n%s", id, got, text)
	}
}

// released returns ps1 as students get it.
func released(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixture.server.course(), "release", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// exercises returns the exercises of ps1, with the solutions.
func exercises(t *testing.T) []*course.Exercise {
	t.Helper()
	return sheet(t).Exercises
}

func sheet(t *testing.T) *course.Notebook {
	t.Helper()
	s, err := course.ReadNotebook(filepath.Join(checkout(), "notebooks", "coursework", "source", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// testPoints returns the points of the tests. totalPoints adds those that are
// graded by hand.
func testPoints(t *testing.T) string {
	sum := 0.0
	for _, e := range exercises(t) {
		sum += e.Points
	}
	return fmt.Sprint(sum)
}

func totalPoints(t *testing.T) string {
	sum := sheet(t).ToGrade
	for _, e := range exercises(t) {
		sum += e.Points
	}
	return fmt.Sprint(sum)
}

func onlyFolder(t *testing.T, parent string) string {
	t.Helper()
	entries, err := os.ReadDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "teachers-own") })
	if len(entries) != 1 {
		t.Fatalf("%s: got %v, want one folder", parent, entries)
	}
	return entries[0].Name()
}

// keepShot saves a screenshot of the tab to the folder that SPEEDUP_SHOTS
// names, if any.
func keepShot(t *testing.T, p *page, name string) {
	t.Helper()
	if folder := os.Getenv("SPEEDUP_SHOTS"); folder != "" {
		if err := screenshot(p.ctx, filepath.Join(folder, name+".png")); err != nil {
			t.Errorf("screenshot %s: %v", name, err)
		}
	}
}
