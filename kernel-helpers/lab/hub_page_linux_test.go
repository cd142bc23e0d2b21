//go:build !browser && !notebooks

package lab_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/hub"
)

// The page for classes is followed word for word: its commands are run, and its
// settings are used. Only the places and names are others, and passwords are set
// without a terminal. Then a class works there, from the first cell to the feedback.
func TestAClassIsSetUpAsThePageSays(t *testing.T) {
	longtest.Only(t)
	c := newClass(t)
	page, err := os.ReadFile("hub/README.md")
	must(t, err)
	_, page, _ = cutBytes(page, "## Set it up")
	page, _, _ = cutBytes(page, "## Let students")
	var blocks []string
	for _, block := range regexp.MustCompile("(?s)```[a-z]*\n(.*?)```").FindAllSubmatch(page, -1) {
		lines := regexp.MustCompile(`(?m)^   `).ReplaceAllString(string(block[1]), "")
		blocks = append(blocks, c.elsewhere(lines))
	}
	if len(blocks) != 5 {
		t.Fatalf("the page has %d blocks of commands and settings, want 5", len(blocks))
	}
	install, accounts, settings, check, start := blocks[0], blocks[1], blocks[2], blocks[3], blocks[4]

	out, err := c.shell("/", install)
	if err == nil || !strings.Contains(out, "class.json is new") {
		t.Fatalf("%s: got %v\n%s\nwant it to stop at the new class.json", install, err, out)
	}
	root := filepath.Join(c.dir, "speedup")
	if out, err := c.shell(root, check); err == nil || !strings.Contains(out, "names no teacher") {
		t.Errorf("%s: got %v\n%s\nwant it to miss a teacher", check, err, out)
	}

	var class struct{ Teachers, Students []string }
	must(t, json.Unmarshal([]byte(settings), &class))
	for _, name := range append(class.Teachers, class.Students...) {
		c.accountByHand(name, strings.ReplaceAll(accounts, class.Teachers[0], name))
	}
	var crowd []string
	for i := range 40 {
		crowd = append(crowd, "speedup-l"+strconv.Itoa(i+1))
		c.account(crowd[i])
		c.setPassword(crowd[i])
	}
	c.settings(class.Teachers, append(class.Students, crowd...)) // these and free ports
	must(t, os.Remove(filepath.Join(c.folder, "jupyterhub_config.py")))
	if out, err := c.shell(root, "./install.sh hub --no-start && "+check); err != nil || !strings.Contains(out, "Nothing is missing") {
		t.Fatalf("%s: %v\n%s", check, err, out)
	}
	c.start("bash", "-c", "cd "+root+" && exec "+start)
	c.works(class.Teachers[0], class.Students[0], root)

	// The sizing page takes its figures from here. No time is asserted: the machine may be busy.
	load := hub.Load{Address: c.address, Users: crowd, Password: c.password, Every: time.Minute, For: 10 * time.Minute, Starting: 4, Progress: t.Output()}
	report, err := load.Run(t.Context())
	if err != nil || len(report.Failures) > 0 {
		t.Errorf("40 users at work: %v", err)
	}
	t.Logf("40 users at work:\n%s", report)
}

// works lets a class work, from a first cell to the feedback on an assignment.
func (c *testClass) works(teacher, student, root string) {
	t, ctx := c.t, c.t.Context()
	t.Helper()
	server, kernel := c.open(c.login(student))
	if out, err := kernel.Execute(ctx, "%%\nfmt.Println(\"hello\")"); err != nil || out != "hello\n" {
		t.Errorf("the first cell: got %q, %v", out, err)
	}
	if matches, err := kernel.Complete(ctx, "import \"fmt\"\nfmt.Printl"); err != nil || len(matches) == 0 {
		t.Errorf("the first completion: got %q, %v; want Println", matches, err)
	}
	if out, err := c.as(student, "find", root, "-writable", "-not", "-type", "l").Output(); len(out) > 0 {
		t.Errorf("a student may change %q, %v", out, err)
	}

	course := c.login(teacher).Service("speedup")
	refused(t, server, "/formgrader", http.StatusNotFound)
	c.formgrader(course, "assignment/ps1/assign")
	c.formgrader(course, "assignment/ps1/release")
	c.action(server, "fetch", "ps1")
	c.answer("/home/" + student + "/speedup/homework/ps1/ps1.ipynb")
	c.action(server, "submit", "ps1")
	c.formgrader(course, "assignment/ps1/collect")
	graders, err := course.Open(ctx, "notes.ipynb", "gonb")
	must(t, err)
	defer graders.Close()
	if out, err := graders.Execute(ctx, "!cd "+c.folder+"/course && coursework grade ps1 && coursework feedback ps1"); err != nil {
		t.Errorf("grading: %v\n%s", err, out)
	}
	c.formgrader(course, "assignment/ps1/release_feedback")
	c.action(server, "fetch_feedback", "ps1")
	pages, err := filepath.Glob("/home/" + student + "/speedup/homework/ps1/feedback/*/ps1.html")
	must(t, err)
	if len(pages) != 1 {
		t.Errorf("the student's feedback: got the pages %q, want one", pages)
	}
	if out, err := c.as(courseAccount, "grep", "-h", student, c.folder+"/course/grades.csv").Output(); err != nil || !strings.Contains(string(out), student) {
		t.Errorf("the student's grade: got %q, %v", out, err)
	}
}

// answer puts the solutions of the course's source into a student's notebook.
func (c *testClass) answer(notebook string) {
	t := c.t
	t.Helper()
	cells := func(file string) (whole map[string]any, byID map[string]map[string]any) {
		text, err := os.ReadFile(file)
		must(t, err)
		must(t, json.Unmarshal(text, &whole))
		byID = map[string]map[string]any{}
		for _, cell := range whole["cells"].([]any) {
			cell := cell.(map[string]any)
			marks, _ := cell["metadata"].(map[string]any)["nbgrader"].(map[string]any)
			if solution, _ := marks["solution"].(bool); solution {
				byID[marks["grade_id"].(string)] = cell
			}
		}
		return whole, byID
	}
	_, solutions := cells(filepath.Join(c.folder, "course/source/ps1/ps1.ipynb"))
	whole, answers := cells(notebook)
	for id, cell := range answers {
		cell["source"] = solutions[id]["source"]
	}
	text, err := json.Marshal(whole)
	must(t, err)
	must(t, os.WriteFile(notebook, text, 0o644))
}

// elsewhere replaces the page's places and names by those of the test.
func (c *testClass) elsewhere(text string) string {
	return strings.NewReplacer(
		"https://example.com/speedup", c.checkout, "/opt/speedup", filepath.Join(c.dir, "speedup"), "/srv/speedup", c.folder,
		"ada", "speedup-ada", "ben", "speedup-ben", "cleo", "speedup-cleo",
	).Replace(text)
}

// shell runs commands of the page.
func (c *testClass) shell(dir, commands string) (string, error) {
	cmd := exec.CommandContext(c.t.Context(), "bash", "-e", "-c", commands)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SPEEDUP_CLASS="+c.folder)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// accountByHand makes an account with the page's commands.
func (c *testClass) accountByHand(name, commands string) {
	c.t.Helper()
	exec.Command("userdel", "--remove", name).Run() // a test that was killed may have left it
	commands, _ = strings.CutSuffix(strings.TrimSpace(commands), "passwd "+name)
	out, err := c.shell("/", commands)
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", commands, err, out)
	}
	c.setPassword(name)
	c.t.Cleanup(func() {
		if out, err := exec.Command("userdel", "--remove", name).CombinedOutput(); err != nil {
			c.t.Errorf("userdel: %v\n%s", err, out)
		}
	})
}

// setPassword does what passwd does on a terminal.
func (c *testClass) setPassword(name string) {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), "chpasswd")
	cmd.Stdin = strings.NewReader(name + ":" + c.password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("chpasswd: %v\n%s", err, out)
	}
}

func cutBytes(text []byte, separator string) (before, after []byte, found bool) {
	b, a, found := strings.Cut(string(text), separator)
	return []byte(b), []byte(a), found
}
