package course

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// SettingsFile is the file that makes a folder a course.
const SettingsFile = "coursework.json"

// Settings are the content of [SettingsFile].
type Settings struct {
	Title       string              `json:"title"`
	Late        LatePolicy          `json:"late"`
	Zone        string              `json:"zone,omitempty"` // such as Europe/Berlin, for times without a zone; the due date's by default
	Assignments map[string]Schedule `json:"assignments"`    // by name; one that isn't listed has no due date
}

// Schedule says when an assignment is due.
type Schedule struct {
	Due time.Time `json:"due,omitzero"` // RFC 3339; without it nothing is late
}

// Folder is the folder of a course.
type Folder struct {
	Dir string // absolute
	Settings

	location *time.Location // of Zone
}

// OpenFolder reads the settings of the course in a folder.
func OpenFolder(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, SettingsFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a course, as it has no %s: name another folder with --course, or make one with `coursework new DIR`", dir, SettingsFile)
	}
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: dir}
	settings := json.NewDecoder(bytes.NewReader(text))
	settings.DisallowUnknownFields() // a misspelt due date would otherwise be ignored
	if err := settings.Decode(&f.Settings); err != nil {
		if wrong, isTime := errors.AsType[*time.ParseError](err); isTime {
			return nil, fmt.Errorf("%s: %s is not a time: write date, time and zone, as in \"2026-11-27T17:00:00+01:00\"", file, wrong.Value)
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if f.location, err = time.LoadLocation(f.Zone); err != nil {
		return nil, fmt.Errorf("%s: zone: %w: write it as in Europe/Berlin", file, err)
	}
	if f.Late.FreeDays < 0 || f.Late.PerDay < 0 || f.Late.PerDay > 1 || f.Late.LastDay < 0 {
		return nil, fmt.Errorf("%s: late: free_days and last_day are at least 0, per_day is from 0 to 1", file)
	}
	return f, nil
}

// Assignment is what students are given at once: one notebook or more.
type Assignment struct {
	Name      string
	Due       time.Time // zero means never
	Notebooks []*Notebook
}

// CheckPoints calls [Notebook.CheckPoints] for each notebook.
func (a *Assignment) CheckPoints() error {
	for _, nb := range a.Notebooks {
		if err := nb.CheckPoints(); err != nil {
			return fmt.Errorf("%s.ipynb: %w", nb.Name, err)
		}
	}
	return nil
}

// AssignmentNames lists the assignments in source/, sorted.
func (f *Folder) AssignmentNames() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(f.Dir, "source"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Assignment reads an assignment from source/.
func (f *Folder) Assignment(name string) (*Assignment, error) {
	if err := CheckName(name); err != nil {
		return nil, fmt.Errorf("assignment: %w", err)
	}
	dir := filepath.Join(f.Dir, "source", name)
	files, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.ipynb"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		known, _ := f.AssignmentNames()
		if len(known) == 0 {
			known = []string{"none yet"}
		}
		return nil, fmt.Errorf("%s has no notebook: the assignments of this course are %s", dir, strings.Join(known, ", "))
	}
	slices.Sort(files)
	a := &Assignment{Name: name, Due: f.Assignments[name].Due}
	if f.Zone != "" && !a.Due.IsZero() {
		a.Due = a.Due.In(f.location)
	}
	for _, file := range files {
		nb, err := ReadNotebook(file)
		if err != nil {
			return nil, err
		}
		a.Notebooks = append(a.Notebooks, nb)
	}
	return a, nil
}

// Released lists the assignments in release/, sorted.
func (f *Folder) Released() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(f.Dir, "release"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && CheckName(e.Name()) == nil {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
