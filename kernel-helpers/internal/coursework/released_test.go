package coursework

import (
	"path/filepath"
	"testing"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// TestReleasesFitTheirSources: what students get is today's source without
// solutions and hidden tests, as `coursework release` makes it.
func TestReleasesFitTheirSources(t *testing.T) {
	c, err := OpenCourse(filepath.Join("..", "..", "..", "notebooks", "coursework"))
	if err != nil {
		t.Fatal(err)
	}
	names, err := c.AssignmentNames()
	if err != nil || len(names) < 3 {
		t.Fatalf("the course has the assignments %v (%v)", names, err)
	}
	for _, name := range names {
		source, err := notebook.Read(filepath.Join(c.Dir, "source", name, name+".ipynb"))
		if err != nil {
			t.Fatal(err)
		}
		released, err := notebook.Read(filepath.Join(c.Dir, "release", name, name+".ipynb"))
		if err != nil {
			t.Fatal(err)
		}
		if len(source.Cells()) != len(released.Cells()) {
			t.Errorf("%s has %d cells and was released with %d: run `coursework release %s`", name, len(source.Cells()), len(released.Cells()), name)
			continue
		}
		for i, cell := range source.Cells() {
			m, ok := gradeCell(cell)
			want := cell.Source()
			switch {
			case ok && m.Solution && cell.Type() == "code":
				want = stub(Code{Text: want}).Text
			case ok && m.Solution:
				want = "YOUR ANSWER HERE"
			case ok && m.Grade:
				want = withoutHidden(want)
			}
			if got := released.Cells()[i]; !sameText(got.Source(), want) || len(got.Outputs()) > 0 {
				t.Errorf("%s: cell %d (%s) isn't as its source: run `coursework release %s`", name, i+1, m.GradeID, name)
			}
		}
	}
}
