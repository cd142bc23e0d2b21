package coursework

import (
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

func TestAnAnswerThatUsesAnEarlierOneIsTestedWithTheBetterOfTwo(t *testing.T) {
	count := strings.Replace(coursetest.Solution(t, "count"), "func Count(", "var _ = helper\n\nfunc Count(", 1)
	right := coursetest.Solution(t, "each") + "\nvar helper = 1\n"
	// Ben's own Each does nothing, which costs points there and nowhere else.
	const wrong = "func Each(ctx context.Context, limit int, jobs []Job, work func(context.Context, Job) error) error { return nil }"
	const counts = `func Count(texts []string) map[string]int {
	var mu sync.Mutex
	count := map[string]int{}
	var jobs []Job
	for _, text := range texts {
		jobs = append(jobs, Job{Name: text})
	}
	_ = Each(context.Background(), len(texts)+1, jobs, func(_ context.Context, j Job) error {
		for word := range strings.FieldsSeq(j.Name) {
			mu.Lock()
			count[word]++
			mu.Unlock()
		}
		return nil
	})
	return count
}`
	c := openClass(t, map[string]map[string]string{"ada": {"each": right, "count": count}, "ben": {"each": wrong, "count": counts}})
	says := map[string]string{"ada": "uses helper of the cell each", "ben": "it was tested with the course's"}
	for student, r := range gradeClass(t, c, impatient) {
		e := r.Notebooks[0].Exercises[1]
		if e.Score != e.MaxScore || !slices.ContainsFunc(e.Problems, func(p course.Problem) bool { return p.Kind == course.Note && strings.Contains(p.Text, says[student]) }) {
			t.Errorf("%s: got %g of %g points and %v, want full points and a note", student, e.Score, e.MaxScore, e.Problems)
		}
		if len(e.Answer) != 1 || strings.Contains(e.Answer[0].Source, "func Each") {
			t.Errorf("%s: got the answer %v, want the student's own", student, e.Answer)
		}
		if each := r.Notebooks[0].Exercises[0]; (each.Score == each.MaxScore) != (student == "ada") {
			t.Errorf("%s: got %g of %g points for each, want all only for ada", student, each.Score, each.MaxScore)
		}
	}
}
