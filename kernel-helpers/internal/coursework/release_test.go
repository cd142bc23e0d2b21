package coursework

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/notebook"
)

// releasePS1 releases the assignment ps1 of the course in dir.
func releasePS1(ctx context.Context, dir string, log io.Writer) error {
	c, err := Open(dir)
	if err != nil {
		return err
	}
	_, err = c.Release(ctx, "ps1", log)
	return err
}

// mustRelease releases a course's ps1.
func mustRelease(t testing.TB, dir string) {
	t.Helper()
	if err := releasePS1(t.Context(), dir, t.Output()); err != nil {
		t.Fatal(err)
	}
}

// releasedCourse copies a course whose ps1 is released. Releasing takes nbgrader
// seconds, so it happens once.
func releasedCourse(t testing.TB) string {
	t.Helper()
	made, err := releasedOnce()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "go-101")
	if err := os.CopyFS(dir, made); err != nil {
		t.Fatal(err)
	}
	return dir
}

var releasedOnce = sync.OnceValues(func() (fs.FS, error) {
	temporary, err := os.MkdirTemp("", "coursework-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	dir := filepath.Join(temporary, "go-101")
	if err := NewCourse(dir); err != nil {
		return nil, err
	}
	if err := releasePS1(context.Background(), dir, io.Discard); err != nil {
		return nil, err
	}
	files := fstest.MapFS{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = &fstest.MapFile{Data: text, Mode: 0o644}
		return err
	})
	return files, err
})

func TestAReleaseHasNoSolutionNoHiddenTestAndNoOutput(t *testing.T) {
	coursetest.NeedPython(t)
	dir := releasedCourse(t)
	file := filepath.Join(dir, "release", "ps1", "ps1.ipynb")
	nb, err := notebook.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"all.Go", "TestInOrderOverlaps", "BEGIN", "the slowest decides"} {
		if strings.Contains(string(nb.Bytes()), secret) {
			t.Errorf("got a release with %q, want none", secret)
		}
	}
	if !strings.Contains(string(nb.Bytes()), `\t// YOUR CODE HERE\n`) || !strings.Contains(string(nb.Bytes()), `\tpanic(\"not implemented\")\n`) {
		t.Error("got a release without the stub, want it")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".release-*")); len(left) > 0 {
		t.Errorf("got the leftovers %v, want none", left)
	}
}

func TestAFailedReleaseLeavesTheOldOne(t *testing.T) {
	coursetest.NeedPython(t)
	dir := releasedCourse(t)
	released := filepath.Join(dir, "release", "ps1", "ps1.ipynb")
	before, err := os.ReadFile(released)
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(dir, "source", "ps1", "ps1.ipynb")
	good, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range longtest.Every(4, map[string]struct{ from, to, wants string }{
		"a hidden test is named in the text": {"More tests, which", "More tests (TestInOrderOverlaps), which", "it names the hidden test TestInOrderOverlaps"},
		"a test passes with the stub":        {"got := inOrder([]func() int{after(3*time.Second, 1), after(time.Second, 2)})", "got := []int{1, 2}", "TestInOrderKeepsOrder passes before anything is answered"},
		"it does not compile as released":    {`"func inOrder(`, `"var left = missing\n", "func inOrder(`, "undefined: missing"},
		"points that don't add up":           {"// Points: 2", "// Points: 5", "make them equal"},
	}) {
		changed := strings.Replace(string(good), c.from, c.to, 1)
		if changed == string(good) {
			t.Fatalf("%s: got an unchanged source, want a change", name)
		}
		if err := os.WriteFile(source, []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := releasePS1(t.Context(), dir, t.Output()); err == nil || !strings.Contains(err.Error(), c.wants) {
			t.Errorf("%s: got the error %v, want %q", name, err, c.wants)
		}
	}
	if after, err := os.ReadFile(released); err != nil || string(after) != string(before) {
		t.Errorf("got another release than before (%v), want the old one", err)
	}
}
