package roster

import (
	"fmt"
	"strings"
	"time"
)

// extension moves the due date of an assignment, or of all if assignment is "".
type extension struct {
	assignment string
	until      string // a time, as written; "" if by counts
	by         span
}

// layouts are how a time may be written. One without a zone is in the course's.
var layouts = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04 -0700", "2006-01-02 15:04:05 MST", "2006-01-02 15:04 MST",
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"}

// parseTime reads a time. A date without a clock's time is the end of that day.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range layouts {
		t, err := time.ParseInLocation(layout, text, zone)
		if err != nil {
			continue
		}
		if strings.HasSuffix(layout, "MST") && t.Location() != time.UTC && t.Location() != zone {
			// Go takes an abbreviation that it doesn't know for UTC.
			if _, offset := t.Zone(); offset == 0 {
				continue
			}
		}
		if layout == "2006-01-02" {
			return t.AddDate(0, 0, 1).Add(-time.Second), nil
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-11-27 17:00 nor a length of time such as 2 days", text)
}

// parseExtensions reads extensions with semicolons between them: "2 days",
// "ps1=2026-11-27 17:00; ps2=48h".
func parseExtensions(text string) (all []extension, err error) {
	for part := range strings.SplitSeq(text, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		var e extension
		when := part
		if name, rest, found := strings.Cut(part, "="); found {
			e.assignment, when = strings.TrimSpace(name), strings.TrimSpace(rest)
		}
		if e.by, err = parseSpan(strings.TrimPrefix(when, "+")); err != nil {
			if _, err = parseTime(when, time.UTC); err != nil {
				return nil, err
			}
			e.by, e.until = span{}, when
		}
		all = append(all, e)
	}
	return all, nil
}

// apply returns the due date with the extension. An extension never makes work due
// earlier.
func (e extension) apply(due time.Time) time.Time {
	if e.until == "" {
		return e.by.after(due)
	}
	until, err := parseTime(e.until, due.Location())
	if err != nil || until.Before(due) {
		return due
	}
	return until
}
