package coursework

import (
	"testing"
)

// mustRelease releases a course's ps1.
func mustRelease(t testing.TB, course string) {
	t.Helper()
	if err := Release(t.Context(), course, "ps1", t.Output()); err != nil {
		t.Fatal(err)
	}
}
