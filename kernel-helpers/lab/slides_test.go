//go:build !browser

package lab

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

var updateSlides = flag.Bool("update-slides", false, "write the slide types into the notebooks")

var newSlide = regexp.MustCompile(`^#{1,3} `)

// slideType says what a cell is when nbconvert makes slides of its notebook: a
// heading begins a slide, explanations and results come one by one, a task is a
// slide below, and checks, answers and the questions at the end are left out.
// "" belongs to the cell before.
func slideType(c *notebook.Cell) string {
	source := c.Source()
	switch {
	case c.Metadata("check") != nil, c.Metadata("answer") != nil,
		strings.HasPrefix(source, "## ") && strings.Contains(source, "<details>"):
		return "skip"
	case c.Type() == "markdown" && newSlide.MatchString(source):
		return "slide"
	case strings.HasPrefix(source, "**Your turn"):
		return "subslide"
	case c.Type() == "markdown", len(c.Outputs()) > 0:
		return "fragment"
	}
	return ""
}

// TestEveryCellHasItsSlideType: with -args -update-slides it writes what is
// missing.
func TestEveryCellHasItsSlideType(t *testing.T) {
	for _, file := range selfStudy {
		nb := courseNotebooks(t)[file]
		want := map[string]string{}
		wrong := 0
		for _, cell := range nb.Cells() {
			var has struct {
				Type string `json:"slide_type"`
			}
			if raw := cell.Metadata("slideshow"); raw != nil {
				if err := json.Unmarshal(raw, &has); err != nil {
					t.Errorf("%s: cell %s: the metadata slideshow: %v", file, cell.ID(), err)
				}
			}
			want[cell.ID()] = slideType(cell)
			if has.Type != want[cell.ID()] {
				wrong++
			}
		}
		if wrong > 0 && *updateSlides {
			writeSlideTypes(t, file, nb.Bytes(), want)
		} else if wrong > 0 {
			t.Errorf("%s: %d cells have no slide type or a wrong one: run go test -run TestEveryCellHasItsSlideType ./kernel-helpers/lab -args -update-slides", file, wrong)
		}
	}
}

// writeSlideTypes writes a notebook with the slide types of its cells by ID.
func writeSlideTypes(t *testing.T, file string, text []byte, types map[string]string) {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	cells, _ := document["cells"].([]any)
	for _, c := range cells {
		cell, _ := c.(map[string]any)
		metadata, isObject := cell["metadata"].(map[string]any)
		id, isString := cell["id"].(string)
		if !isObject || !isString {
			t.Fatalf("%s: a cell has no metadata or no id", file)
		}
		if types[id] == "" {
			delete(metadata, "slideshow")
			continue
		}
		metadata["slideshow"] = map[string]string{"slide_type": types[id]}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(document); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("..", "..", "notebooks", file), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
