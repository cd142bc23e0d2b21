package gradefile

import (
	"archive/zip"
	"io"
	"path"
	"path/filepath"
	"regexp"
)

// The names of files that learning platforms give out and take back.
var (
	// Moodle takes "Upload multiple feedback files in a zip" with the folders of
	// "Download all submissions", "Ada Lovelace_17_assignsubmission_file_", or with
	// names that begin so.
	moodleEntry = regexp.MustCompile(`^([^/]+_\d+_assignsubmission_(?:file|onlinetext)_?)(/?)`)

	// Canvas takes "Upload Submissions" with the names of "Download Submissions",
	// lovelaceada_LATE_17_4711_ps1.ipynb, by the numbers.
	canvasEntry = regexp.MustCompile(`^([^/_]+_(?:LATE_)?\d+_\d+_)[^/]+$`)
)

// Feedback is a file for a student.
type Feedback struct {
	Student string
	Entry   string // the name of the notebook in the platform's zip file; "" if it came another way
	Name    string // of the file
	Open    func() (io.ReadCloser, error)
}

// entry returns the file's name in a zip file for the platform that the notebook
// came from.
func (f Feedback) entry() string {
	if filepath.IsLocal(f.Entry) {
		if m := moodleEntry.FindStringSubmatch(f.Entry); m != nil {
			return m[1] + m[2] + f.Name
		}
		if m := canvasEntry.FindStringSubmatch(f.Entry); m != nil {
			return m[1] + f.Name
		}
	}
	return path.Join(f.Student, f.Name)
}

// WriteZip writes a zip file of feedback, with names that the platform takes back.
func WriteZip(w io.Writer, files []Feedback) error {
	out := zip.NewWriter(w)
	for _, f := range files {
		in, err := f.Open()
		if err != nil {
			return err
		}
		to, err := out.Create(f.entry())
		if err == nil {
			_, err = io.Copy(to, in)
		}
		in.Close()
		if err != nil {
			return err
		}
	}
	return out.Close()
}
