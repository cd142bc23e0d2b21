//go:build !browser && !notebooks

package lab_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// TestTheBookHasNoLinkOutOfItself lays out what Jupyter Book builds, which itself
// fails at links within the book that lead nowhere.
func TestTheBookHasNoLinkOutOfItself(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	out := regexp.MustCompile(`\]\((\.\./|coursework/|attachment:)[^)]*\)`)
	for name, repository := range map[string][]string{
		"no repository": nil,
		"a repository":  {"https://github.com/example/speedup.git"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "site")
			args := append([]string{"book/make.py", filepath.Join("..", ".."), folder}, repository...)
			if out, err := exec.CommandContext(t.Context(), python, args...).CombinedOutput(); err != nil {
				t.Fatalf("make.py: %v\n%s", err, out)
			}
			files, err := filepath.Glob(filepath.Join(folder, "notebooks", "*.ipynb"))
			if err != nil || len(files) < 12 {
				t.Fatalf("got the notebooks %q, error %v; want 12", files, err)
			}
			links := 0
			for _, file := range files {
				nb, err := notebook.Read(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range nb.Cells() {
					if c.Type() != "markdown" {
						continue
					}
					links += strings.Count(c.Source(), "](https://github.com/example/speedup/blob/main/")
					for _, link := range out.FindAllString(c.Source(), -1) {
						t.Errorf("%s: got the link %s, which leads out of the book", filepath.Base(file), link)
					}
				}
			}
			if (links > 0) != (repository != nil) {
				t.Errorf("got %d links to the repository", links)
			}
		})
	}
}
