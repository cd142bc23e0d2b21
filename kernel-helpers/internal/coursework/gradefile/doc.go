// Package gradefile writes grades as learning platforms read them.
//
// Canvas: https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-import-grades-in-the-Gradebook/ta-p/807.
// The file has the columns Student, ID, SIS User ID, SIS Login ID and Section, then
// one for each assignment, and a second line with the points possible. Of the first
// three one is enough; the columns SIS Login ID and Section have to be there, and a
// column with an unknown heading becomes a new assignment
// (https://teaching.resources.osu.edu/toolsets/carmencanvas/guides/calculating-final-grades/import-csv-file-carmen-grades).
// Canvas finds an existing assignment by a heading such as "ps1 (4711)", so it is best
// to fill the file that Canvas exports. Comments can't be in it; they go back as files.
//
// Moodle: the worksheet of an assignment for offline grading, with a line for each
// participant, https://docs.moodle.org/en/Assignment_settings#Feedback_types; or, for
// those who have none, a file for the gradebook's import,
// https://docs.moodle.org/en/Grade_import. The import asks which column is which, and
// finds students by one of them: the email address, in which case matters, or the ID
// number. It has the grade and the feedback of an assignment, since Moodle overwrites
// grades where only feedback is imported.
//
// Gradescope: results.json,
// https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format. The
// score of the whole takes the place of the sum of the tests' scores.
//
// No cell of a file is a formula to a spreadsheet.
//
// The files build on each other in this order: grade.go, fill.go, canvas.go,
// moodle.go, plain.go, gradescope.go, zip.go.
package gradefile
