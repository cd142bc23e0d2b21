package intake

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// entry is a file of a zip file.
type entry struct {
	name, text string
	when       time.Time // with a zone
}

// collectZip collects a zip file of that name, and returns who is in submitted/
// with which text.
func collectZip(t *testing.T, c *course.Folder, name string, entries ...entry) ([]File, map[string]string) {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		f, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Modified: e.when, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := Collect(t.Context(), c, demo(t, c), []string{file}, false)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	files, err := filepath.Glob(filepath.Join(c.Dir, "submitted", "*", "demo", "demo.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got[filepath.Base(filepath.Dir(filepath.Dir(file)))] = string(text)
	}
	return list, got
}

func TestThePlatformsFoldersAndNamesSayWhoseANotebookIs(t *testing.T) {
	noon := time.Date(2025, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		entries []entry
		want    map[string]string
	}{
		"Moodle, folders": {[]entry{{"Pia Oh_1_assignsubmission_file_/demo (1).ipynb", "pia", noon}, {"Quin Uh_2_assignsubmission_file_/demo (1).ipynb", "quin", noon},
			{"Rita Ah_3_assignsubmission_file_/demo-Copy1.ipynb", "rita", noon}, {"Sam Eh_4_assignsubmission_file_/answer.ipynb", "sam", noon}, {"Tom Ih_5_assignsubmission_file_/answer.ipynb", "tom", noon}},
			map[string]string{"Pia Oh": "pia", "Quin Uh": "quin", "Rita Ah": "rita", "Sam Eh": "sam", "Tom Ih": "tom"}},
		"Moodle, flat":        {[]entry{{"Pia Oh_1_assignsubmission_file_demo.ipynb", "pia", noon}, {"Quin Uh_2_assignsubmission_file_demo.ipynb", "quin", noon}}, map[string]string{"Pia Oh": "pia", "Quin Uh": "quin"}},
		"one name twice":      {[]entry{{"Pia Oh_1_assignsubmission_file_/demo.ipynb", "1", noon}, {"Pia Oh_2_assignsubmission_file_/demo.ipynb", "2", noon}}, map[string]string{"Pia Oh_1": "1", "Pia Oh_2": "2"}},
		"Canvas":              {[]entry{{"lovelaceada_17_4711_demo.ipynb", "ada", noon}, {"hopper_LATE_18_4712_demo-1.ipynb", "grace", noon}}, map[string]string{"lovelaceada": "ada", "hopper": "grace"}},
		"attempts":            {[]entry{{"demo_ada_attempt_2025-11-20-10-00-00_demo.ipynb", "old", noon}, {"demo_ada_attempt_2025-11-20-11-00-00_demo.ipynb", "new", noon}, {"demo_bob_attempt_2025-11-20-11-00-00_demo.ipynb", "bob", noon}}, map[string]string{"ada": "new", "bob": "bob"}},
		"the exchange":        {[]entry{{"ada+demo+2025-11-20 10:00:00 UTC+secret/demo.ipynb", "ada", noon}, {"bob+demo+2025-11-20 10:00:00 UTC/demo.ipynb", "bob", noon}}, map[string]string{"ada": "ada", "bob": "bob"}},
		"nbgrader":            {[]entry{{"submitted/ada/demo/demo.ipynb", "ada", noon}, {"submitted/bob/demo/demo.ipynb", "bob", noon}}, map[string]string{"ada": "ada", "bob": "bob"}},
		"other assignments":   {[]entry{{"submitted/ada/demo/demo.ipynb", "ada", noon}, {"submitted/ada/other/other.ipynb", "other", noon}, {"submitted/bob/other/demo.ipynb", "other", noon}}, map[string]string{"ada": "ada"}},
		"checkpoints":         {[]entry{{"Pia Oh_1_assignsubmission_file_/demo.ipynb", "pia", noon}, {"Pia Oh_1_assignsubmission_file_/.ipynb_checkpoints/demo-checkpoint.ipynb", "old", noon}}, map[string]string{"Pia Oh": "pia"}},
		"as browsers save it": {[]entry{{"lovelaceada_17_4711_demo.ipynb.txt", "ada", noon}, {"hopper_18_4712_demo-1.IPYNB", "grace", noon}, {"Rita Ah_3_assignsubmission_file_/demo.ipynb.json", "rita", noon}}, map[string]string{"lovelaceada": "ada", "hopper": "grace", "Rita Ah": "rita"}},
		"two sources":         {[]entry{{"ada/demo.ipynb", "1", noon}, {"ada/demo (1).ipynb", "2", noon}, {"bob/demo.ipynb", "bob", noon}}, map[string]string{"bob": "bob"}},
		"capitals":            {[]entry{{"ada/demo.ipynb", "1", noon}, {"Ada/demo.ipynb", "2", noon}, {"bob/demo.ipynb", "bob", noon}}, map[string]string{"bob": "bob"}},
		"the future":          {[]entry{{"ada/demo.ipynb", "1", time.Now().Add(time.Hour)}, {"bob/demo.ipynb", "bob", noon}}, map[string]string{"bob": "bob"}},
	} {
		t.Run(name, func(t *testing.T) {
			list, got := collectZip(t, coursetest.NewClass(t, nil), "download.zip", c.entries...)
			if len(got) != len(c.want) {
				t.Errorf("got %v, want %v: %+v", got, c.want, list)
			}
			for student, text := range c.want {
				if got[student] != text {
					t.Errorf("%s: got %q, want %q: %+v", student, got[student], text, list)
				}
			}
		})
	}
}

func TestNbgradersTimestampIsTheTimeOfASubmission(t *testing.T) {
	noon := time.Date(2025, 11, 20, 12, 0, 0, 0, time.UTC)
	c := coursetest.NewClass(t, nil)
	list, _ := collectZip(t, c, "class.zip", entry{"submitted/ada/demo/demo.ipynb", "ada", noon.Add(time.Hour)}, entry{"submitted/ada/demo/timestamp.txt", "2025-11-20 12:00:00.000000 UTC\n", noon.Add(time.Hour)})
	got, err := os.ReadFile(filepath.Join(c.Dir, "submitted", "ada", "demo", course.TimestampFile))
	if string(got) != "2025-11-20 12:00:00.000000 UTC\n" || len(list) != 1 || list[0].Refused != "" {
		t.Errorf("got %q (%v) and %+v, want noon", got, err, list)
	}
}

func TestAZipFileWithoutNotebooksIsRefused(t *testing.T) {
	list, got := collectZip(t, coursetest.NewClass(t, nil), "class.zip", entry{"__MACOSX/._x", "", time.Time{}})
	if len(got) > 0 || len(list) != 1 || list[0].Refused != "there is no notebook in it" {
		t.Errorf("got %v and %+v, want to be told", got, list)
	}
}

func TestOneStudentsZipFileHasOnlyTheirNotebooks(t *testing.T) {
	noon := time.Date(2025, 11, 20, 12, 0, 0, 0, time.UTC)
	c := coursetest.NewClass(t, nil)
	future := time.Date(2107, 12, 31, 0, 0, 0, 0, time.UTC)
	_, got := collectZip(t, c, "mallory.zip", entry{"demo.ipynb", "own", noon}, entry{"victim.ipynb", "planted", future}, entry{"other/demo.ipynb", "planted", noon})
	if len(got) != 1 || got["mallory"] != "own" {
		t.Errorf("got %v, want only mallory's own", got)
	}
	// Mallory is known now, so a zip file of that name is one student's.
	if _, got = collectZip(t, c, "mallory.zip", entry{"victim/demo.ipynb", "planted", noon}); len(got) != 1 {
		t.Errorf("got %v, want only mallory's own", got)
	}
	if _, got = collectZip(t, c, "victim.zip", entry{"demo.ipynb", "mine", noon}); got["victim"] != "mine" {
		t.Errorf("got %v, want the victim's own", got)
	}
}

func TestADateWithoutAZoneIsInTheZoneOfTheDueDate(t *testing.T) {
	c := coursetest.NewClass(t, nil)
	a := demo(t, c)
	a.Due = time.Date(2025, 11, 20, 17, 0, 0, 0, time.FixedZone("CET", 3600))
	one := &collection{assignment: a}
	f := &zip.File{FileHeader: zip.FileHeader{Name: "ada/demo.ipynb", Modified: time.Date(2025, 11, 20, 16, 59, 0, 0, time.UTC)}}
	list := one.candidates("class.zip", "?", []*zip.File{f})
	if len(list) != 1 || list[0].when.After(a.Due) || list[0].note == "" {
		t.Errorf("got %+v, want one minute before the due date, and a note", list)
	}
}

func TestAZipFileThatUnpacksToTooMuchIsRefused(t *testing.T) {
	var entries []entry
	for _, student := range strings.Split("abcdefgh", "") {
		entries = append(entries, entry{student + "/demo.ipynb", strings.Repeat(" ", 8<<20), time.Time{}})
	}
	list, got := collectZip(t, coursetest.NewClass(t, nil), "class.zip", entries...)
	if len(got) > 0 || !slices.ContainsFunc(list, func(f File) bool { return strings.Contains(f.Refused, "64 MB") }) {
		t.Errorf("got %d notebooks and %+v, want none", len(got), list)
	}
}
