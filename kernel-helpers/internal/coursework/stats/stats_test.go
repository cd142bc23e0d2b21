package stats

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"encoding/base64"
	"example.com/speedup/kernel-helpers/base/svg/svgtest"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

func TestQuartilesAreThoseOfSpreadsheets(t *testing.T) {
	for _, c := range []struct {
		points []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{1, 3, 3, 3, 3, 3, 3}},
		{[]float64{4, 1, 3, 2}, Spread{4, 1, 1.75, 2.5, 3.25, 4, 2.5}},
		{[]float64{1, 2, 3, 4, 5}, Spread{5, 1, 2, 3, 4, 5, 3}},
	} {
		if got := spreadOf(c.points); got != c.want {
			t.Errorf("%v: got %+v, want %+v", c.points, got, c.want)
		}
	}
}

// class returns results: two students pass the first test, one the second, one is
// absent.
func class() (list []course.Result) {
	for i, scores := range [][2]float64{{1, 2}, {1, 0}, {0, 0}} {
		r := course.Result{Course: "Go <101>", Assignment: "ps1", Student: fmt.Sprint("s", i), MaxScore: 3, Score: scores[0] + scores[1], DaysLate: i / 2}
		e := course.ExerciseResult{Name: "=pool", MaxScore: 3, Score: r.Score}
		for j, name := range []string{"TestA", "TestB"} {
			test := course.TestResult{Name: name, Hidden: j == 1, MaxPoints: float64(j + 1), Points: scores[j], Status: course.Passed}
			if scores[j] == 0 {
				test.Status, test.Messages = course.Failed, []string{fmt.Sprintf("got %d calls <script>alert(1)</script>", i), "second"}
			}
			e.Tests = append(e.Tests, test)
		}
		r.Notebooks = []course.NotebookResult{{Name: "ps1", Exercises: []course.ExerciseResult{e}}}
		list = append(list, r)
	}
	return append(list, course.Result{Assignment: "ps1", Course: "Go <101>", Student: "zoe", Absent: true, MaxScore: 3})
}

func TestStatsCountStudents(t *testing.T) {
	s := Of(class())
	if s.HandedIn != 3 || s.Absent != 1 || s.Late != 1 || s.Score.Median != 1 || len(s.Exercises) != 1 {
		t.Fatalf("got %+v, want 3 who handed in, 1 absent, 1 late, a median of 1", s)
	}
	e := s.Exercises[0]
	if e.Answered != 3 || len(e.Tests) != 2 || e.Tests[0].Passed != 2 || e.Tests[1].Passed != 1 || e.Tests[1].Of != 3 || e.Score.Max != 3 {
		t.Errorf("got %+v, want 2 and 1 of 3 passed", e)
	}
	if len(s.Messages) != 4 || s.Messages[0].Students != 2 || s.Messages[0].Test != "TestB" {
		t.Errorf("got %+v, want messages that differ in numbers counted together", s.Messages)
	}
}

func TestTheCSVFileHasNoFormulas(t *testing.T) {
	var b strings.Builder
	if err := Of(class()).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(rows) != 1+1+1+2+4 || rows[2][2] != "'=pool" || rows[3][7] != "2" {
		t.Errorf("got %d rows (%v): %q", len(rows), err, rows)
	}
}

func TestThePageIsInertAndHasChartsWithTexts(t *testing.T) {
	var b strings.Builder
	if err := Of(class()).WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{"<script", "onerror", "http://", "https://"} {
		if strings.Contains(b.String(), unwanted) {
			t.Errorf("got a page with %s", unwanted)
		}
	}
	for _, want := range []string{"prefers-color-scheme: dark", "default-src &#39;none&#39;", "&lt;script&gt;", "Go &lt;101&gt;", `alt="Passed tests of =pool. TestA: 2 of 3. TestB (hidden): 1 of 3."`} {
		if !strings.Contains(strings.ReplaceAll(b.String(), "'none'", "&#39;none&#39;"), want) {
			t.Errorf("got a page without %s", want)
		}
	}
	pictures := regexp.MustCompile(`base64,([^"]+)"`).FindAllStringSubmatch(b.String(), -1)
	if len(pictures) != 2 {
		t.Fatalf("got %d charts, want 2", len(pictures))
	}
	for _, p := range pictures {
		text, err := base64.StdEncoding.DecodeString(strings.NewReplacer("&#43;", "+", "&#61;", "=").Replace(p[1]))
		if err != nil {
			t.Fatal(err)
		}
		svgtest.Readable(t, string(text))
	}
	b.Reset()
	if err := Of(nil).WriteHTML(&b); err != nil {
		t.Errorf("without results: %v", err)
	}
}
