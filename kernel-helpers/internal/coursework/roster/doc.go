// Package roster reads a course's class list: who takes part, in which group, with
// which extensions and how much grace time.
//
// The list is the file roster.csv of a course. It may be what a learning platform
// exports, with columns added by hand:
//
//   - plain: student, name, email, group, extension, grace. Only the first is needed.
//   - Canvas: the gradebook's export, with Student, ID, SIS User ID, SIS Login ID and
//     Section.
//     https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-export-grades-in-the-Gradebook/ta-p/809
//   - Moodle: the list of participants, with First name, Last name (or Surname), ID
//     number and Email address, or an assignment's grading worksheet, with Identifier
//     and Full name.
//     https://docs.moodle.org/en/Assignment_settings#Feedback_types
//
// A student's name in the course, which is the name of the folder in submitted/, is
// the first that there is of: student or username, SIS Login ID, SIS User ID, ID,
// ID number, full name.
//
// The files build on each other in this order: span.go, extension.go, student.go,
// columns.go, roster.go.
package roster
