package roster

import (
	"slices"
	"strings"
)

// headers are the names of columns in lower case, by what they mean. The first that
// a file has counts.
var headers = map[string][]string{
	"student":   {"student", "student id", "student_id", "username", "user name", "login"},
	"name":      {"name", "full name", "fullname", "student name"},
	"first":     {"first name", "firstname", "first_name", "given name"},
	"last":      {"last name", "lastname", "last_name", "surname", "family name"},
	"email":     {"email", "email address", "e-mail", "e-mail address", "mail"},
	"group":     {"group"}, // not Moodle's "Groups" and Canvas's "Section", which may be tutorials
	"extension": {"extension", "extensions"},
	"grace":     {"grace", "grace time"},
}

// platform are the columns of learning platforms that are kept.
var platform = []string{"id", "sis user id", "sis login id", "section", "identifier", "id number"}

// columns says where a file has what.
type columns struct {
	at     map[string]int // by what the column means, or by its name in platform
	canvas bool           // the column Student has names
}

// parseColumns reads the first line of a file.
func parseColumns(line []string) columns {
	c := columns{at: map[string]int{}}
	var names []string
	for _, cell := range line {
		names = append(names, strings.ToLower(strings.Join(strings.Fields(cell), " ")))
	}
	for _, name := range platform {
		if i := slices.Index(names, name); i >= 0 {
			c.at[name] = i
		}
	}
	for meaning, known := range headers {
		for _, name := range known {
			if i := slices.Index(names, name); i >= 0 {
				c.at[meaning] = i
				break
			}
		}
	}
	_, id := c.at["id"]
	_, section := c.at["section"]
	_, login := c.at["sis login id"]
	_, user := c.at["sis user id"]
	_, named := c.at["name"]
	if i := slices.Index(names, "student"); i >= 0 && !named && (login || user || id && section) {
		c.canvas = true
		c.at["name"] = i
		delete(c.at, "student")
		if j := slices.Index(names, "username"); j >= 0 {
			c.at["student"] = j
		}
	}
	return c
}

// get returns a cell of a line, or "".
func (c columns) get(line []string, meaning string) string {
	i, found := c.at[meaning]
	if !found || i >= len(line) {
		return ""
	}
	return strings.TrimSpace(line[i])
}

// student returns the student of a line, without extensions and grace time. found is
// false for Canvas's lines that are no student's.
func (c columns) student(line []string) (s Student, found bool) {
	s = Student{FullName: c.get(line, "name"), Email: c.get(line, "email"), Group: c.get(line, "group"), Platform: map[string]string{}}
	for _, name := range platform {
		if text := c.get(line, name); text != "" {
			s.Platform[name] = text
		}
	}
	if first, last := c.get(line, "first"), c.get(line, "last"); first != "" && last != "" {
		s.sortable = last + ", " + first
		if s.FullName == "" {
			s.FullName = first + " " + last
		}
	}
	if c.canvas {
		if s.FullName == "Points Possible" || s.FullName == "Student, Test" || s.FullName == "Test Student" || len(s.Platform) == 0 {
			return s, false
		}
	}
	if last, first, comma := strings.Cut(s.FullName, ", "); comma && s.sortable == "" {
		s.sortable, s.FullName = s.FullName, first+" "+last
	}
	for _, name := range []string{c.get(line, "student"), s.Platform["sis login id"], s.Platform["sis user id"], s.Platform["id"], s.Platform["id number"], s.FullName} {
		if s.Name == "" {
			s.Name = name
		}
	}
	return s, true
}

// usable reports whether the columns name students.
func (c columns) usable() bool {
	_, first := c.at["first"]
	_, last := c.at["last"]
	if first && last {
		return true
	}
	for _, meaning := range []string{"student", "name", "sis login id", "sis user id", "id number"} {
		if _, found := c.at[meaning]; found {
			return true
		}
	}
	return false
}
