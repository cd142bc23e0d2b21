package roster

import (
	"strings"
	"time"
	"unicode"
)

// Student is a line of the roster.
type Student struct {
	Name     string            `json:"student"` // the name in the course, and of the folder in submitted/
	FullName string            `json:"name,omitempty"`
	Email    string            `json:"email,omitempty"`
	Group    string            `json:"group,omitempty"`     // its members hand in together
	Platform map[string]string `json:"platform,omitempty"`  // the learning platform's columns, by their names in lower case
	Written  string            `json:"extension,omitempty"` // the extensions as the roster has them
	Grace    *time.Duration    `json:"grace,omitempty"`     // nil is the course's; nanoseconds in JSON

	sortable   string // "Lovelace, Ada"
	extensions []extension
}

// Due returns when an assignment is due for the student. due is when it is for
// everybody, in the course's time zone; zero means never. An extension for the
// assignment takes the place of one for all assignments.
func (s Student) Due(assignment string, due time.Time) time.Time {
	if due.IsZero() {
		return due
	}
	extended := due
	for _, e := range s.extensions {
		if e.assignment == "" {
			extended = e.apply(due)
		}
	}
	for _, e := range s.extensions {
		if e.assignment == assignment {
			extended = e.apply(due)
		}
	}
	return extended
}

// LastFirst returns the student's name as Canvas sorts it: "Lovelace, Ada".
func (s Student) LastFirst() string {
	if s.sortable != "" {
		return s.sortable
	}
	words := strings.Fields(s.FullName)
	if len(words) < 2 {
		return s.FullName
	}
	return words[len(words)-1] + ", " + strings.Join(words[:len(words)-1], " ")
}

// squash returns a name's letters and digits in lower case, which is what Canvas
// puts into the names of files.
func squash(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// aliases are the names by which platforms call the student.
func (s Student) aliases() []string {
	return []string{squash(s.Name), squash(s.FullName), squash(s.LastFirst()), squash(s.Platform["sis login id"]), squash(s.Email)}
}

// numbers are the platforms' numbers of the student.
func (s Student) numbers() []string {
	participant := strings.TrimSpace(s.Platform["identifier"])
	if i := strings.LastIndexByte(participant, ' '); i >= 0 { // "Participant 17", in any language
		participant = participant[i+1:]
	}
	return []string{s.Platform["id"], participant}
}
