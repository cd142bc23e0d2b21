package coursework

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

func TestAnswersAreComparedWithEachOtherAndWithEarlierYears(t *testing.T) {
	each := coursetest.Solution(t, "each")
	renamed := strings.NewReplacer("wg", "group", "limit", "most", "\t", "  ").Replace(each)
	c := openClass(t, map[string]map[string]string{"ada": {"each": each}, "bob": {"each": renamed}, "idle": {}, "idler": {}})
	r, err := c.Similar(t.Context(), "demo", SimilarOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Compared != 4 || len(r.Pairs) != 1 || r.Pairs[0].A != "ada" || r.Pairs[0].B != "bob" || r.Pairs[0].Exercise != "each" {
		t.Errorf("got %+v, want ada and bob only", r)
	}
	old := t.TempDir()
	if err := os.MkdirAll(filepath.Join(old, "zoe", "demo"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(old, "zoe", "demo", "demo.ipynb"), coursetest.Fill(t, map[string]string{"each": renamed}), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err = c.Similar(t.Context(), "demo", SimilarOptions{Against: []string{old}})
	if err != nil || r.Earlier != 1 || len(r.Pairs) != 3 {
		t.Errorf("got %+v (%v), want each of ada, bob and zoe with the others", r, err)
	}
	if _, err := c.Similar(t.Context(), "demo", SimilarOptions{Against: []string{t.TempDir()}}); err == nil || !strings.Contains(err.Error(), "has no notebook of demo") {
		t.Errorf("an empty folder: got the error %v", err)
	}
}
