package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

func TestMain(m *testing.M) {
	coursework.Child()
	m.Run()
}

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

var course = filepath.Join("..", "..", "internal", "coursework", "testdata", "course")

func TestWrongUsageIsToldInALineAndExitsWith2(t *testing.T) {
	for _, args := range [][]string{
		{}, {"nonsense"}, {"grade"}, {"--parallel", "-1", "grade", "demo"}, {"grade", "--times", "x"}, {"check", "a.ipynb", "b", "c"}, {"collect", "demo"},
		{"--parallel", "0", "grade", "demo"}, {"grade", "demo", "--times", "3"}, {"check", "--again"}, {"release", "--json", "demo"}, {"handout"},
		{"new", "ps4"}, // in the checkout and in no course: a course, or an assignment?
	} {
		code, out, errs := invoke(t, args...)
		if code != 2 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "--help") {
			t.Errorf("coursework %v: exit %d, printed %q and %q", args, code, out, errs)
		}
	}
}

func TestHelpNamesEveryCommandAndOption(t *testing.T) {
	code, out, _ := invoke(t, "--help")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	for name := range commands {
		if !strings.Contains(out, "coursework "+name) {
			t.Errorf("the help doesn't tell of %s", name)
		}
	}
	for name, of := range optionsOf {
		if !strings.Contains(out, "--"+name) {
			t.Errorf("the help doesn't tell of --%s", name)
		}
		for _, command := range of {
			if commands[command] == nil {
				t.Errorf("--%s is for %s, which is no command", name, command)
			}
		}
	}
}

func TestCheckTellsAStudentWhatTheTestsSaw(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles answers and runs them in the sandbox")
	}
	file := filepath.Join(course, "source", "demo", "demo.ipynb")
	code, out, errs := invoke(t, "check", file)
	if code != 0 || !strings.Contains(out, "each: 3 of 3 points") || errs != "" {
		t.Errorf("a right notebook: exit %d, %s%s", code, out, errs)
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
		t.Errorf("a serial answer: exit %d, %s", code, out)
	}
	code, out, _ = invoke(t, "check", "--json", serial)
	var n coursework.NotebookResult
	if err := json.Unmarshal([]byte(out), &n); code != 1 || err != nil || n.Exercises[0].Score == n.Exercises[0].MaxScore {
		t.Errorf("as JSON: exit %d (%v)", code, err)
	}
	if code, _, errs = invoke(t, "check", serial, "nonsense"); code != 1 || !strings.Contains(errs, "it has each, count") {
		t.Errorf("an unknown exercise: exit %d, %s", code, errs)
	}
}

func TestAFolderThatIsNoCourseIsToldWithTheRemedy(t *testing.T) {
	code, _, errs := invoke(t, "grade", "demo", "--course", t.TempDir())
	if code != 1 || !strings.Contains(errs, "coursework new") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// The gradebook here is a script that takes in everybody but one.
func TestFeedbackForTheClassIsWrittenWhereTheGradebookFailsAtOne(t *testing.T) {
	checkout := t.TempDir()
	files := map[string]string{
		"go.mod":            "module example.com/speedup\n",
		".venv/bin/python":  "#!/bin/sh\nwhile read -r line; do case \"$line\" in *'\"student\":\"bad\"'*) echo '{\"error\":\"full\"}' ;; *) echo '{\"score\":1}' ;; esac; done\n",
		"c/coursework.json": "{}",
	}
	for _, student := range []string{"ada", "bad", "zoe"} {
		files["c/results/demo/"+student+".json"] = `{"assignment": "demo", "student": "` + student + `", "notebooks": [{"name": "demo"}]}`
	}
	for name, text := range files {
		file := filepath.Join(checkout, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := invoke(t, "feedback", "demo", "--course", filepath.Join(checkout, "c"))
	if code != 1 || !strings.Contains(errs, "bad, demo: full") {
		t.Errorf("exit %d, %s", code, errs)
	}
	for student, want := range map[string]bool{"ada": true, "bad": false, "zoe": true} {
		page := filepath.Join("feedback", student, "demo", "demo.html")
		if _, err := os.Stat(filepath.Join(checkout, "c", page)); (err == nil) != want || strings.Contains(out, page) != want {
			t.Errorf("%s has feedback: %v; printed is %s", student, err == nil, out)
		}
	}
}

func TestWhatAnswersSayDoesNothingToTheTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	(&output{stdout: f}).problem("", coursework.Problem{Kind: coursework.Note, Cell: "c", Text: "a\x1b]0;title\ab\x1b[31mc\u202ed\u009b\n\te"})
	if text, err := os.ReadFile(f.Name()); err != nil || string(text) != "note  c: abc\uFFFDd\uFFFD\n\te\n" {
		t.Errorf("printed is %q (%v)", text, err)
	}
}
