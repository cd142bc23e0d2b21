//go:build !browser

package lab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A row of the record: the row of cells.tsv, the notebook, the cell's id and a
// part of what the cell prints.
var recorded = regexp.MustCompile("(?m)^\\| (\\S+) \\|[^|]*\\| \\[\\d\\d\\]\\(\\.\\./([^)]+)\\) `([^`]+)` \\| (?:`(.+?)`)? \\|")

// TestTheRecordOfRowsIsTrue compares the page that says which cell ports which
// row of cells.tsv with the notebooks: the cell has the row's tag and prints what
// the page says.
func TestTheRecordOfRowsIsTrue(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "notebooks", "teaching", "rows.md"))
	if err != nil {
		t.Fatal(err)
	}
	nbs := courseNotebooks(t)
	missing := documentCells(t)
	for _, m := range recorded.FindAllStringSubmatch(string(page), -1) {
		row, file, id, want := m[1], m[2], m[3], strings.ReplaceAll(m[4], `\|`, "|")
		missing = slices.DeleteFunc(missing, func(s string) bool { return s == row })
		if nbs[file] == nil {
			t.Errorf("%s: there is no notebook %s", row, file)
			continue
		}
		found := false
		for _, cell := range nbs[file].Cells() {
			if cell.ID() != id {
				continue
			}
			found = true
			if !slices.Contains(sourcesOf(t, file, cell), row) {
				t.Errorf("%s: cell %s of %s has no tag for it", row, id, file)
			}
			var printed strings.Builder
			for _, o := range cell.Outputs() {
				var plain string
				if raw := o.Data["text/plain"]; raw != nil {
					if err := json.Unmarshal(raw, &plain); err != nil {
						t.Errorf("%s: cell %s of %s: its plain text: %v", row, id, file, err)
					}
				}
				printed.WriteString(o.Text + o.EValue + plain + "\n")
			}
			if !strings.Contains(printed.String(), want) {
				t.Errorf("%s: cell %s of %s prints\n%s\nwant %q in it", row, id, file, &printed, want)
			}
		}
		if !found {
			t.Errorf("%s: %s has no cell %s", row, file, id)
		}
	}
	if len(missing) > 0 {
		t.Errorf("the page has no row for %q", missing)
	}
}
