package coursework

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// smallCheckout makes a checkout with the files that a handout looks at.
func smallCheckout(t *testing.T) (dir string, c *Course) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "checkout")
	for name, text := range map[string]string{
		"go.mod": "module " + checkout.Module() + "\n", "install.sh": "#!/bin/sh\n", ".github/page.md": "x", ".ci/run": "x", "secret.txt": "x", ".gitignore": ".ipynb_checkpoints\n",
		"notebooks/01.ipynb": "{}", "notebooks/.ipynb_checkpoints/01.ipynb": "{}", "workloads/w.go": "x", "kernel-helpers/k.go": "x",
		"notebooks/coursework/" + course.SettingsFile: `{"title": "t"}`, "notebooks/coursework/nbgrader_config.py": "x",
		"notebooks/coursework/source/ps1/ps1.ipynb": "solution", "notebooks/coursework/mutants/ps1/m.go.txt": "x",
		"notebooks/coursework/notes/ps1.md": "x", "notebooks/coursework/results/ps1/ann.json": "x", "notebooks/coursework/gradebook.db": "x",
		"notebooks/coursework/release/ps1/ps1.ipynb": "released", "notebooks/coursework/release/ps1/.ipynb_checkpoints/ps1.ipynb": "tried out",
	} {
		file := filepath.Join(dir, name)
		mode := fs.FileMode(0o644)
		if name == "install.sh" {
			mode = 0o755
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), mode)); err != nil {
			t.Fatal(err)
		}
	}
	return dir, &Course{Folder: &course.Folder{Dir: filepath.Join(dir, "notebooks", "coursework")}}
}

// filesBelow lists the files below a folder.
func filesBelow(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAHandoutHasTheReleasesAndNothingElseOfTheCourse(t *testing.T) {
	want := []string{".github/page.md", ".gitignore", "go.mod", "install.sh", "kernel-helpers/k.go", "notebooks/01.ipynb",
		"notebooks/coursework/" + course.SettingsFile, "notebooks/coursework/nbgrader_config.py", "notebooks/coursework/release/ps1/ps1.ipynb", "workloads/w.go"}
	checkout, c := smallCheckout(t)
	hand := func() {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "class")
		r, err := c.Handout(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(r.Assignments, []string{"ps1"}) {
			t.Errorf("got the assignments %q, want ps1", r.Assignments)
		}
		if got := filesBelow(t, dir); !slices.Equal(got, want) {
			t.Errorf("got the files %q, want %q", got, want)
		}
		if info, err := os.Stat(filepath.Join(dir, "install.sh")); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("install.sh: got %v, %v, want mode 0755", info, err)
		}
		if left := filesBelow(t, filepath.Dir(dir)); len(left) != len(want) {
			t.Errorf("got %q beside the handout, want nothing", left)
		}
	}
	hand()
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}} {
		if said, err := exec.Command("git", append([]string{"-C", checkout}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git: %v, %s", err, said)
		}
	}
	for _, file := range []string{"notebooks/mine.ipynb", "kernel-helpers/draft.go"} { // git doesn't know them
		if err := os.WriteFile(filepath.Join(checkout, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(checkout, "workloads", "w.go")); err != nil { // git does know it
		t.Fatal(err)
	}
	want = slices.DeleteFunc(want, func(name string) bool { return name == "workloads/w.go" })
	hand()
}

func TestAHandoutIsRefusedWhereItWouldSpoilSomething(t *testing.T) {
	checkout, c := smallCheckout(t)
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "thesis"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, test := range []struct {
		ctx       context.Context
		dir, says string
	}{
		{t.Context(), full, "not empty"},
		{t.Context(), filepath.Join(checkout, "notebooks", "class"), "in the checkout itself"},
		{t.Context(), checkout, "in the checkout itself"},
		{stopped, filepath.Join(t.TempDir(), "class"), "context canceled"},
	} {
		if _, err := c.Handout(test.ctx, test.dir); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got the error %v, want %q", test.dir, err, test.says)
		}
	}
	if err := os.RemoveAll(filepath.Join(c.Dir, "release")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Handout(t.Context(), filepath.Join(t.TempDir(), "class")); err == nil || !strings.Contains(err.Error(), "coursework release") {
		t.Errorf("without a release: got the error %v, want how to make one", err)
	}
}
