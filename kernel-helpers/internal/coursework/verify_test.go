package coursework

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

func TestTheDemosAnswersAreVerified(t *testing.T) {
	c := openClass(t, nil)
	r, err := c.Verify(t.Context(), "demo", VerifyOptions{Times: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Answers) != 7 {
		t.Errorf("got %d answers, want 2 references, 2 stubs and 3 mutants", len(r.Answers))
	}
	for _, v := range r.Answers {
		if !v.AsExpected {
			t.Errorf("got %+v, want it as expected", v)
		}
	}
	tame := filepath.Join(c.Dir, "mutants", "demo", "demo", "count", "tame.go.txt")
	if err := os.WriteFile(tame, []byte("// Nothing is wrong.\n// Fails: TestCountCounts\n"+coursetest.Solution(t, "count")), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err = c.Verify(t.Context(), "demo", VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	survived := 0
	for _, v := range r.Answers {
		if !v.AsExpected {
			survived++
		}
	}
	if survived != 1 {
		t.Errorf("got %d unexpected answers, want only the tame mutant", survived)
	}
}
