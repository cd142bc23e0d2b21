package coursetest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/notebook"
)

// CourseDir returns the folder of the course's own problem sets.
func CourseDir(t testing.TB) string {
	t.Helper()
	root, err := checkout.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "notebooks", "coursework")
}

// Right is a submission with the reference solutions to a released set, and with a
// text of its own for each answer that a person grades.
type Right struct {
	Source *course.Notebook
	doc    []byte
}

// Written returns the text of a written answer in a right submission.
func Written(gradeID string) string {
	return "My own words on " + gradeID + ": goroutines share memory."
}

// NewRight returns a right submission of a set in the folder of a course, as
// released: without hidden tests.
func NewRight(t testing.TB, dir, set string) Right {
	t.Helper()
	source, err := course.ReadNotebook(filepath.Join(dir, "source", set, set+".ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "source", set, set+".ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	nb, err := notebook.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for i, c := range doc["cells"].([]any) {
		cell, layout := c.(Cell), source.Cells[i]
		cell["source"] = nb.Cells()[i].Source()
		switch layout.Role {
		case course.Locked:
			cell["source"] = course.Code{Text: layout.Source}.WithoutHidden().Text
		case course.Written:
			cell["source"] = Written(layout.GradeID)
		}
	}
	right := Right{Source: source}
	if right.doc, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	return right
}

// Draft returns a copy of the submission to edit.
func (r Right) Draft(t testing.TB) *Draft {
	t.Helper()
	d := &Draft{source: r.Source}
	if err := json.Unmarshal(r.doc, &d.Doc); err != nil {
		t.Fatal(err)
	}
	for _, c := range d.Doc["cells"].([]any) {
		d.Cells = append(d.Cells, c.(Cell))
	}
	return d
}

// Draft is a notebook that is being edited.
type Draft struct {
	Doc   map[string]any
	Cells []Cell

	source *course.Notebook
	bytes  func([]byte) []byte // changes the finished file
}

// Text returns the notebook as a file.
func (d *Draft) Text(t testing.TB) []byte {
	t.Helper()
	if d.Cells != nil {
		d.Doc["cells"] = d.Cells
	}
	text, err := json.MarshalIndent(d.Doc, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if d.bytes != nil {
		text = d.bytes(text)
	}
	return text
}

// of returns the places of the cells of a role.
func (d *Draft) of(role course.Role) (places []int) {
	for _, c := range d.source.Cells {
		if c.Role != role || c.GradeID == "" {
			continue
		}
		if i := slices.IndexFunc(d.Cells, func(cell Cell) bool { return GradeID(cell) == c.GradeID }); i >= 0 {
			places = append(places, i)
		}
	}
	return places
}

func copyOf(c Cell) Cell {
	twin := maps.Clone(c)
	if m, isMap := c["metadata"].(map[string]any); isMap {
		twin["metadata"] = maps.Clone(m)
		if marks, isMap := m["nbgrader"].(map[string]any); isMap {
			twin["metadata"].(map[string]any)["nbgrader"] = maps.Clone(marks)
		}
	}
	id, _ := c["id"].(string)
	twin["id"] = id + "-copy"
	return twin
}

func unmarked(c Cell) Cell {
	c = copyOf(c)
	delete(c["metadata"].(map[string]any), "nbgrader")
	return c
}

func source(c Cell) string {
	text, _ := c["source"].(string)
	return text
}

// retype does what JupyterLab does to a cell whose type is changed.
func retype(c Cell, kind string) {
	c["cell_type"] = kind
	delete(c, "outputs")
	delete(c, "execution_count")
	if kind == "code" {
		c["outputs"], c["execution_count"] = []any{}, nil
	}
}

// cut cuts a text in two at a line near the middle.
func cut(text string) (first, second string) {
	lines := strings.SplitAfter(text, "\n")
	half := (len(lines) + 1) / 2
	return strings.Join(lines[:half], ""), strings.Join(lines[half:], "")
}

// Tampering is a way in which a submitted notebook isn't as it was handed out.
type Tampering struct {
	Name string
	Edit func(d *Draft)

	// Keeps says that every right answer has to be found; otherwise one that is lost
	// has to be reported.
	Keeps bool

	// Unreadable says that the file isn't a notebook any more, which has to be
	// reported.
	Unreadable bool
}

// each calls edit for every cell of a role.
func each(role course.Role, edit func(c Cell)) func(d *Draft) {
	return func(d *Draft) {
		for _, i := range d.of(role) {
			edit(d.Cells[i])
		}
	}
}

// around replaces every cell of a role by several.
func around(role course.Role, with func(c Cell) []Cell) func(d *Draft) {
	return func(d *Draft) {
		for _, i := range slices.Backward(slices.Sorted(slices.Values(d.of(role)))) {
			d.Cells = slices.Replace(d.Cells, i, i+1, with(d.Cells[i])...)
		}
	}
}

func setMark(key string, value any) func(c Cell) {
	return func(c Cell) { metadata(c)[key] = value }
}

func both(role, other course.Role, edit func(c Cell)) func(d *Draft) {
	return func(d *Draft) {
		each(role, edit)(d)
		each(other, edit)(d)
	}
}

func file(change func(text []byte) []byte) func(d *Draft) {
	return func(d *Draft) { d.bytes = change }
}

// Tamperings returns ways in which notebooks come back that aren't as they were
// handed out: edited in JupyterLab, by other programs, by hand, or damaged.
func Tamperings() []Tampering {
	replaceAll := func(old, new string) func(d *Draft) {
		return file(func(text []byte) []byte { return bytes.ReplaceAll(text, []byte(old), []byte(new)) })
	}
	const right, answers = true, course.Answer
	return []Tampering{
		// Copied.
		{Name: "answers copied below", Keeps: right, Edit: around(answers, func(c Cell) []Cell { return []Cell{c, copyOf(c)} })},
		{Name: "answers copied with one id", Keeps: right, Edit: around(answers, func(c Cell) []Cell { return []Cell{c, c} })},
		{Name: "stub pasted above", Keeps: right, Edit: around(answers, func(c Cell) []Cell {
			stub := copyOf(c)
			stub["source"] = course.Code{Text: source(c)}.Stub().Text
			return []Cell{stub, c}
		})},
		{Name: "stub pasted below", Keeps: right, Edit: around(answers, func(c Cell) []Cell {
			stub := copyOf(c)
			stub["source"] = course.Code{Text: source(c)}.Stub().Text
			return []Cell{c, stub}
		})},
		{Name: "wrong try below", Edit: around(answers, func(c Cell) []Cell {
			try := copyOf(c)
			try["source"] = strings.Replace(source(c), "// BEGIN SOLUTION", "panic(1)", 1)
			return []Cell{c, try}
		})},
		{Name: "wrong try above", Keeps: right, Edit: around(answers, func(c Cell) []Cell {
			try := copyOf(c)
			try["source"] = strings.Replace(source(c), "// BEGIN SOLUTION", "panic(1)", 1)
			return []Cell{try, c}
		})},
		{Name: "empty copies", Keeps: right, Edit: around(answers, func(c Cell) []Cell {
			empty := copyOf(c)
			empty["source"] = " \n"
			return []Cell{c, empty}
		})},
		{Name: "tests copied", Keeps: right, Edit: around(course.Locked, func(c Cell) []Cell { return []Cell{c, copyOf(c)} })},
		{Name: "every cell twice", Keeps: right, Edit: func(d *Draft) {
			var twice []Cell
			for _, c := range d.Cells {
				twice = append(twice, c, copyOf(c))
			}
			d.Cells = twice
		}},
		{Name: "the notebook pasted below itself", Keeps: right, Edit: func(d *Draft) {
			for _, c := range slices.Clone(d.Cells) {
				d.Cells = append(d.Cells, copyOf(c))
			}
		}},
		{Name: "written answers copied", Keeps: right, Edit: around(course.Written, func(c Cell) []Cell { return []Cell{c, copyOf(c)} })},
		// Deleted.
		{Name: "answers deleted", Edit: around(answers, func(Cell) []Cell { return nil })},
		{Name: "written answers deleted", Edit: around(course.Written, func(Cell) []Cell { return nil })},
		{Name: "tests deleted", Keeps: right, Edit: around(course.Locked, func(Cell) []Cell { return nil })},
		{Name: "all but the answers deleted", Keeps: right, Edit: func(d *Draft) {
			places := append(d.of(answers), d.of(course.Written)...)
			var kept []Cell
			for i, c := range d.Cells {
				if slices.Contains(places, i) {
					kept = append(kept, c)
				}
			}
			d.Cells = kept
		}},
		{Name: "every cell deleted", Edit: func(d *Draft) { d.Cells = []Cell{} }},
		{Name: "answers emptied", Edit: each(answers, func(c Cell) { c["source"] = "" })},
		// Split and merged.
		{Name: "answers split", Keeps: right, Edit: around(answers, func(c Cell) []Cell {
			second := copyOf(c)
			c["source"], second["source"] = cut(source(c))
			return []Cell{c, second}
		})},
		{Name: "answers split, the second part unmarked", Keeps: right, Edit: around(answers, func(c Cell) []Cell {
			second := unmarked(c)
			c["source"], second["source"] = cut(source(c))
			return []Cell{c, second}
		})},
		{Name: "answers split, the first part unmarked", Keeps: right, Edit: around(answers, func(c Cell) []Cell {
			first := unmarked(c)
			first["source"], c["source"] = cut(source(c))
			return []Cell{first, c}
		})},
		{Name: "written answers split", Keeps: right, Edit: around(course.Written, func(c Cell) []Cell {
			second := copyOf(c)
			first, rest, _ := strings.Cut(source(c), " ")
			c["source"], second["source"] = first, rest
			return []Cell{c, second}
		})},
		{Name: "answers merged with their tests", Keeps: right, Edit: func(d *Draft) {
			for _, i := range slices.Backward(slices.Sorted(slices.Values(d.of(answers)))) {
				d.Cells[i]["source"] = source(d.Cells[i]) + "\n\n" + source(d.Cells[i+1])
				d.Cells = slices.Delete(d.Cells, i+1, i+2)
			}
		}},
		{Name: "answers merged into the text above", Keeps: right, Edit: func(d *Draft) {
			for _, i := range slices.Backward(slices.Sorted(slices.Values(d.of(answers)))) {
				d.Cells[i-1]["source"] = source(d.Cells[i-1]) + "\n\n" + source(d.Cells[i])
				d.Cells = slices.Delete(d.Cells, i, i+1)
			}
		}},
		{Name: "all answers in the first one's cell", Keeps: right, Edit: func(d *Draft) {
			places := d.of(answers)
			for _, i := range places[1:] {
				d.Cells[places[0]]["source"] = source(d.Cells[places[0]]) + "\n\n" + source(d.Cells[i])
			}
			for _, i := range slices.Backward(slices.Sorted(slices.Values(places[1:]))) {
				d.Cells = slices.Delete(d.Cells, i, i+1)
			}
		}},
		{Name: "all code cells in one", Keeps: right, Edit: func(d *Draft) {
			one := d.Cells[d.of(answers)[0]]
			var texts []string
			kept := []Cell{one}
			for _, c := range d.Cells {
				switch {
				case c["cell_type"] != "code":
					kept = append(kept, c)
				case GradeID(c) != "":
					texts = append(texts, source(c))
				}
			}
			one["source"] = strings.Join(texts, "\n\n")
			d.Cells = kept
		}},
		// Moved.
		{Name: "cells in reverse", Keeps: right, Edit: func(d *Draft) { slices.Reverse(d.Cells) }},
		{Name: "answers at the end", Keeps: right, Edit: func(d *Draft) {
			var moved []Cell
			for _, i := range slices.Backward(slices.Sorted(slices.Values(d.of(answers)))) {
				moved = append(moved, d.Cells[i])
				d.Cells = slices.Delete(d.Cells, i, i+1)
			}
			d.Cells = append(d.Cells, moved...)
		}},
		{Name: "answers in new cells at the end", Keeps: right, Edit: func(d *Draft) {
			for _, i := range d.of(answers) {
				d.Cells = append(d.Cells, unmarked(d.Cells[i]))
				d.Cells[i]["source"] = course.Code{Text: source(d.Cells[i])}.Stub().Text
			}
		}},
		{Name: "answers in new cells below empty ones", Keeps: right, Edit: around(answers, func(c Cell) []Cell {
			fresh := unmarked(c)
			c["source"] = ""
			return []Cell{c, fresh}
		})},
		{Name: "answers cut and pasted as text", Keeps: right, Edit: around(answers, func(c Cell) []Cell { return []Cell{unmarked(c)} })},
		{Name: "the answers' marks swapped", Edit: func(d *Draft) {
			places := d.of(answers)
			a, b := d.Cells[places[0]], d.Cells[places[1]]
			a["source"], b["source"] = source(b), source(a)
		}, Keeps: right},
		// Of another type.
		{Name: "answers are text", Keeps: right, Edit: each(answers, func(c Cell) { retype(c, "markdown") })},
		{Name: "answers are raw", Keeps: right, Edit: each(answers, func(c Cell) { retype(c, "raw") })},
		{Name: "written answers are code", Keeps: right, Edit: each(course.Written, func(c Cell) { retype(c, "code") })},
		{Name: "cells of a type of tomorrow", Keeps: right, Edit: both(answers, course.Written, func(c Cell) { c["cell_type"] = "hologram" })},
		{Name: "the types are numbers", Keeps: right, Edit: both(answers, course.Written, func(c Cell) { c["cell_type"] = 7 })},
		{Name: "no types", Keeps: right, Edit: both(answers, course.Written, func(c Cell) { delete(c, "cell_type") })},
		// Other metadata.
		{Name: "schema 1", Keeps: right, Edit: both(answers, course.Written, setMark("schema_version", 1))},
		{Name: "schema 99", Keeps: right, Edit: both(answers, course.Written, setMark("schema_version", 99))},
		{Name: "the schema is text", Keeps: right, Edit: both(answers, course.Locked, setMark("schema_version", "three"))},
		{Name: "no points", Keeps: right, Edit: both(course.Locked, course.Written, setMark("points", nil))},
		{Name: "a thousand points", Keeps: right, Edit: both(course.Locked, course.Written, setMark("points", 1000))},
		{Name: "everything unlocked", Keeps: right, Edit: each(course.Locked, setMark("locked", false))},
		{Name: "everything a solution", Keeps: right, Edit: each(course.Locked, setMark("solution", true))},
		{Name: "nothing a solution", Keeps: right, Edit: both(answers, course.Written, setMark("solution", false))},
		{Name: "nbgrader's marks are a list", Keeps: right, Edit: each(answers, func(c Cell) { c["metadata"].(map[string]any)["nbgrader"] = []any{1} })},
		{Name: "the metadata is a list", Keeps: right, Edit: each(answers, func(c Cell) { c["metadata"] = []any{"x"} })},
		{Name: "no metadata", Keeps: right, Edit: func(d *Draft) {
			for _, c := range d.Cells {
				delete(c, "metadata")
			}
		}},
		{Name: "grade_ids are numbers", Keeps: right, Edit: each(answers, setMark("grade_id", 12))},
		{Name: "grade_ids with spaces", Keeps: right, Edit: each(answers, func(c Cell) { setMark("grade_id", GradeID(c)+" ")(c) })},
		{Name: "grade_ids in capitals", Keeps: right, Edit: each(answers, func(c Cell) { setMark("grade_id", strings.ToUpper(GradeID(c)))(c) })},
		{Name: "all cells with one id", Keeps: right, Edit: func(d *Draft) {
			for _, c := range d.Cells {
				c["id"] = "same"
			}
		}},
		{Name: "no ids", Keeps: right, Edit: func(d *Draft) {
			for _, c := range d.Cells {
				delete(c, "id")
			}
		}},
		{Name: "ids are numbers", Keeps: right, Edit: func(d *Draft) {
			for i, c := range d.Cells {
				c["id"] = i
			}
		}},
		{Name: "another language", Keeps: right, Edit: func(d *Draft) {
			d.Doc["metadata"] = map[string]any{"kernelspec": map[string]any{"name": "python3"}, "language_info": 3}
		}},
		// Other formats.
		{Name: "nbformat 3", Keeps: right, Edit: func(d *Draft) {
			for _, c := range d.Cells {
				if c["cell_type"] == "code" {
					c["input"] = c["source"]
					delete(c, "source")
				}
			}
			d.Doc["worksheets"] = []any{map[string]any{"cells": d.Cells}}
			d.Doc["nbformat"] = 3
			delete(d.Doc, "cells")
			d.Cells = nil
		}},
		{Name: "nbformat 99", Keeps: right, Edit: func(d *Draft) { d.Doc["nbformat"], d.Doc["nbformat_minor"] = 99, -1 }},
		{Name: "no nbformat", Keeps: right, Edit: func(d *Draft) { delete(d.Doc, "nbformat"); delete(d.Doc, "metadata") }},
		{Name: "the source in lines", Keeps: right, Edit: func(d *Draft) {
			for _, c := range d.Cells {
				c["source"] = strings.SplitAfter(source(c), "\n")
			}
		}},
		{Name: "cells of other kinds between", Keeps: right, Edit: func(d *Draft) {
			d.Cells = slices.Insert(d.Cells, 1, Cell{"cell_type": nil}, Cell{"source": []any{1, nil}}, Cell{"metadata": 1, "source": map[string]any{}}, Cell{})
		}},
		{Name: "huge outputs", Keeps: right, Edit: each(answers, func(c Cell) {
			c["outputs"] = []any{map[string]any{"output_type": "stream", "name": "stdout", "text": strings.Repeat("x", 1<<20)}}
		})},
		{Name: "outputs that are wrong", Keeps: right, Edit: each(answers, func(c Cell) { c["outputs"], c["execution_count"] = "none", "many" })},
		// Damaged.
		{Name: "a byte order mark", Keeps: right, Edit: file(func(text []byte) []byte { return append([]byte("\xef\xbb\xbf"), text...) })},
		{Name: "lines end as in Windows", Keeps: right, Edit: func(d *Draft) {
			for _, c := range d.Cells {
				c["source"] = strings.ReplaceAll(source(c), "\n", "\r\n")
			}
		}},
		{Name: "lines end as in old Macs", Keeps: right, Edit: each(answers, func(c Cell) { c["source"] = strings.ReplaceAll(source(c), "\n", "\r") })},
		{Name: "non-breaking spaces", Edit: each(answers, func(c Cell) { c["source"] = strings.ReplaceAll(source(c), " ", "\u00a0") })},
		{Name: "NUL in the answers", Edit: each(answers, func(c Cell) { c["source"] = "\x00" + source(c) })},
		{Name: "a byte order mark in the answers", Keeps: right, Edit: each(answers, func(c Cell) { c["source"] = "\ufeff" + source(c) })},
		{Name: "invalid UTF-8", Keeps: right, Edit: replaceAll("goroutines share", "goroutines \xff\xfe share")},
		{Name: "half a file", Unreadable: true, Edit: file(func(text []byte) []byte { return text[:len(text)/2] })},
		{Name: "an empty file", Unreadable: true, Edit: file(func([]byte) []byte { return nil })},
		{Name: "UTF-16", Unreadable: true, Edit: file(func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\""), []byte("\"\x00")) })},
		{Name: "an HTML page", Unreadable: true, Edit: file(func([]byte) []byte { return []byte("<!doctype html><title>Sign in</title>") })},
		{Name: "a list", Unreadable: true, Edit: file(func([]byte) []byte { return []byte("[1]") })},
		{Name: "the cells are an object", Unreadable: true, Edit: func(d *Draft) { d.Doc["cells"], d.Cells = map[string]any{"a": 1}, nil }},
		{Name: "conflict marks of git", Unreadable: true, Edit: file(func(text []byte) []byte {
			return append([]byte("<<<<<<< HEAD\n"), append(text, []byte("=======\n{}\n>>>>>>> other\n")...)...)
		})},
		// Locked cells edited, and cells in other languages.
		{Name: "tests edited", Keeps: right, Edit: each(course.Locked, func(c Cell) { c["source"] = source(c) + "\nvar edited = 1" })},
		{Name: "tests emptied", Keeps: right, Edit: each(course.Locked, func(c Cell) { c["source"] = "" })},
		{Name: "cells of Python and shell between", Keeps: right, Edit: around(answers, func(c Cell) []Cell {
			python, shell := unmarked(c), unmarked(c)
			python["source"], shell["source"] = "%%python\nimport this", "!ls -l"
			return []Cell{python, c, shell}
		})},
		{Name: "commands in the answers", Keeps: right, Edit: each(answers, func(c Cell) { c["source"] = "%goflags -race\n" + source(c) + "\n!ls\n%%\nfmt.Println(1)\n" })},
		{Name: "answers in a cell of Python", Edit: each(answers, func(c Cell) { c["source"] = "%%python\n" + source(c) })},
	}
}
