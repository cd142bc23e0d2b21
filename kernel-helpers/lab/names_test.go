//go:build !browser

package lab

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testName     = regexp.MustCompile(`\b(?:Test|Benchmark)[A-Z]\w+`)
	testFunc     = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark)\w+)\(`)
	notebookFile = regexp.MustCompile(`notebooks/[0-9]+-[a-z-]+\.ipynb`)
	codeSpan     = regexp.MustCompile("`([a-z][a-z0-9-]*(?:/[a-z][A-Za-z0-9_.-]*)+)`")
)

// pathsElsewhere matches paths that are not in the checkout, or in many places of it:
// in folders of a course or of a package's tests, in the standard library, in GoNB.
var pathsElsewhere = regexp.MustCompile(`^(bin|results|release|source|mutants|notes|submitted|testdata|workloads/NAME|runtime|testing|net)/|^internal/jpyexec$`)

// Pages name tests, files and packages, which are renamed now and then.
func TestPagesNameTestsAndFilesThatExist(t *testing.T) {
	tests := testNames(t)
	for _, p := range markdownPages(t) {
		if filepath.Ext(p.file) != ".md" {
			continue
		}
		for _, name := range testName.FindAllString(string(p.source), -1) {
			if !strings.Contains(tests, "\n"+name) { // it may be the beginning of a name, for -run
				t.Errorf("%s names %s, want a test that exists", p.file, name)
			}
		}
		for _, name := range notebookFile.FindAllString(string(p.source), -1) {
			if _, err := os.Stat(filepath.Join("..", "..", name)); err != nil {
				t.Errorf("%s names %s, want a notebook that exists", p.file, name)
			}
		}
		for _, m := range codeSpan.FindAllStringSubmatch(string(p.source), -1) {
			if !pathsElsewhere.MatchString(m[1]) && !existsSomewhere(p.file, m[1]) {
				t.Errorf("%s names %s, want a file or a folder that exists", p.file, m[1])
			}
		}
	}
}

// testNames returns the names of all tests and benchmarks, each after a line feed.
func testNames(t *testing.T) string {
	t.Helper()
	var names strings.Builder
	for _, folder := range []string{"kernel-helpers", "workloads"} {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, "_test.go") {
				return err
			}
			for _, m := range testFunc.FindAllStringSubmatch(readFile(t, file), -1) {
				names.WriteString("\n" + m[1])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names.String()
}

// existsSomewhere reports whether a path exists from the page's folder, or from one
// that the pages take as known.
func existsSomewhere(page, path string) bool {
	root := filepath.Join("..", "..")
	helpers := filepath.Join(root, "kernel-helpers")
	for _, folder := range []string{
		filepath.Dir(page), root, helpers, filepath.Join(helpers, "internal"), filepath.Join(helpers, "internal", "coursework"), filepath.Join(root, "notebooks"),
	} {
		if _, err := os.Stat(filepath.Join(folder, filepath.FromSlash(path))); err == nil {
			return true
		}
	}
	return false
}
