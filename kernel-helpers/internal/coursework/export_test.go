package coursework

import (
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

func TestGradesAreExportedWithAColumnForEachExercise(t *testing.T) {
	late := coursetest.FullResult("ada")
	formula := coursetest.ExampleResult(`=cmd|"x"`)
	formula.Assignment = "ps2"
	formula.Submitted = formula.Submitted.AddDate(1, 0, 0)
	var b strings.Builder
	if err := (&ExportResult{Results: []course.Result{late, formula}}).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want := `student,assignment,submitted,score,max_score,to_grade,days_late,penalty,problems,review,ps1/limiter,ps1/pool,ps2/in-order
ada,ps1,2026-11-20T12:30:00Z,3.5,12,2,1,0.5,2,,0,4,
"'=cmd|""x""",ps2,2027-11-20T12:00:00Z,1,3,1,0,0,0,,,,1
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
