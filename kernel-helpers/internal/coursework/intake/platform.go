package intake

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// The names that learning platforms give to files and folders.
var (
	// Moodle: a folder "Ada Lovelace_17_assignsubmission_file_", or a file whose name
	// begins so.
	moodle = regexp.MustCompile(`^(.+)_(\d+)_assignsubmission_(?:file|onlinetext)_?(.*)$`)

	// Canvas: lovelaceada_LATE_17_4711_ps1-2.ipynb.
	canvas = regexp.MustCompile(`^([^_]+)_(?:LATE_)?(\d+)_(\d+)_(.+)$`)

	// Blackboard, as nbgrader's zip_collect reads it:
	// ps1_ada_attempt_2026-11-20-15-30-10_ps1.ipynb.
	attempt = regexp.MustCompile(`^(?:.*_)?([^_]+)_attempt_(\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)_?(.*)$`)

	// nbgrader's exchange: a folder ada+ps1+2026-11-20 15:30:10 UTC+secret.
	exchange = regexp.MustCompile(`^([^+]+)\+([^+]+)\+([^+]+?)(?:\+.*)?$`)

	// copies are what browsers and JupyterLab add to the name of a second file, and
	// Canvas to the name of a second attempt.
	copies = regexp.MustCompile(`( ?\(\d+\)|-Copy\d+|-\d+)+$`)
)

// endings are those of notebooks. Browsers add the others when they save one.
var endings = []string{".ipynb", ".ipynb.txt", ".ipynb.json"}

// cutEnding returns a name without the ending of a notebook. It reports false if the
// name has none.
func cutEnding(name string) (base string, found bool) {
	for _, ending := range endings {
		if n := len(name) - len(ending); n >= 0 && strings.EqualFold(name[n:], ending) {
			return name[:n], true
		}
	}
	return name, false
}

// submitted is the folder of students' folders in nbgrader's layout.
const submitted = "submitted"

// readName returns what a name within a zip file says, which is without its ending.
// The name's folder decides, if there is one.
func (c *collection) readName(name string) source {
	parts := strings.Split(name, "/")
	base, folders := parts[len(parts)-1], parts[:len(parts)-1]
	s := source{notebook: c.notebookNamed(base)}
	if i := slices.Index(folders, submitted); i >= 0 && len(folders) > i+2 {
		if folders[i+2] != c.assignment.Name {
			s.other = folders[i+2]
		}
		folders = folders[:i+2]
	}
	if n := len(folders); n > 1 && folders[n-1] == c.assignment.Name {
		folders = folders[:n-1]
	}
	if len(folders) == 0 {
		return c.readFile(base)
	}
	folder := folders[len(folders)-1]
	s.student = folder
	if m := moodle.FindStringSubmatch(folder); m != nil {
		s.student, s.id = m[1], m[2]
	} else if m := attempt.FindStringSubmatch(folder); m != nil {
		s.student, s.when = m[1], c.localTime(m[2])
	} else if m := exchange.FindStringSubmatch(folder); m != nil && m[2] == c.assignment.Name {
		s.student = m[1]
		s.when, _ = course.ParseTimestamp(m[3])
	}
	return s
}

// readFile returns what the name of a file without a folder says.
func (c *collection) readFile(base string) source {
	if m := moodle.FindStringSubmatch(base); m != nil {
		return source{student: m[1], id: m[2], notebook: c.notebookNamed(m[3])}
	}
	if m := attempt.FindStringSubmatch(base); m != nil {
		return source{student: m[1], when: c.localTime(m[2]), notebook: c.notebookNamed(m[3])}
	}
	if m := canvas.FindStringSubmatch(base); m != nil {
		return source{student: m[1], id: m[2], notebook: c.notebookNamed(m[4])}
	}
	for _, nb := range c.assignment.Notebooks {
		for _, join := range []string{"_", "-"} {
			if student, found := strings.CutSuffix(base, join+nb.Name); found {
				return source{student: student, notebook: nb.Name}
			}
		}
	}
	return source{student: base, notebook: c.only()}
}

// notebookNamed returns the notebook of the assignment that a file's name means,
// or "". Where the assignment has one notebook, every name means that.
func (c *collection) notebookNamed(base string) string {
	for _, name := range []string{base, copies.ReplaceAllString(base, "")} {
		for _, nb := range c.assignment.Notebooks {
			if name == nb.Name {
				return nb.Name
			}
		}
	}
	return c.only()
}

// only returns the notebook of an assignment that has one, or "".
func (c *collection) only() string {
	if len(c.assignment.Notebooks) == 1 {
		return c.assignment.Notebooks[0].Name
	}
	return ""
}

// isNotebook reports whether a file has the name of a notebook of the assignment.
func (c *collection) isNotebook(name string) bool {
	base, found := cutEnding(path.Base(name))
	for _, nb := range c.assignment.Notebooks {
		if found && base == nb.Name {
			return true
		}
	}
	return false
}

// zone returns the time zone of dates that have none: that of the assignment's due
// date, or else this machine's.
func (c *collection) zone() *time.Location {
	if c.assignment.Due.IsZero() {
		return time.Local
	}
	return c.assignment.Due.Location()
}

// localTime reads the time in the name of an attempt.
func (c *collection) localTime(text string) time.Time {
	t, _ := time.ParseInLocation("2006-01-02-15-04-05", text, c.zone())
	return t
}
