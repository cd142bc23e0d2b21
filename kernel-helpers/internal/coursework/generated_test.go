package coursework

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// TestEverySurvivorIsNamedUnlessItIsExcused generates mutants of the demo's solution
// to count.
func TestEverySurvivorIsNamedUnlessItIsExcused(t *testing.T) {
	c := openClass(t, nil)
	generate := func(excuses string) (*Generated, error) {
		t.Helper()
		file := filepath.Join(c.Dir, "mutants", "demo", "demo", "count", ExcusesFile)
		if err := os.WriteFile(file, []byte(excuses), 0o600); err != nil {
			t.Fatal(err)
		}
		return c.Generate(t.Context(), "demo", []string{"count"}, VerifyOptions{}, nil)
	}
	if _, err := generate("Count: drop it\n"); err == nil || !strings.Contains(err.Error(), "no reason") {
		t.Errorf("an excuse without a reason: got the error %v, want one", err)
	}
	longtest.Only(t)
	excuses := "# Right, and why.\nCount: drop a statement that never was\n    It is not there.\n"
	first, err := generate(excuses)
	if err != nil {
		t.Fatal(err)
	}
	stale := []string{"count/Count: drop a statement that never was"}
	if first.Caught < 3 || !slices.Equal(first.Stale, stale) {
		t.Errorf("got %+v, want mutants that are caught, and %q without a use", first, stale)
	}
	for _, s := range first.Survivors {
		if s.Exercise != "count" || s.Cell != "count" || s.Line == 0 {
			t.Errorf("got the survivor %+v, want its place", s)
		}
		excuses += s.Name + "\n    For the test's sake.\n"
	}
	second, err := generate(excuses)
	if err != nil || len(second.Survivors) > 0 || second.Excused != len(first.Survivors) || !slices.Equal(second.Stale, stale) {
		t.Errorf("with excuses: got %+v (%v), want no survivor", second, err)
	}
}

// TestGeneratedMutantsOfTheSetsAreCaughtOrExcused takes minutes for each set.
func TestGeneratedMutantsOfTheSetsAreCaughtOrExcused(t *testing.T) {
	coursetest.SkipGrading(t)
	longtest.Only(t)
	c, err := Open(coursetest.CourseDir(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{"ps1", "ps2", "ps3"} {
		g, err := c.Generate(t.Context(), set, nil, VerifyOptions{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Survivors)+len(g.Stale) > 0 {
			t.Errorf("%s: got the survivors %+v and the stale excuses %q, want none", set, g.Survivors, g.Stale)
		}
		t.Logf("%s: %d caught, %d excused, %d did not compile, %v", set, g.Caught, g.Excused, g.Invalid, g.Took)
	}
}
