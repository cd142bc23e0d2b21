package course_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

func TestATestAsksForWhatItsCommentSaysWithoutPointsAndMarks(t *testing.T) {
	cases := coursetest.Exercise(t, "count").Cases
	if got := cases[1]; got.Asks != "TestCountOfNothing asks for an empty map." || !got.Hidden || got.Points != 1 {
		t.Errorf("got %+v, want a hidden test of 1 point that asks for an empty map", got)
	}
}

func TestACopiedCellIsAnErrorWithItsRemedy(t *testing.T) {
	text := coursetest.Edit(t, func(cells []coursetest.Cell) []coursetest.Cell {
		for _, cell := range cells {
			if coursetest.GradeID(cell) == "count" { // as Jupyter copies a cell: under another id
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
	if _, err := course.ReadNotebook(file); err == nil || !strings.Contains(err.Error(), "delete the copy") {
		t.Errorf("got the error %v, want how to fix it", err)
	}
}
