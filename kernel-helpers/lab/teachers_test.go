//go:build !browser

package lab

import (
	"archive/zip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// teachersSteps returns the commands of the README's steps for teachers, by step.
func teachersSteps(t *testing.T) (steps [][]string) {
	t.Helper()
	_, section, _ := strings.Cut(readFile(t, filepath.Join("..", "..", "README.md")), "\n## For teachers\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, step := range regexp.MustCompile(`(?m)^\d+\. .*$`).FindAllString(section, -1) {
		var commands []string
		for _, m := range regexp.MustCompile("`((?:coursework|nbgrader) [^`]+)`").FindAllStringSubmatch(step, -1) {
			commands = append(commands, m[1])
		}
		steps = append(steps, commands)
	}
	return steps
}

// classroom is the surroundings of a class: a teacher's course, two students, and
// nbgrader's exchange between them.
type classroom struct {
	course, home string
	environment  []string
}

func newClassroom(t *testing.T) *classroom {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{".venv/bin/nbgrader", "bin/coursework"} {
		if _, err := os.Stat(filepath.Join(root, program)); err != nil {
			t.Skip("it needs ./install.sh prepare: ", err)
		}
	}
	dir := t.TempDir()
	c := &classroom{course: filepath.Join(dir, "coursework"), home: filepath.Join(dir, "home")}
	settings, exchange := filepath.Join(dir, "settings"), filepath.Join(dir, "exchange")
	err = errors.Join(os.CopyFS(c.course, os.DirFS(filepath.Join(root, "notebooks", "coursework"))), os.MkdirAll(filepath.Join(c.home, "Downloads"), 0o755),
		os.Mkdir(settings, 0o755), os.Mkdir(exchange, 0o777), os.Chmod(exchange, 0o777), os.RemoveAll(filepath.Join(c.course, "release")),
		os.WriteFile(filepath.Join(settings, "nbgrader_config.py"), fmt.Appendf(nil, `c = get_config()
c.CourseDirectory.root = %q
c.Exchange.root = %q
c.Exchange.cache = %q
c.Exchange.assignment_dir = "."
c.ExchangeCollect.check_owner = False  # one user is both students
`, c.course, exchange, filepath.Join(dir, "cache")), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	c.environment = append(os.Environ(), "HOME="+c.home, "JUPYTER_CONFIG_PATH="+settings, "JUPYTER_CONFIG_DIR="+settings,
		"PATH="+strings.Join([]string{filepath.Join(root, "bin"), filepath.Join(root, ".venv", "bin"), os.Getenv("PATH")}, string(os.PathListSeparator)))
	for _, cache := range []string{"GOCACHE", "GOMODCACHE"} {
		out, err := exec.CommandContext(t.Context(), "go", "env", cache).Output()
		if err != nil {
			t.Fatal(err)
		}
		c.environment = append(c.environment, cache+"="+strings.TrimSpace(string(out)))
	}
	return c
}

// run runs a command as a shell does, in a folder.
func (c *classroom) run(t *testing.T, folder, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-c", command)
	cmd.Dir, cmd.Env = folder, c.environment
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// handIn writes a student's notebook and submits it through the exchange.
func (c *classroom) handIn(t *testing.T, student string, text []byte) {
	t.Helper()
	folder := filepath.Join(c.home, student)
	if _, err := os.Stat(folder); err != nil {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		c.run(t, folder, "nbgrader fetch_assignment ps1")
	}
	if err := os.WriteFile(filepath.Join(folder, "ps1", "ps1.ipynb"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	c.run(t, folder, "nbgrader submit ps1 --student="+student)
}

// The README's steps for teachers are executed as they are written, with two students
// who use nbgrader's exchange, one of them twice, and a third who sends a file.
func TestTheReadmesStepsForTeachersWork(t *testing.T) {
	steps := teachersSteps(t)
	if len(steps) != 8 || !slices.Contains(steps[4], "nbgrader collect --update ps1") {
		t.Fatalf("got the steps %q, want 8, and the fifth collects", steps)
	}
	if testing.Short() || !longtest.Pick(false, true) {
		t.Skip("it takes minutes: it runs with SPEEDUP_LONG=1")
	}
	c := newClassroom(t)
	right := coursetest.NewRight(t, c.course, "ps1").Draft(t).Text(t)
	released := func() []byte {
		text, err := os.ReadFile(filepath.Join(c.course, "release", "ps1", "ps1.ipynb"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for i, commands := range steps {
		if i == 4 { // the students' step is done
			c.handIn(t, "ada", released())
			c.handIn(t, "bob", released())
			sendFile(t, filepath.Join(c.home, "Downloads", "ps1.zip"), "Cleo Ih_17_assignsubmission_file_/ps1.ipynb", right)
		}
		for _, command := range commands {
			out := c.run(t, c.course, command)
			t.Logf("%s\n%s", command, out)
			if command == "nbgrader collect --update ps1" {
				c.handIn(t, "ada", right)
				c.run(t, c.course, command) // again, for the resubmission
			}
			if command != "coursework grade ps1" {
				continue
			}
			for student, want := range map[string]string{"ada": `\nada +([1-9]\d*) of ([1-9]\d*),`, "bob": `\nbob +(0) of [1-9]`, "Cleo Ih": `\nCleo Ih +([1-9]\d*) of ([1-9]\d*),`} {
				m := regexp.MustCompile(want).FindStringSubmatch("\n" + out)
				if m == nil || m[1] != m[len(m)-1] { // all points, or 0
					t.Errorf("%s: got\n%s\nwant %s", student, out, want)
				}
			}
		}
	}
	for _, file := range []string{"feedback/ada/ps1/ps1.html", "grades.csv", "gradebook.db", "source/ps4/ps4.ipynb", "AUTHORING.md"} {
		if _, err := os.Stat(filepath.Join(c.course, file)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(c.home, "class", "install.sh")); err != nil {
		t.Error(err)
	}
	c.run(t, filepath.Join(c.home, "ada"), "nbgrader fetch_feedback ps1 --student=ada")
	pages, err := filepath.Glob(filepath.Join(c.home, "ada", "ps1", "feedback", "*", "ps1.html"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("got no feedback (%v), want ada's", err)
	}
	if text := readFile(t, pages[len(pages)-1]); !strings.Contains(text, "ada") || strings.Contains(text, "bob") {
		t.Error("got feedback that isn't ada's")
	}
}

// sendFile makes a zip file with one file.
func sendFile(t *testing.T, file, name string, text []byte) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(text)
	}
	if err := errors.Join(err, z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
