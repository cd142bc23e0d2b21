package gradefile

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/roster"
)

const class = "student,name,email,ID,SIS Login ID\nada,\"Lovelace, Ada\",ada@example.org,17,ada\njm,\"Müller, Jörg \"\"JM\"\"\",jm@example.org,18,jm\n" +
	"evil,\"=cmd|' /C calc'!A0\",e@example.org,19,evil\n"

// grades are those of the class, with a person's for ada.
func grades(t *testing.T) (list []Grade) {
	t.Helper()
	r, err := roster.Parse([]byte(class))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Students {
		g := Grade{Student: s, Result: course.Result{Student: s.Name, Assignment: "ps1", Score: 2.5, MaxScore: 3, ToGrade: 1, Penalty: 0.5, DaysLate: 1,
			Notebooks: []course.NotebookResult{{Name: "ps1", Exercises: []course.ExerciseResult{{Name: "pool", Score: 3, MaxScore: 3, Tests: []course.TestResult{
				{Name: "TestA", Points: 1, MaxPoints: 1, Status: course.Passed},
				{Name: "TestB", Hidden: true, MaxPoints: 2, Status: course.Failed, Messages: []string{"at most 1 call in flight, want 2"}},
			}}}}}}}
		if s.Name == "ada" {
			g.Standing = &course.Standing{Score: 3.25, MaxScore: 4, Marks: []course.Mark{{Notebook: "ps1", Cell: "why", Score: 0.75, MaxScore: 1, Graded: true, Comment: "=Good,\n<b>\"nearly\"</b>"}}}
		}
		list = append(list, g)
	}
	return list
}

// readCSV reads what was written.
func readCSV(t *testing.T, text string, separator rune) [][]string {
	t.Helper()
	in := csv.NewReader(strings.NewReader(text))
	in.Comma = separator
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.IndexAny(cell, "=+@") == 0 {
				t.Errorf("got the formula %q", cell)
			}
		}
	}
	return rows
}

func TestCanvasGetsItsOwnFileBack(t *testing.T) {
	exported := "Student,ID,SIS User ID,SIS Login ID,Section,ps1 (4711),ps1b (4712),Final Score\n" +
		"    Points Possible,,,,,4.00,2.00,(read only)\n\"Müller, Jörg \"\"JM\"\"\",18,S18,jm,Sec 1,,1.0,\n\"Lovelace, Ada\",17,S17,ada,Sec 1,,,\n\"Nobody, N\",99,,nn,Sec 1,1,,\n\"=cmd, x\",19,,evil,Sec 1,,,\n"
	var b strings.Builder
	if err := WriteCanvas(&b, "ps1", grades(t), []byte(exported)); err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, b.String(), ',')
	for i, want := range []string{"ps1 (4711)", "4.00", "2.5", "3.25", "1", "2.5"} {
		if got := rows[i][5]; got != want {
			t.Errorf("line %d: got %q, want %q", i+1, got, want)
		}
	}
	if rows[2][6] != "1.0" || rows[1][0] != "    Points Possible" || rows[2][0] != `Müller, Jörg "JM"` {
		t.Errorf("got other columns changed: %q", rows)
	}
	b.Reset()
	err := WriteCanvas(&b, "ps1", grades(t), []byte("Student,ID,SIS Login ID\nx,18,jm\n"))
	if !errors.Is(err, ErrUnmatched) || !strings.Contains(err.Error(), "ada, evil") || readCSV(t, b.String(), ',')[0][3] != "ps1" {
		t.Errorf("got %v and %s, want a new column, and who has no line", err, b.String())
	}
	if err := WriteCanvas(io.Discard, "ps1", nil, []byte("a,b\n")); err == nil {
		t.Error("another file: got no error")
	}
}

func TestCanvasGetsANewFile(t *testing.T) {
	var b strings.Builder
	if err := WriteCanvas(&b, "ps1", grades(t), nil); err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, b.String(), ',')
	if !slices.Equal(rows[0], []string{"Student", "ID", "SIS User ID", "SIS Login ID", "Section", "ps1"}) || !slices.Equal(rows[2], []string{"Lovelace, Ada", "17", "", "ada", "", "3.25"}) {
		t.Errorf("got %q", rows)
	}
}

func TestMoodlesWorksheetIsFilled(t *testing.T) {
	sheet := "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments\n" +
		"Participant 501,Ada Lovelace,ada@example.org,Submitted for grading,,4.00,Yes,\"Friday, 20 November 2026, 12:00 PM\",-,\nParticipant 502,Someone,jm@example.org,,,4.00,Yes,-,-,\nParticipant 503,E,e@example.org,,,4.00,Yes,-,-,\n"
	var b strings.Builder
	if err := WriteMoodle(&b, "ps1", grades(t), []byte(sheet)); err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, b.String(), ',')
	if rows[1][4] != "3.25" || rows[2][4] != "2.5" || rows[2][8] != "-" {
		t.Errorf("got %q, want the grades", rows)
	}
	if want := "pool: 3 of 3 points<br>0.5 points taken off: 1 day late<br>why: 0.75 of 1 points: =Good, &lt;b&gt;&#34;nearly&#34;&lt;/b&gt;"; rows[1][9] != want {
		t.Errorf("got the comment %q, want %q", rows[1][9], want)
	}
	if err := WriteMoodle(io.Discard, "ps1", grades(t), []byte(strings.ReplaceAll(sheet, "4.00", "100.00"))); err == nil || !strings.Contains(err.Error(), "maximum grade in Moodle is 100, and here 4") {
		t.Errorf("another maximum: got the error %v", err)
	}
}

func TestMoodlesGradebookAndSpreadsheets(t *testing.T) {
	var b strings.Builder
	if err := WriteMoodle(&b, "ps1", grades(t), nil); err != nil {
		t.Fatal(err)
	}
	if rows := readCSV(t, b.String(), ','); rows[0][4] != "Assignment: ps1 (Real)" || !slices.Equal(rows[1][:5], []string{"Ada", "Lovelace", "", "ada@example.org", "3.25"}) {
		t.Errorf("got %q", rows)
	}
	b.Reset()
	if err := WriteCSV(&b, grades(t)); err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, b.String(), ',')
	if got := rows[1]; got[0] != "ada" || got[5] != "2.5" || got[6] != "0.75" || got[7] != "3.25" || got[8] != "4" || got[12] != "false" {
		t.Errorf("got %q", got)
	}
	if got := rows[2]; got[12] != "true" || !strings.HasPrefix(got[1], "'=cmd") {
		t.Errorf("got %q, want ungraded points, and no formula", got)
	}
}

func TestGradescopesResults(t *testing.T) {
	var b bytes.Buffer
	if err := WriteGradescope(&b, grades(t)[0].Result); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Score float64
		Tests []struct {
			Name, Status, Visibility, Output string
			Score, MaxScore                  float64 `json:"-"`
			Max                              float64 `json:"max_score"`
		}
		StdoutVisibility string `json:"stdout_visibility"`
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Score != 2.5 || len(got.Tests) != 2 || got.Tests[0].Status != "passed" || got.Tests[1].Status != "failed" || got.Tests[1].Visibility != "after_published" ||
		got.Tests[1].Max != 2 || got.StdoutVisibility != "hidden" || !strings.Contains(got.Tests[1].Output, "want 2") {
		t.Errorf("got %s", b.String())
	}
}

func TestFeedbackGoesBackUnderTheNamesOfThePlatform(t *testing.T) {
	var files []Feedback
	want := map[string]string{}
	for _, c := range [][3]string{
		{"ada", "Ada Lovelace_17_assignsubmission_file_/ps1.ipynb", "Ada Lovelace_17_assignsubmission_file_/ps1.html"},
		{"pia", "Pia Oh_18_assignsubmission_file_ps1.ipynb", "Pia Oh_18_assignsubmission_file_ps1.html"},
		{"hopper", "hopper_LATE_18_4712_ps1-1.ipynb", "hopper_LATE_18_4712_ps1.html"},
		{"bob", "", "bob/ps1.html"}, {"eve", "../x_1_2_ps1.ipynb", "eve/ps1.html"}, {"zoe", "zoe/ps1.ipynb", "zoe/ps1.html"},
	} {
		text := c[0]
		want[c[2]] = text
		files = append(files, Feedback{Student: c[0], Entry: c[1], Name: "ps1.html", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }})
	}
	var b bytes.Buffer
	if err := WriteZip(&b, files); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || len(r.File) != len(want) {
		t.Fatalf("got %d files (%v), want %d", len(r.File), err, len(want))
	}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(in)
		if want[f.Name] != string(text) || len(text) == 0 {
			t.Errorf("%s: got the feedback of %q, want of %q", f.Name, text, want[f.Name])
		}
	}
}
