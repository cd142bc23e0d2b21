package course_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// FuzzEditsInJupyterLabLoseNothingSilently edits a right submission. Each answer is
// found whole, or a problem says what became of it.
func FuzzEditsInJupyterLabLoseNothingSilently(f *testing.F) {
	right := coursetest.NewRight(f, coursetest.CourseDir(f), "ps1")
	random := rand.New(rand.NewPCG(15, 2))
	f.Add([]byte{5, 38, 74, 1, 246, 149, 6, 50, 55, 2, 100, 122, 5, 10, 229, 4, 141, 84}) // half of a split answer is deleted
	for range longtest.Pick(60, 2000) {
		edits := make([]byte, 3*(1+random.IntN(8)))
		for i := range edits {
			edits[i] = byte(random.Uint32())
		}
		f.Add(edits)
	}
	f.Fuzz(func(t *testing.T, edits []byte) {
		e := &coursetest.Editor{Draft: right.Draft(t)}
		var done []string
		for ; len(edits) >= 3 && len(done) < 20; edits = edits[3:] {
			done = append(done, fmt.Sprint(e.Do(edits[0], edits[1], edits[2]), " ", edits[1], " ", edits[2]))
		}
		s, err := course.ParseSubmitted(e.Text(t), right.Source)
		if err != nil {
			t.Fatal(err)
		}
		if got := lost(t, right.Source, s, false); len(got) > 0 {
			t.Errorf("after %q: lost %q; it says %+v", done, got, s.Problems)
		}
	})
}
