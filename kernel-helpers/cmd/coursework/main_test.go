package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// invoke runs the program and returns its exit status and what it printed.
func invoke(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	out, errs := open("out"), open("err")
	code = run(context.Background(), args, out, errs)
	read := func(f *os.File) string {
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return code, read(out), read(errs)
}

func TestWrongUsageIsReportedInOneLineAndExitsWith2(t *testing.T) {
	for _, args := range [][]string{
		{}, {"nonsense"}, {"grade"}, {"--parallel", "-1", "grade", "demo"}, {"grade", "--times", "x"}, {"check", "a.ipynb", "b", "c"}, {"collect", "demo"},
		{"--parallel", "0", "grade", "demo"}, {"grade", "demo", "--times", "3"}, {"check", "--again"}, {"release", "--json", "demo"}, {"handout"},
		{"new", "ps4"}, // inside the checkout, could be a course or an assignment
	} {
		code, out, errs := invoke(t, args...)
		if code != 2 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "--help") {
			t.Errorf("coursework %v: got exit %d, %q and %q, want exit 2 and one line about --help", args, code, out, errs)
		}
	}
}

func TestHelpNamesEveryCommandAndOption(t *testing.T) {
	code, out, _ := invoke(t, "--help")
	if code != 0 {
		t.Errorf("got exit %d, want 0", code)
	}
	for name := range commands {
		if !strings.Contains(out, "coursework "+name) {
			t.Errorf("got a help text without the command %s", name)
		}
	}
	for name, of := range optionsOf {
		if !strings.Contains(out, "--"+name) {
			t.Errorf("got a help text without the option --%s", name)
		}
		for _, command := range of {
			if commands[command] == nil {
				t.Errorf("--%s: got the command %s, want one that exists", name, command)
			}
		}
	}
}

func TestCheckShowsAStudentWhatTheTestsGot(t *testing.T) {
	coursetest.SkipGrading(t)
	file := filepath.Join(coursetest.Dir(t), "source", "demo", "demo.ipynb")
	code, out, errs := invoke(t, "check", file)
	if code != 0 || !strings.Contains(out, "each: 3 of 3 points") || errs != "" {
		t.Errorf("a right notebook: got exit %d, %s%s, want exit 0 and 3 of 3 points", code, out, errs)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	serial := filepath.Join(t.TempDir(), "demo.ipynb")
	if err := os.WriteFile(serial, []byte(strings.Replace(string(text), "make(chan struct{}, limit)", "make(chan struct{}, 1)", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ = invoke(t, "check", serial, "each")
	if code != 1 || !strings.Contains(out, "at most 1 call in flight, want 2") || strings.Contains(out, "count") {
		t.Errorf("a serial answer: got exit %d, %s, want exit 1 and what each got", code, out)
	}
	code, out, _ = invoke(t, "check", "--json", serial)
	var n course.NotebookResult
	if err := json.Unmarshal([]byte(out), &n); code != 1 || err != nil || n.Exercises[0].Score == n.Exercises[0].MaxScore {
		t.Errorf("as JSON: got exit %d (%v), want 1 and fewer points", code, err)
	}
	if code, _, errs = invoke(t, "check", serial, "nonsense"); code != 1 || !strings.Contains(errs, "it has each, count") {
		t.Errorf("an unknown exercise: got exit %d, %s, want exit 1 and the known ones", code, errs)
	}
}

func TestAFolderThatIsNotACourseIsAnErrorWithItsRemedy(t *testing.T) {
	code, _, errs := invoke(t, "grade", "demo", "--course", t.TempDir())
	if code != 1 || !strings.Contains(errs, "coursework new") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// The gradebook here is a script that records everybody but one.
func TestFeedbackIsWrittenForAllButTheStudentForWhomTheGradebookFails(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"go.mod":            "module " + checkout.Module() + "\n",
		".venv/bin/python":  "#!/bin/sh\nwhile read -r line; do case \"$line\" in *'\"student\":\"bad\"'*) echo '{\"error\":\"full\"}' ;; *) echo '{\"score\":1}' ;; esac; done\n",
		"c/coursework.json": "{}",
	}
	for _, student := range []string{"ada", "bad", "zoe"} {
		files["c/results/demo/"+student+".json"] = `{"assignment": "demo", "student": "` + student + `", "notebooks": [{"name": "demo"}]}`
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := invoke(t, "feedback", "demo", "--course", filepath.Join(dir, "c"))
	if code != 1 || !strings.Contains(errs, "bad, demo: full") {
		t.Errorf("exit %d, %s", code, errs)
	}
	for student, want := range map[string]bool{"ada": true, "bad": false, "zoe": true} {
		page := filepath.Join("feedback", student, "demo", "demo.html")
		if _, err := os.Stat(filepath.Join(dir, "c", page)); (err == nil) != want || strings.Contains(out, page) != want {
			t.Errorf("%s: got feedback %v, want %v; printed: %s", student, err == nil, want, out)
		}
	}
}

func TestTextOfAnswersDoesNothingToTheTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	(&output{stdout: f}).problem("", course.Problem{Kind: course.Note, Cell: "c", Text: "a\x1b]0;title\ab\x1b[31mc\u202ed\u009b\n\te"})
	if text, err := os.ReadFile(f.Name()); err != nil || string(text) != "note  c: abc\uFFFDd\uFFFD\n\te\n" {
		t.Errorf("got %q (%v), want no control characters", text, err)
	}
}
