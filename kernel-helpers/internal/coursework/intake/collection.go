package intake

import (
	"io"
	"os"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// File says what happened to one notebook that was handed in as a file.
type File struct {
	From    string `json:"from"` // file, and the name within a zip file
	Student string `json:"student,omitempty"`
	Entry   string `json:"entry,omitempty"`   // the name within a zip file of several students'
	Note    string `json:"note,omitempty"`    // what was assumed about it
	Refused string `json:"refused,omitempty"` // why it was not taken
}

// collection is a run of Collect.
type collection struct {
	assignment *course.Assignment
	root       *os.Root // submitted/
	replace    bool
	now        time.Time
	who        func(name, number string) (student string, found bool) // or nil
	taken      map[string]string                                      // what a notebook of a student was taken from in this run, by its folded path
	list       []File
}

// candidate is a notebook that may be taken.
type candidate struct {
	source
	from  string
	entry string // within a zip file of several students'
	note  string
	open  func() (io.ReadCloser, error)
}

// source is what the name of a file says: whose it is, and which notebook.
type source struct {
	student  string
	id       string    // the platform's number of the student or the submission, or ""
	notebook string    // "" if the name doesn't say
	when     time.Time // of the attempt, if the name says it
	other    string    // the assignment, if it is another one
}

// resolve replaces a platform's name of a student by the course's.
func (s *source) resolve(who func(name, number string) (student string, found bool)) {
	if who == nil {
		return
	}
	if student, found := who(s.student, s.id); found {
		s.student, s.id = student, ""
	}
}
