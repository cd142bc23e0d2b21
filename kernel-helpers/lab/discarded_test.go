//go:build !browser

package lab

import (
	"regexp"
	"strings"
	"testing"
)

// discarded finds a result that is assigned to the blank identifier. A value
// beside a kept error, as in _, err := f(), is not one: the error comes last.
var discarded = regexp.MustCompile(`(?:^|[\s,(])_ :?=`)

// TestNotebooksDiscardNothingInSilence: a result that a cell throws away, which is
// mostly an error, has a comment on its line or the one before that says why.
func TestNotebooksDiscardNothingInSilence(t *testing.T) {
	for name, nb := range courseNotebooks(t) {
		for i, cell := range nb.Cells() {
			if cell.Type() != "code" {
				continue
			}
			before := ""
			for line := range strings.Lines(cell.Source()) {
				if discarded.MatchString(line) && !strings.Contains(line+before, "//") {
					t.Errorf("%s: cell %d discards a result without saying why: %s", name, i+1, line)
				}
				before = line
			}
		}
	}
}
