package coursework

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

func TestTheDemosAnswersAreVerified(t *testing.T) {
	c := openClass(t, nil)
	tame := filepath.Join(c.Dir, "mutants", "demo", "demo", "count", "tame.go.txt")
	if err := os.WriteFile(tame, []byte("// Nothing is wrong.\n// Fails: TestCountCounts\n"+coursetest.Solution(t, "count")), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := c.Verify(t.Context(), "demo", VerifyOptions{Times: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Answers) != 8 {
		t.Errorf("got %d answers, want 2 references, 2 stubs and 4 mutants", len(r.Answers))
	}
	for _, v := range r.Answers {
		if v.AsExpected == (v.Answer == "tame") {
			t.Errorf("got %+v, want only the tame mutant to be unexpected", v)
		}
	}
}
