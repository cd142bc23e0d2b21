package course

import (
	"testing"
	"time"
)

func TestATimeFarAwayIsLate(t *testing.T) {
	due := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	r := Result{Score: 5, MaxScore: 5, Submitted: due.AddDate(5000, 0, 0)}
	LatePolicy{LastDay: 7}.Apply(&r, due)
	if r.Score != 0 || r.Penalty != 5 || r.DaysLate < 100_000 {
		t.Errorf("got %+v, want all 5 points taken off", r)
	}
}

func TestTimestampsAreReadInTheirTimeZone(t *testing.T) {
	for text, want := range map[string]int{"UTC": 17, "GMT": 17, "CET": 16, "Europe/Berlin": 16, "EST": 22, "+0200": 15} {
		if got, err := ParseTimestamp("2026-11-27 17:00:00.000000 " + text + "\n"); err != nil || got.Hour() != want {
			t.Errorf("17:00 %s: got %v (%v), want %d:00 UTC", text, got, err, want)
		}
	}
	if got, err := ParseTimestamp("2026-11-27 17:00:00.000000 XYZT"); err == nil {
		t.Errorf("an unknown zone: got %v, want an error", got)
	}
}
