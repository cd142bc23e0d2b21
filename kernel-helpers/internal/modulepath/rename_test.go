package modulepath

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
)

func TestOnlyWholePathsAreReplaced(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`import "example.com/a"`, `import "example.org/b/c"`},
		{`\"example.com/a/pkg\"\nexample.com/a.`, `\"example.org/b/c/pkg\"\nexample.org/b/c.`},
		{"https://example.com/a: main\nmodule example.com/a\n", "https://example.org/b/c: main\nmodule example.org/b/c\n"},
		{"example.com/ab example.com/a-b example.com/a.b my.example.com/a", "example.com/ab example.com/a-b example.com/a.b my.example.com/a"},
		{"example.com/a", "example.org/b/c"},
	} {
		if got := replace(c.text, "example.com/a", "example.org/b/c"); got != c.want {
			t.Errorf("replace(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// write makes a tree of files, by slash-separated names.
func write(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFilesOfTheCheckoutAreRenamedAndOthersAreNot(t *testing.T) {
	files := map[string]string{
		"go.mod":           "module example.com/a\n\ngo 1.26\n",
		"a.go":             "package a\n\nimport (\n\t\"example.com/a/z\"\n\t\"example.com/b\"\n)\n",
		"n/x.ipynb":        `{"source": ["import \"example.com/a/z\"\n"]}`,
		".github/page.md":  "See example.com/a.",
		".lab/log":         "example.com/a",
		"bin/program":      "example.com/a",
		"n/.hidden/x":      "example.com/a",
		"picture.png":      "example.com/a\x00",
		"other/text.patch": "+example.com/ab",
	}
	want := []string{".github/page.md", "a.go", "n/x.ipynb", "go.mod"}
	for _, git := range []bool{false, true} {
		root := write(t, files)
		if git {
			if err := os.WriteFile(filepath.Join(root, ".gitignore"), []byte("/.lab/\n/bin/\n.hidden\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("git", "-C", root, "init", "-q").CombinedOutput(); err != nil {
				t.Skipf("git: %v\n%s", err, out)
			}
		}
		done, err := Rename(t.Context(), root, "example.com/z")
		if err != nil || !slices.Equal(done.Changed, want) || !slices.Equal(done.Left, []string{"picture.png"}) {
			t.Errorf("git %t: %q, %v, want %q changed and picture.png left", git, done, err, want)
		}
		text, err := os.ReadFile(filepath.Join(root, "a.go"))
		if sorted := "package a\n\nimport (\n\t\"example.com/b\"\n\t\"example.com/z/z\"\n)\n"; err != nil || string(text) != sorted {
			t.Errorf("a.go is now\n%s\nwant\n%s", text, sorted)
		}
		if done, err := Rename(t.Context(), root, "example.com/z"); err != nil || len(done.Changed) > 0 {
			t.Errorf("the second time it changed %q, %v, want nothing", done.Changed, err)
		}
	}
}

func TestBadPathsAreRefusedAndChangeNothing(t *testing.T) {
	files := map[string]string{"go.mod": "module example.com/a\n\ngo 1.26\n\nrequire example.com/needed/b v1.0.0\n"}
	root := write(t, files)
	for _, bad := range []string{
		"", "/a", "a//b", "a/", "../a", "a b/c", "https://example.com/a", "example.com/ä", "-a/b", "example.com/a.", "example.com/con",
		"example.com/internal/a", "example.com/vendor", "example.com/needed/b", "example.com/needed/b/c", "example.com/needed",
	} {
		if done, err := Rename(t.Context(), root, bad); err == nil || len(done.Changed) > 0 {
			t.Errorf("Rename to %q: changed %q, %v, want an error", bad, done.Changed, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || string(text) != files["go.mod"] {
		t.Errorf("go.mod is now %q, %v", text, err)
	}
	if _, err := Rename(t.Context(), t.TempDir(), "example.com/b"); err == nil {
		t.Error("without a go.mod: no error, want one")
	}
}

// The whole checkout: the old path occurs nowhere afterwards, in no spelling, and
// everything builds.
func TestARenamedCheckoutBuildsAndHasTheOldPathNowhere(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles every package under another path")
	}
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	names, err := files(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	for _, name := range names {
		copyFile(t, filepath.Join(root, name), filepath.Join(copied, name))
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	oldPath := strings.Fields(string(mod))[1]
	newPath := strings.Join([]string{"git.example.org", "a-class", "concurrency_2"}, "/") // not in the file's text: the rename back would change it
	done, err := Rename(t.Context(), copied, newPath)
	if err != nil || len(done.Changed) < 100 {
		t.Fatalf("%d files changed, %v", len(done.Changed), err)
	}
	if want := []string{"kernel-helpers/timeline/testdata/pool.trace"}; !slices.Equal(done.Left, want) {
		t.Errorf("left are %q, want %q alone, a recorded trace", done.Left, want)
	}
	err = fs.WalkDir(os.DirFS(copied), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || slices.Contains(done.Left, name) {
			return err
		}
		text, err := os.ReadFile(filepath.Join(copied, name))
		if i := bytes.Index(text, []byte(oldPath)); i >= 0 {
			t.Errorf("%s still has %.80q", name, text[i:])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// Go resolves all imports, those of tests too, but compiles only a part: under
	// the new path nothing is in its cache.
	commands := [][]string{{"list", "-deps", "-test", "./..."}, {"list", "-deps", "-test", "-tags", "browser", "./kernel-helpers/lab"}, {"test", "./kernel-helpers/display"}}
	if longtest.Pick(false, true) {
		commands = [][]string{{"build", "./..."}, {"vet", "-tags", "browser", "./kernel-helpers/lab"}, {"vet", "-tags", "notebooks", "./kernel-helpers/lab"}, {"test", "./kernel-helpers/timeline"}}
	}
	for _, args := range commands {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = copied
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %q in the copy: %v\n%s", args, err, out)
		}
	}

	if _, err := Rename(t.Context(), copied, oldPath); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		before, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted, and not committed yet
		}
		if after, err := os.ReadFile(filepath.Join(copied, name)); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s differs after the rename back (%v)", name, err)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Lstat(from)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
}
