package timing

import (
	"path/filepath"
	"testing"
)

func TestOnceMeasuresOnlyWhatIsNotKept(t *testing.T) {
	old := kept
	t.Cleanup(func() { kept = old })
	kept = &keeper{path: filepath.Join(t.TempDir(), "measured.json")}
	runs := 0
	work := func() error { runs++; return nil }
	first := Once("a", 3, work)
	again := Once("a", 3, work)
	if runs != 1 || again.Date != first.Date || again.N != 3 {
		t.Errorf("measured %d times, want once; first %+v, then %+v", runs, first, again)
	}
	if Once("a", 3, work, With("pages", "blog")); runs != 2 {
		t.Errorf("after a call with other settings, measured %d times, want 2", runs)
	}
}
