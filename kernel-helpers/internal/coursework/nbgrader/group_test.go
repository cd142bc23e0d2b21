package nbgrader

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// The secret of a submission lets whoever has it fetch its feedback.
func TestAGroupsMembersDontGetEachOthersSecret(t *testing.T) {
	c := coursetest.NewClass(t, map[string]map[string]string{"ada": {}})
	for name, text := range map[string]string{"submission_secret.txt": "s3cret", course.TimestampFile: "2026-11-20 10:00:00.0 UTC"} {
		if err := os.WriteFile(filepath.Join(c.Dir, "submitted", "ada", "demo", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, r := range []course.Result{{Student: "ada"}, {Student: "bob", SubmittedBy: "ada"}, {Student: "zoe", Absent: true}} {
		r.Assignment, r.Notebooks = "demo", []course.NotebookResult{{Name: "demo"}}
		in, err := readIntake(root, r)
		if err != nil {
			t.Fatal(err)
		}
		_, secret := in.Files["submission_secret.txt"]
		if secret != (r.Student == "ada") || (in.Notebooks["demo"] == "") != r.Absent {
			t.Errorf("%s: got the files %q and %d bytes of a notebook", r.Student, in.Files, len(in.Notebooks["demo"]))
		}
	}
}
