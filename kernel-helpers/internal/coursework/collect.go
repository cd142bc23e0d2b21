package coursework

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Collected is what became of one notebook that was handed in as a file.
type Collected struct {
	From    string `json:"from"` // file, and the name within a zip file
	Student string `json:"student,omitempty"`
	Refused string `json:"refused,omitempty"` // why it was not taken
}

// mostEntries is how many files of a zip file are looked at.
const mostEntries = 10_000

// Collect puts notebooks that students handed in as files, by mail or a learning
// platform, into submitted/STUDENT/NAME with their time. A file is a notebook
// STUDENT.ipynb or STUDENT_NOTEBOOK.ipynb, or a zip file of such, of folders
// STUDENT with the notebooks, or, as STUDENT.zip, of the notebooks themselves.
// An older notebook never replaces a newer one, and a zip file that has notebooks
// of several students replaces none unless replace says so: anybody can put
// another's name into a zip file.
//
// What can't be taken is in the list with the reason: names that lead out of
// the folder, links, files that are too large.
func Collect(ctx context.Context, c *Course, name string, files []string, replace bool) ([]Collected, error) {
	a, err := c.Assignment(name)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(c.Dir, "submitted"), 0o700); err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	root, err := os.OpenRoot(filepath.Join(c.Dir, "submitted"))
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	defer root.Close()
	k := &collection{assignment: a, root: root, replace: replace}
	for _, file := range files {
		if ctx.Err() != nil {
			return k.list, context.Cause(ctx)
		}
		if err := k.file(file); err != nil {
			return k.list, fmt.Errorf("coursework: collect %s: %w", file, err)
		}
	}
	return k.list, nil
}

type collection struct {
	assignment *Assignment
	root       *os.Root
	replace    bool
	list       []Collected
}

func (k *collection) file(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	switch base := filepath.Base(file); strings.ToLower(filepath.Ext(base)) {
	case ".ipynb":
		return k.take(file, base, info.ModTime(), func() (io.ReadCloser, error) { return os.Open(file) })
	case ".zip":
		return k.zip(file, strings.TrimSuffix(base, filepath.Ext(base)))
	}
	k.refuse(file, "it is neither a notebook nor a zip file")
	return nil
}

func (k *collection) zip(file, student string) error {
	r, err := zip.OpenReader(file)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, zip.ErrChecksum) {
		k.refuse(file, err.Error())
		return nil
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return err
	}
	defer r.Close()
	if len(r.File) > mostEntries {
		k.refuse(file, fmt.Sprintf("it has %d files, %d are the most", len(r.File), mostEntries))
		return nil
	}
	for _, f := range r.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		from := file + ":" + f.Name
		switch {
		case strings.HasSuffix(name, "/"), path.Base(name) == ".DS_Store", strings.HasPrefix(name, "__MACOSX/"):
		case !filepath.IsLocal(name), path.Clean(name) != name:
			k.refuse(from, "its name leads out of the folder")
		case !f.Mode().IsRegular():
			k.refuse(from, "it is a link or no plain file")
		case path.Ext(name) != ".ipynb":
			k.refuse(from, "it is no notebook")
		default:
			if k.sheet(name) != nil && path.Dir(name) == "." {
				name = path.Join(student, name)
			}
			if whose, _ := k.whose(name); whose != student && !k.replace && k.has(whose) {
				k.refuse(from, fmt.Sprintf("%s has handed in already: collect it with --again if it is to be replaced", whose))
				continue
			}
			if err := k.take(from, name, f.Modified, f.Open); err != nil {
				return err
			}
		}
	}
	return nil
}

// sheet returns the notebook of the assignment that a file name is of.
func (k *collection) sheet(name string) *Sheet {
	for _, s := range k.assignment.Sheets {
		if strings.TrimSuffix(path.Base(name), ".ipynb") == s.Name {
			return s
		}
	}
	return nil
}

// whose says whose notebook a name tells, and which.
func (k *collection) whose(name string) (student, notebook string) {
	if s := k.sheet(name); s != nil {
		parts := strings.Split(path.Dir(name), "/")
		if parts[len(parts)-1] == k.assignment.Name && len(parts) > 1 {
			parts = parts[:len(parts)-1]
		}
		return parts[len(parts)-1], s.Name
	}
	base := strings.TrimSuffix(path.Base(name), ".ipynb")
	for _, s := range k.assignment.Sheets {
		for _, join := range []string{"_", "-"} {
			if student, ok := strings.CutSuffix(base, join+s.Name); ok {
				return student, s.Name
			}
		}
	}
	if len(k.assignment.Sheets) == 1 {
		return base, k.assignment.Sheets[0].Name
	}
	return "", ""
}

// has tells whether a student's submission was there before this collection.
func (k *collection) has(student string) bool {
	if plainName(student) != nil {
		return false // take says so
	}
	if slices.ContainsFunc(k.list, func(c Collected) bool { return c.Student == student }) {
		return false
	}
	_, err := k.root.Lstat(path.Join(student, k.assignment.Name))
	return err == nil
}

// take copies one notebook.
func (k *collection) take(from, name string, when time.Time, open func() (io.ReadCloser, error)) error {
	student, sheet := k.whose(name)
	if plainName(student) != nil {
		k.refuse(from, "its name doesn't tell whose it is: call it STUDENT.ipynb")
		return nil
	}
	in, err := open()
	if err != nil {
		k.refuse(from, err.Error())
		return nil
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, MaxNotebook+1))
	if err != nil {
		k.refuse(from, err.Error())
		return nil
	}
	if len(text) > MaxNotebook {
		k.refuse(from, fmt.Sprintf("it has more than %d MB", MaxNotebook>>20))
		return nil
	}
	dir := path.Join(student, k.assignment.Name)
	if old, err := k.root.ReadFile(path.Join(dir, "timestamp.txt")); err == nil {
		if t, err := parseTimestamp(string(old)); err == nil && t.After(when) {
			if _, err := k.root.Lstat(path.Join(dir, sheet+".ipynb")); err == nil {
				k.refuse(from, "what is there is newer")
				return nil
			}
			when = t // of another notebook of the assignment: the last one tells when all was there
		}
	}
	if err := k.root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	stamp := when.UTC().Format("2006-01-02 15:04:05.000000") + " UTC\n"
	for file, content := range map[string][]byte{sheet + ".ipynb": text, "timestamp.txt": []byte(stamp)} {
		if err := replaceFile(k.root, path.Join(dir, file), content, 0o644); err != nil {
			return err
		}
	}
	k.list = append(k.list, Collected{From: from, Student: student})
	return nil
}

func (k *collection) refuse(from, why string) {
	k.list = append(k.list, Collected{From: from, Refused: why})
}
