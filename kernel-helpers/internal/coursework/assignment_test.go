package coursework

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestATestAsksForWhatItsCommentSaysWithoutPointsAndMarks(t *testing.T) {
	_, a := demo(t)
	cases := exerciseNamed(t, a, "count").Cases
	if got := cases[1]; got.Asks != "TestCountOfNothing asks for an empty map." || !got.Hidden || got.Points != 1 {
		t.Errorf("read as %+v", got)
	}
}

func TestACellThatIsThereTwiceIsToldToAStudentWithTheRemedy(t *testing.T) {
	text := edit(t, func(cells []cellJSON) []cellJSON {
		for _, cell := range cells {
			if gradeID(cell) == "count" { // as Jupyter copies a cell: under another id
				twin := maps.Clone(cell)
				twin["id"] = "twin"
				cells = append(cells, twin)
			}
		}
		return cells
	})
	file := filepath.Join(t.TempDir(), "demo.ipynb")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSheet(file); err == nil || !strings.Contains(err.Error(), "delete the copy") {
		t.Errorf("the error is %v", err)
	}
}
