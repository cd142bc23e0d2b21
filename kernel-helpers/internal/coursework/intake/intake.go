// Package intake takes notebooks that students handed in as files, by mail or
// through a learning platform, into a course's submitted/.
package intake

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

	"example.com/speedup/kernel-helpers/base/atomicfile"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// The limits of a zip file. Notebooks compress to a tenth, rarely to a fiftieth.
const (
	maxEntries = 10_000
	maxBase    = 16 << 20 // bytes that any zip file may unpack to
	maxRatio   = 100      // and how many more for each of its own
	maxTotal   = 4 << 30  // but no more than these
)

// Collect puts notebooks into submitted/STUDENT/ASSIGNMENT with their times. A
// file is a notebook STUDENT.ipynb or STUDENT_NOTEBOOK.ipynb, or a zip file of
// such, of folders STUDENT with the notebooks, or, as STUDENT.zip, of the
// notebooks themselves. Zip files of Moodle, Canvas, Blackboard and nbgrader's
// exchange are known. A folder's name decides over the file's.
//
// An older notebook never replaces a newer one, and one dated after now is
// refused. A date without a time zone is in the zone of the due date. Of two
// sources for one student's notebook in a run, none is taken from a zip file, and
// the first of two files.
//
// Anybody can put another student's name into a zip file. So a zip file that is
// one student's, with notebooks at its top or called like somebody who handed in,
// has only that student's. One with notebooks of several students replaces none
// of them unless replace is true.
//
// What can't be taken is in the list with the reason: a name that leads out of the
// folder, a link, a file that is too large. On an error, the list holds what was
// done until then.
func Collect(ctx context.Context, f *course.Folder, a *course.Assignment, files []string, replace bool) ([]File, error) {
	return CollectFor(ctx, f, a, files, replace, nil)
}

// CollectFor is like [Collect]. who returns the student whom a platform means by a
// name and a number; it may be nil.
func CollectFor(ctx context.Context, f *course.Folder, a *course.Assignment, files []string, replace bool, who func(name, number string) (student string, found bool)) ([]File, error) {
	dir := filepath.Join(f.Dir, "submitted")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	c := &collection{assignment: a, root: root, replace: replace, now: time.Now(), who: who, taken: map[string]string{}}
	for _, file := range files {
		if ctx.Err() != nil {
			return c.list, context.Cause(ctx)
		}
		if err := c.addFile(file); err != nil {
			return c.list, fmt.Errorf("collect %s: %w", file, err)
		}
	}
	return c.list, nil
}

func (c *collection) addFile(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	name := filepath.Base(file)
	if base, found := cutEnding(name); found {
		s := c.readFile(base)
		if s.when.IsZero() {
			s.when = info.ModTime()
		}
		s.resolve(c.who)
		return c.take(candidate{source: s, from: file, open: func() (io.ReadCloser, error) { return os.Open(file) }})
	}
	if ext := filepath.Ext(name); strings.EqualFold(ext, ".zip") {
		return c.addZip(file, strings.TrimSuffix(name, ext), info.Size())
	}
	c.refuse(file, "it is neither a notebook nor a zip file")
	return nil
}

// addZip takes the notebooks in a zip file. name is the zip file's own, without
// the ending.
func (c *collection) addZip(file, name string, size int64) error {
	r, err := zip.OpenReader(file)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, zip.ErrChecksum) {
		c.refuse(file, err.Error())
		return nil
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return err
	}
	defer r.Close()
	if len(r.File) > maxEntries {
		c.refuse(file, fmt.Sprintf("it has %d files, want at most %d", len(r.File), maxEntries))
		return nil
	}
	var total uint64
	for _, f := range r.File {
		if _, found := cutEnding(f.Name); found { // nothing else is unpacked
			total += min(f.UncompressedSize64, course.MaxNotebook+1)
		}
	}
	if limit := min(maxBase+maxRatio*uint64(size), maxTotal); total > limit {
		c.refuse(file, fmt.Sprintf("its notebooks have %d MB, want at most %d MB for a zip file of this size", total>>20, limit>>20))
		return nil
	}
	before := len(c.list)
	candidates := c.candidates(file, name, r.File)
	if len(candidates) == 0 && len(c.list) == before {
		c.refuse(file, "there is no notebook in it")
	}
	for _, one := range c.withoutConflicts(candidates) {
		if one.student != name && !c.replace && c.handedInBefore(one.student) {
			c.refuse(one.from, fmt.Sprintf("%s has handed in already: to replace that, collect with --again", one.student))
			continue
		}
		if err := c.take(one); err != nil {
			return err
		}
	}
	return nil
}

// candidates returns the notebooks of a zip file that may be taken, and refuses the
// others.
func (c *collection) candidates(file, name string, files []*zip.File) (list []candidate) {
	own := course.CheckName(name) == nil && c.hasFolder(name)
	for _, f := range files {
		entry := strings.ReplaceAll(f.Name, `\`, "/")
		own = own || (!strings.Contains(entry, "/") && c.isNotebook(entry))
	}
	times := timestamps(files)
	for _, f := range files {
		entry := strings.ReplaceAll(f.Name, `\`, "/")
		from := file + ":" + f.Name
		switch {
		case strings.HasSuffix(entry, "/"), path.Base(entry) == ".DS_Store", strings.HasPrefix(entry, "__MACOSX/"),
			path.Base(path.Dir(entry)) == ".ipynb_checkpoints", slices.Contains(course.ExchangeFiles, path.Base(entry)):
			continue
		case !filepath.IsLocal(entry), path.Clean(entry) != entry:
			c.refuse(from, "its name leads out of the folder")
			continue
		case !f.Mode().IsRegular():
			c.refuse(from, "it is not a plain file")
			continue
		}
		base, isNotebook := cutEnding(entry)
		if !isNotebook {
			c.refuse(from, "it is not a notebook")
			continue
		}
		one := candidate{source: c.readName(base), from: from, entry: entry, open: f.Open}
		if one.other != "" {
			c.refuse(from, fmt.Sprintf("it is of the assignment %s", one.other))
			continue
		}
		if own {
			if !strings.Contains(entry, "/") && c.isNotebook(entry) {
				one.source = source{student: name, notebook: c.notebookNamed(base)}
			}
			one.entry = ""
			if one.student != name {
				c.refuse(from, fmt.Sprintf("%s.zip is the zip file of one student, and this is another's", name))
				continue
			}
		}
		if one.when.IsZero() {
			one.when = times[path.Dir(entry)]
		}
		if one.when.IsZero() {
			one.when = f.Modified
			if !hasZone(f) {
				y, m, d := f.Modified.Date()
				hour, minute, second := f.Modified.Clock()
				one.when = time.Date(y, m, d, hour, minute, second, 0, c.zone())
				one.note = "its date has no time zone: taken as " + one.when.Format(time.RFC3339)
			}
		}
		one.resolve(c.who)
		list = append(list, one)
	}
	return list
}

// timestamps returns what nbgrader's files in a zip file say about when a folder was
// handed in.
func timestamps(files []*zip.File) map[string]time.Time {
	const long = 100 // bytes; a time is shorter
	times := map[string]time.Time{}
	for _, f := range files {
		entry := strings.ReplaceAll(f.Name, `\`, "/")
		if path.Base(entry) != course.TimestampFile || !f.Mode().IsRegular() {
			continue
		}
		in, err := f.Open()
		if err != nil {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(in, long))
		in.Close()
		if err == nil {
			times[path.Dir(entry)], _ = course.ParseTimestamp(string(text))
		}
	}
	return times
}

// hasZone reports whether a file's date is a point in time: without an extended
// timestamp, zip files have a clock's reading.
func hasZone(f *zip.File) bool {
	const ntfs, unix, extended = 0x000a, 0x000d, 0x5455
	for extra := f.Extra; len(extra) >= 4; {
		id, size := int(extra[0])|int(extra[1])<<8, int(extra[2])|int(extra[3])<<8
		if id == ntfs || id == unix || id == extended {
			return true
		}
		if len(extra) < 4+size {
			break
		}
		extra = extra[4+size:]
	}
	return false
}

// place is what can't be written twice. Some file systems don't distinguish
// capitals.
func (c candidate) place() string {
	return strings.ToLower(c.student + "/" + c.notebook)
}

// withoutConflicts returns the candidates without those that are for the same
// notebook of the same student, which it refuses. Of attempts with different
// times, the last counts. Students of the same name get their numbers.
func (c *collection) withoutConflicts(list []candidate) (kept []candidate) {
	ids := map[string]map[string]bool{}
	for _, one := range list {
		name := strings.ToLower(one.student)
		if ids[name] == nil {
			ids[name] = map[string]bool{}
		}
		ids[name][one.id] = true
	}
	byPlace := map[string][]int{}
	for i := range list {
		one := &list[i]
		if one.id != "" && len(ids[strings.ToLower(one.student)]) > 1 {
			one.student += "_" + one.id
			one.note = strings.TrimPrefix(one.note+"; several students have this name, so the number tells them apart", "; ")
		}
		byPlace[one.place()] = append(byPlace[one.place()], i)
	}
	for i, one := range list {
		same := byPlace[one.place()]
		if len(same) == 1 || course.CheckName(one.student) != nil || one.notebook == "" {
			kept = append(kept, one)
			continue
		}
		last := slices.MaxFunc(same, func(a, b int) int { return list[a].when.Compare(list[b].when) })
		times := map[time.Time]bool{}
		for _, j := range same {
			times[list[j].when] = true
		}
		switch attempts := attempt.MatchString(path.Base(one.from)) || attempt.MatchString(path.Base(path.Dir(one.from))); {
		case attempts && len(times) == len(same) && i == last:
			kept = append(kept, one)
		case attempts && len(times) == len(same):
			c.refuse(one.from, "there is a later attempt in this file")
		default:
			c.refuse(one.from, fmt.Sprintf("there are %d files for %s's %s.ipynb: leave the right one", len(same), one.student, one.notebook))
		}
	}
	return kept
}

// hasFolder reports whether a student handed anything in before this run.
func (c *collection) hasFolder(student string) bool {
	info, err := c.root.Lstat(student)
	return err == nil && info.IsDir()
}

// handedInBefore reports whether a student's submission was there before this
// collection.
func (c *collection) handedInBefore(student string) bool {
	if course.CheckName(student) != nil {
		return false // take refuses it
	}
	if slices.ContainsFunc(c.list, func(f File) bool { return f.Student == student }) {
		return false
	}
	_, err := c.root.Lstat(path.Join(student, c.assignment.Name))
	return err == nil
}

// take copies one notebook.
func (c *collection) take(one candidate) error {
	from, student, notebook, when := one.from, one.student, one.notebook, one.when
	switch {
	case course.CheckName(student) != nil, notebook == "":
		c.refuse(from, "its name doesn't say whose it is: call it STUDENT.ipynb")
		return nil
	case when.After(c.now):
		c.refuse(from, fmt.Sprintf("it is dated %s, which is after now", when.Format(time.RFC3339)))
		return nil
	case c.taken[one.place()] != "":
		c.refuse(from, fmt.Sprintf("%s's %s.ipynb was taken from %s already", student, notebook, c.taken[one.place()]))
		return nil
	}
	in, err := one.open()
	if err != nil {
		c.refuse(from, err.Error())
		return nil
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, course.MaxNotebook+1))
	if err != nil {
		c.refuse(from, err.Error())
		return nil
	}
	if len(text) > course.MaxNotebook {
		c.refuse(from, fmt.Sprintf("it has more than %d MB", course.MaxNotebook>>20))
		return nil
	}
	dir := path.Join(student, c.assignment.Name)
	if old, err := c.root.ReadFile(path.Join(dir, course.TimestampFile)); err == nil {
		if t, err := course.ParseTimestamp(string(old)); err == nil && t.After(when) && !t.After(c.now) {
			if _, err := c.root.Lstat(path.Join(dir, notebook+".ipynb")); err == nil {
				c.refuse(from, "the notebook in submitted/ is newer")
				return nil
			}
			when = t // of another notebook of the assignment: the submission is as late as the last of them
		}
	}
	if err := c.root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for file, content := range map[string][]byte{notebook + ".ipynb": text, course.TimestampFile: []byte(course.FormatTimestamp(when))} {
		if err := atomicfile.WriteFileIn(c.root, path.Join(dir, file), content, 0o644); err != nil {
			return err
		}
	}
	c.taken[one.place()] = from
	c.list = append(c.list, File{From: from, Student: student, Entry: one.entry, Note: one.note})
	return nil
}

func (c *collection) refuse(from, why string) {
	c.list = append(c.list, File{From: from, Refused: why})
}
