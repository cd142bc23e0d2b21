//go:build !browser

package lab

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	minutesRow = regexp.MustCompile(`(?m)^\| (\d+) \| .+ \|$`)
	glossed    = regexp.MustCompile(`(?m)^### (.+)$`)
)

// TestEveryNotebookHasAPageForTeachers: aims, misconceptions, questions, and a
// plan whose parts fill 90 minutes.
func TestEveryNotebookHasAPageForTeachers(t *testing.T) {
	for file := range courseNotebooks(t) {
		_, name, _ := strings.Cut(strings.TrimSuffix(file, ".ipynb"), "-")
		page, err := os.ReadFile(filepath.Join("..", "..", "notebooks", "teaching", name+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, heading := range []string{"## Aims\n", "## Misconceptions\n", "## Questions for the room\n", "## A plan for 90 minutes\n"} {
			if !strings.Contains(string(page), heading) {
				t.Errorf("%s.md has no heading %q", name, strings.TrimSpace(heading))
			}
		}
		if !strings.Contains(string(page), "(../"+file+")") {
			t.Errorf("%s.md doesn't link %s", name, file)
		}
		minutes := 0
		_, plan, _ := strings.Cut(string(page), "## A plan for 90 minutes\n")
		for _, m := range minutesRow.FindAllStringSubmatch(plan, -1) {
			n, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			minutes += n
		}
		if minutes != 90 {
			t.Errorf("%s.md plans %d minutes, want 90", name, minutes)
		}
	}
}

// TestTheGlossaryIsInOrder: readers look words up by the alphabet.
func TestTheGlossaryIsInOrder(t *testing.T) {
	before := ""
	words := glossed.FindAllStringSubmatch(readFile(t, "..", "..", "notebooks", "teaching", "glossary.md"), -1)
	for _, m := range words {
		if word := strings.ToLower(m[1]); word <= before {
			t.Errorf("%q comes after %q, want the order of the alphabet", word, before)
		} else {
			before = word
		}
	}
	if len(words) < 50 {
		t.Errorf("%d words, want at least 50", len(words))
	}
}
