package coursework

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// actionlint checks workflows. It is the version that this test was written with.
const actionlint = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7"

// runSteps returns the commands of a workflow's steps.
func runSteps(workflow string) (commands []string) {
	for _, m := range regexp.MustCompile(`(?m)^ +run: (.*)$`).FindAllStringSubmatch(workflow, -1) {
		command := m[1]
		if strings.HasPrefix(command, "'") {
			command = strings.ReplaceAll(command[1:len(command)-1], "''", "'")
		}
		commands = append(commands, command)
	}
	return commands
}

func TestTheWorkflowChecksEveryReleasedNotebook(t *testing.T) {
	_, c := smallCheckout(t)
	odd := filepath.Join(c.Dir, "release", "it's two")
	if err := errors.Join(os.MkdirAll(odd, 0o755), os.WriteFile(filepath.Join(odd, "a.ipynb"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, err := c.WriteWorkflow(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || file != filepath.Join(dir, ".github", "workflows", "classroom.yml") {
		t.Fatalf("got the file %s (%v)", file, err)
	}
	got := strings.Join(runSteps(string(text)), "\n")
	want := "go build -o bin/coursework ./kernel-helpers/cmd/coursework\n" +
		`bin/coursework check 'notebooks/coursework/release/it'\''s two/a.ipynb'` + "\nbin/coursework check notebooks/coursework/release/ps1/ps1.ipynb"
	if got != want {
		t.Errorf("got the steps\n%s\nwant\n%s", got, want)
	}
	if !longtest.Pick(false, true) {
		t.Log("actionlint checks the workflow with SPEEDUP_LONG=1")
		return
	}
	// -shellcheck= and -pyflakes=: only what the module has.
	lint := exec.CommandContext(t.Context(), "go", "run", actionlint, "-shellcheck=", "-pyflakes=", file)
	lint.Dir = t.TempDir()
	out, err := lint.CombinedOutput()
	if bytes.Contains(out, []byte("dial tcp")) || bytes.Contains(out, []byte("module lookup disabled")) || bytes.Contains(out, []byte("no required module")) {
		t.Skipf("actionlint can't be had: %s", out)
	}
	if err != nil {
		t.Errorf("actionlint: %v\n%s", err, out)
	}
}

// The steps run as GitHub runs them, on a clone of a student's repository.
func TestTheWorkflowsStepsRunOnAClone(t *testing.T) {
	coursetest.SkipGrading(t)
	longtest.Only(t) // it builds coursework in another folder
	dir := t.TempDir()
	c, err := Open(coursetest.CourseDir(t))
	if err != nil {
		t.Fatal(err)
	}
	class, clone := filepath.Join(dir, "class"), filepath.Join(dir, "clone")
	if _, err := c.Handout(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	// The student has solved ps1.
	right := coursetest.NewRight(t, c.Dir, "ps1")
	solved := filepath.Join(class, "notebooks", "coursework", "release", "ps1", "ps1.ipynb")
	if err := os.WriteFile(solved, right.Draft(t).Text(t), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := c.WriteWorkflow(class)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q", class}, {"-C", class, "add", "-A"},
		{"-C", class, "-c", "user.name=s", "-c", "user.email=s@example.org", "commit", "-q", "-m", "answers"}, {"clone", "-q", class, clone}} {
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if !checkout.Contains(clone) {
		t.Fatal("the clone is no checkout")
	}
	steps := runSteps(string(text))
	if len(steps) < 2 {
		t.Fatalf("got the steps %q", steps)
	}
	for i, step := range steps {
		cmd := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", step)
		cmd.Dir = clone
		out, err := cmd.CombinedOutput()
		solvedStep := i == 0 || strings.Contains(step, "/ps1/")
		if (err == nil) != solvedStep {
			t.Errorf("%s: got %v, want success %v\n%s", step, err, solvedStep, out)
		}
		if i > 0 && !bytes.Contains(out, []byte(" points")) {
			t.Errorf("%s: got\n%s\nwant the points of exercises", step, out)
		}
	}
}
