package course

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/notebook"
)

func TestANotebookOfMillionsOfCellsTakesLittleMemory(t *testing.T) {
	size := longtest.Pick(MaxNotebook/10, MaxNotebook)
	text := []byte(`{"cells":[{}` + strings.Repeat(",{}", (size-20)/3) + `]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cells, err := parseCells(text)
	runtime.ReadMemStats(&after)
	if err != nil || len(cells) > 0 {
		t.Errorf("got %d cells (%v), want 0", len(cells), err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(10*size) {
		t.Errorf("got %d MB allocated for a notebook of %d MB, want at most 10 times its size", took>>20, size>>20)
	}
}

// What students get has to be today's source without solutions and hidden tests, as
// `coursework release` makes it.
func TestReleasesFitTheirSources(t *testing.T) {
	c, err := OpenFolder(filepath.Join("..", "..", "..", "..", "notebooks", "coursework"))
	if err != nil {
		t.Fatal(err)
	}
	names, err := c.AssignmentNames()
	if err != nil || len(names) < 3 {
		t.Fatalf("got the assignments %v (%v), want at least 3", names, err)
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
			t.Errorf("%s: got a release of %d cells, want the source's %d: run `coursework release %s`", name, len(released.Cells()), len(source.Cells()), name)
			continue
		}
		for i, cell := range source.Cells() {
			m, ok := readMetadata(cell)
			want := cell.Source()
			switch {
			case ok && m.Solution && cell.Type() == "code":
				want = Code{Text: want}.Stub().Text
			case ok && m.Solution:
				want = "YOUR ANSWER HERE"
			case ok && m.Grade:
				want = Code{Text: want}.WithoutHidden().Text
			}
			if got := released.Cells()[i]; !SameText(got.Source(), want) || len(got.Outputs()) > 0 {
				t.Errorf("%s: got cell %d (%s) different from its source: run `coursework release %s`", name, i+1, m.GradeID, name)
			}
		}
	}
}
