//go:build notebooks && !browser

package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNotebooksBecomeSlides converts the notebooks with the command that the page
// for teachers gives, and looks for what belongs on slides and what doesn't.
func TestNotebooksBecomeSlides(t *testing.T) {
	folder := t.TempDir()
	args := []string{"nbconvert", "--to", "slides", "--SlidesExporter.reveal_scroll=True", "--output-dir", folder}
	for _, file := range selfStudy {
		args = append(args, filepath.Join("..", "..", "notebooks", file))
	}
	convert := exec.CommandContext(t.Context(), filepath.Join("..", "..", ".venv", "bin", "jupyter"), args...)
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("nbconvert: %v\n%s", err, out)
	}
	for _, file := range selfStudy {
		page, err := os.ReadFile(filepath.Join(folder, strings.TrimSuffix(file, ".ipynb")+".slides.html"))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(page), "<section>"); n < 10 {
			t.Errorf("%s: %d slides, want at least 10", file, n)
		}
		if strings.Contains(string(page), "<summary>Answer</summary>") {
			t.Errorf("%s: an answer is on a slide", file)
		}
	}
}
