package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// File is the name of the roster in the folder of a course.
const File = "roster.csv"

// Roster is a course's class list. A nil Roster is that of a course that has none:
// it lists nobody, and everybody is a member.
type Roster struct {
	Students []Student // by name

	byName map[string]int
}

// Read reads the roster of the course in dir. It returns nil if there is none.
func Read(dir string) (*Roster, error) {
	text, err := os.ReadFile(filepath.Join(dir, File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, File), err)
	}
	return r, nil
}

// Parse reads a roster. Columns are separated by commas, semicolons or tabs.
func Parse(text []byte) (*Roster, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		return nil, errors.New("it is not UTF-8: save it as \"CSV UTF-8\"")
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma = Separator(text)
	in.FieldsPerRecord = -1
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty: its first line names the columns, such as student,name,email")
	}
	if err != nil {
		return nil, err
	}
	c := parseColumns(head)
	if !c.usable() {
		return nil, fmt.Errorf("its first line, %q, has no column that names students: call one \"student\"", strings.Join(head, string(in.Comma)))
	}
	r := &Roster{byName: map[string]int{}}
	folded := map[string]string{}
	for {
		line, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		number, _ := in.FieldPos(0)
		if strings.TrimSpace(strings.Join(line, "")) == "" {
			continue
		}
		s, found := c.student(line)
		if !found {
			continue
		}
		if err := s.complete(c.get(line, "extension"), c.get(line, "grace")); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if other, twice := folded[strings.ToLower(s.Name)]; twice {
			return nil, fmt.Errorf("line %d: %s is listed twice (also as %s): leave one line", number, s.Name, other)
		}
		folded[strings.ToLower(s.Name)] = s.Name
		r.Students = append(r.Students, s)
	}
	if len(r.Students) == 0 {
		return nil, fmt.Errorf("it lists nobody: add students, or remove %s to have no roster", File)
	}
	slices.SortFunc(r.Students, func(a, b Student) int { return strings.Compare(a.Name, b.Name) })
	for i, s := range r.Students {
		r.byName[s.Name] = i
	}
	return r, nil
}

// New returns a roster of students.
func New(students []Student) *Roster {
	r := &Roster{byName: map[string]int{}}
	r.Students = slices.SortedFunc(slices.Values(students), func(a, b Student) int { return strings.Compare(a.Name, b.Name) })
	for i, s := range r.Students {
		r.byName[s.Name] = i
	}
	return r
}

// complete checks a student and reads what has a form.
func (s *Student) complete(extensions, grace string) (err error) {
	if err := course.CheckName(s.Name); err != nil {
		return fmt.Errorf("student: %w", err)
	}
	s.Written = extensions
	if s.extensions, err = parseExtensions(extensions); err != nil {
		return fmt.Errorf("%s: extension: %w", s.Name, err)
	}
	if grace != "" {
		d, err := ParseGrace(grace)
		if err != nil {
			return fmt.Errorf("%s: grace: %w", s.Name, err)
		}
		s.Grace = &d
	}
	return nil
}

// Separator returns what is between the columns of the first line.
func Separator(text []byte) rune {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, r := range ";\t" {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

// Has reports whether the student is a member of the class.
func (r *Roster) Has(student string) bool {
	if r == nil {
		return true
	}
	_, found := r.byName[student]
	return found
}

// Student returns a student, or one of that name without anything else.
func (r *Roster) Student(name string) Student {
	if r != nil {
		if i, found := r.byName[name]; found {
			return r.Students[i]
		}
	}
	return Student{Name: name}
}

// Names lists the students.
func (r *Roster) Names() (names []string) {
	if r != nil {
		for _, s := range r.Students {
			names = append(names, s.Name)
		}
	}
	return names
}

// Members lists who hands in together with a student: the student's group, or the
// student alone.
func (r *Roster) Members(student string) []string {
	group := r.Student(student).Group
	if group == "" {
		return []string{student}
	}
	var names []string
	for _, s := range r.Students {
		if s.Group == group {
			names = append(names, s.Name)
		}
	}
	return names
}

// Find returns the student whom a learning platform means by a name and a number, in
// the name of a file for example. found is false if that is nobody, or not one only.
func (r *Roster) Find(name, number string) (student string, found bool) {
	if r == nil {
		return "", false
	}
	if r.Has(name) {
		return name, true
	}
	if squash(name) == "" {
		return "", false
	}
	var same []Student
	for _, s := range r.Students {
		if slices.Contains(s.aliases(), squash(name)) {
			same = append(same, s)
		}
	}
	if len(same) > 1 {
		same = slices.DeleteFunc(same, func(s Student) bool { return number == "" || !slices.Contains(s.numbers(), number) })
	}
	if len(same) != 1 {
		return "", false
	}
	return same[0].Name, true
}
