//go:build !browser

package lab

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// roots lists patterns of files that are used from outside the repository, or
// that a program finds by their location, with the reason. All other files must
// be reachable from them: as a file of a package that is imported or run, as an
// embedded file, or by its name in a reachable file.
var roots = map[string]string{
	"install.sh":                   "the user runs it",
	"README.md":                    "the first page",
	"go.mod":                       "the go command reads it",
	"go.sum":                       "the go command reads it",
	".gitignore":                   "git reads it",
	".editorconfig":                "editors read it",
	".golangci.yml":                "golangci-lint reads it",
	".ci/run":                      "CI runs it",
	".github/*":                    "hosts of repositories show it",
	"notebooks/*":                  "the course: JupyterLab and tests list the folder",
	"kernel-helpers/lab/*_test.go": "tests of the whole, in a package that has nothing else",

	"kernel-helpers/cmd/*/testdata/script/*": "package scripttest runs every file of the folder",

	"notebooks/teaching/*":                 "pages for readers and teachers, which notebooks link",
	"notebooks/coursework/*":               "a course: coursework and nbgrader look for these names",
	"notebooks/coursework/source/*/*":      "an assignment, as nbgrader lays it out",
	"notebooks/coursework/release/*/*":     "what coursework release made of it",
	"notebooks/coursework/notes/*":         "notes for teachers, a page each assignment",
	"notebooks/coursework/mutants/*/*/*/*": "wrong answers: coursework verify walks the folder",
}

func TestEveryTrackedFileIsReached(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Skipf("this is not a git clone: %v", err)
	}
	r := reach{root: root, unreached: make(map[string]bool)}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if _, err := os.Lstat(filepath.Join(root, name)); err == nil { // otherwise it is deleted, but not committed yet
			r.unreached[name] = true
		}
	}
	r.packages = listPackages(t, root)
	for pattern := range roots {
		if !r.match(t, pattern) {
			t.Errorf("no file matches the root %s; remove it", pattern)
		}
	}
	for r.step(t) {
	}
	for _, name := range slices.Sorted(maps.Keys(r.unreached)) {
		t.Errorf("%s is not reachable; delete it, or name it where it is used", name)
	}
}

// reach is the state of the search.
type reach struct {
	root      string
	packages  []*goPackage
	unreached map[string]bool // files
	pending   []string        // files that are reachable and have not been read yet
}

// goPackage is the output of go list for a package, for one set of tags.
type goPackage struct {
	Dir, Name, ImportPath                                      string
	GoFiles, CgoFiles, IgnoredGoFiles, EmbedFiles, SFiles      []string
	TestGoFiles, XTestGoFiles, TestEmbedFiles, XTestEmbedFiles []string
	done                                                       bool
}

func listPackages(t *testing.T, root string) (all []*goPackage) {
	t.Helper()
	for _, tags := range []string{"", "browser", "notebooks"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-tags", tags, "-json", "./...")
		list.Dir = root
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
			var p goPackage
			if err := d.Decode(&p); err != nil {
				t.Fatal(err)
			}
			all = append(all, &p)
		}
	}
	return all
}

// match marks the files that match a pattern as reachable.
func (r *reach) match(t *testing.T, pattern string) (any bool) {
	for name := range r.unreached {
		matched, err := path.Match(pattern, name)
		if err != nil {
			t.Fatal(err)
		}
		if matched {
			any = true
			r.take(name)
		}
	}
	return any
}

func (r *reach) take(name string) {
	if r.unreached[name] {
		delete(r.unreached, name)
		r.pending = append(r.pending, name)
	}
}

// runs returns the longest parts of a text that consist of letters, digits and the
// given characters. A regular expression for this takes the race detector a minute.
func runs(text, besides string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(besides, r)
	})
}

// step reads a reachable file and marks the files that it names as reachable.
func (r *reach) step(t *testing.T) bool {
	t.Helper()
	if len(r.pending) == 0 {
		return false
	}
	file := r.pending[0]
	r.pending = r.pending[1:]
	text := readFile(t, r.root, file)
	words := make(map[string]bool)
	for _, w := range runs(text, "_.-") {
		words[strings.Trim(w, ".-")] = true
		words[w] = true
	}
	paths := make(map[string]bool)
	var globs []string
	for _, p := range runs(text, "_./*-") {
		paths[strings.TrimPrefix(strings.Trim(p, "./"), module)] = true
		if strings.Contains(p, "*") {
			globs = append(globs, path.Join(path.Dir(file), p))
		}
	}
	for _, p := range r.packages {
		name := strings.TrimPrefix(p.ImportPath, module)
		// With a file, the rest of its package is reachable.
		if !p.done && (paths[name] || p.Name == "main" && paths["bin/"+path.Base(name)] || path.Dir(file) == name && strings.HasSuffix(file, ".go")) {
			p.done = true
			for _, files := range [][]string{
				p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.SFiles, p.EmbedFiles, p.TestGoFiles, p.XTestGoFiles, p.TestEmbedFiles, p.XTestEmbedFiles,
			} {
				for _, f := range files {
					r.take(name + "/" + f)
				}
			}
		}
	}
	for name := range r.unreached {
		if strings.HasSuffix(name, ".go") && !strings.Contains(name, "/testdata/") {
			continue // it is reachable only with its package
		}
		// A testdata folder may be named instead of its files.
		_, data, inTestdata := strings.Cut(name, "/testdata/")
		folder, _, deeper := strings.Cut(data, "/")
		module, python := strings.CutSuffix(path.Base(name), ".py")
		globbed := func(glob string) bool {
			matched, err := path.Match(glob, name)
			return matched && err == nil
		}
		if words[path.Base(name)] || python && words[module] || slices.ContainsFunc(globs, globbed) || inTestdata && deeper && words[folder] && strings.HasPrefix(name, path.Dir(file)+"/") {
			r.take(name)
		}
	}
	return true
}
