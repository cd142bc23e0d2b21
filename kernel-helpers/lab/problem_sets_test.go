//go:build !browser

package lab

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

var problemSets = []string{"ps1", "ps2", "ps3"}

var pointsLine = regexp.MustCompile(`^// Points: (\d+)`)

// TestHalfOfThePointsAreVisible: students see the tests for at least half of the
// points of a set, those given by a person included.
func TestHalfOfThePointsAreVisible(t *testing.T) {
	for _, set := range problemSets {
		all, visible := 0, 0
		for _, cell := range problemSet(t, set).Cells() {
			var grade struct{ Points int }
			if raw := cell.Metadata("nbgrader"); raw != nil {
				if err := json.Unmarshal(raw, &grade); err != nil {
					t.Fatal(err)
				}
			}
			all += grade.Points
			hidden := false
			for line := range strings.Lines(cell.Source()) {
				if m := pointsLine.FindStringSubmatch(line); m != nil && !hidden {
					n, err := strconv.Atoi(m[1])
					if err != nil {
						t.Fatal(err)
					}
					visible += n
				}
				hidden = (hidden || strings.Contains(line, "BEGIN HIDDEN TESTS")) && !strings.Contains(line, "END HIDDEN TESTS")
			}
		}
		if all == 0 || 2*visible < all {
			t.Errorf("%s: %d of %d points are for visible tests, want at least half", set, visible, all)
		}
	}
}

var (
	exerciseHeading = regexp.MustCompile(`(?m)^## (\d+\.\d+) `)
	sectionNumber   = regexp.MustCompile(`\b\d+\.\d+\b`)
	sectionRow      = regexp.MustCompile(`(?m)^\| (\d+\.\d+) \| (.+) \|$`)
)

// TestEveryExerciseNamesSectionsThatExist: the notes for teachers and the set
// itself have a row for each exercise, with the sections that teach what it asks
// for.
func TestEveryExerciseNamesSectionsThatExist(t *testing.T) {
	var sections []string
	for _, nb := range courseNotebooks(t) {
		for _, cell := range nb.Cells() {
			if cell.Type() == "markdown" {
				for _, m := range exerciseHeading.FindAllStringSubmatch(cell.Source(), -1) {
					sections = append(sections, m[1])
				}
			}
		}
	}
	for _, set := range problemSets {
		nb := problemSet(t, set)
		var exercises []string
		for _, cell := range nb.Cells() {
			if m := exerciseHeading.FindStringSubmatch(cell.Source()); m != nil {
				exercises = append(exercises, m[1])
			}
		}
		_, notes, found := strings.Cut(readFile(t, "..", "..", "notebooks", "coursework", "notes", set+".md"), "## What each exercise needs")
		if !found {
			t.Errorf("notes/%s.md has no section that says what each exercise needs", set)
		}
		for where, text := range map[string]string{"notes/" + set + ".md": notes, set + ".ipynb": nb.Cells()[0].Source()} {
			var rows []string
			for _, row := range sectionRow.FindAllStringSubmatch(text, -1) {
				rows = append(rows, row[1])
				named := sectionNumber.FindAllString(row[2], -1)
				if len(named) == 0 {
					t.Errorf("%s: exercise %s: no section is named", where, row[1])
				}
				for _, section := range named {
					if !slices.Contains(sections, section) {
						t.Errorf("%s: exercise %s needs section %s, which no notebook has", where, row[1], section)
					}
				}
			}
			if !slices.Equal(rows, exercises) {
				t.Errorf("%s: rows for %v, want one for each of %v", where, rows, exercises)
			}
		}
	}
}

// problemSet returns the source notebook of a set.
func problemSet(t *testing.T, set string) *notebook.Notebook {
	t.Helper()
	nb, err := notebook.Read(filepath.Join("..", "..", "notebooks", "coursework", "source", set, fmt.Sprint(set, ".ipynb")))
	if err != nil {
		t.Fatal(err)
	}
	return nb
}
