package roster

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// span is a length of time. Days are those of a calendar, of which two a year do
// not have 24 hours.
type span struct {
	days  int
	clock time.Duration
}

// maxDays is the longest span. A course is over by then.
const maxDays = 1000

// spanPart matches a number and its unit.
var spanPart = regexp.MustCompile(`^\s*(\d{1,5})\s*([a-z]+)\s*`)

// parseSpan reads "15m", "1h30m", "2 days" or "1 week".
func parseSpan(text string) (span, error) {
	var s span
	rest := strings.ToLower(strings.TrimSpace(text))
	if rest == "" {
		return s, errSpan(text)
	}
	for rest != "" {
		m := spanPart.FindStringSubmatch(rest)
		if m == nil {
			return s, errSpan(text)
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return s, errSpan(text)
		}
		switch m[2] {
		case "s", "sec", "secs", "second", "seconds":
			s.clock += time.Duration(n) * time.Second
		case "m", "min", "mins", "minute", "minutes":
			s.clock += time.Duration(n) * time.Minute
		case "h", "hour", "hours":
			s.clock += time.Duration(n) * time.Hour
		case "d", "day", "days":
			s.days += n
		case "w", "week", "weeks":
			s.days += 7 * n
		default:
			return s, errSpan(text)
		}
		if rest = rest[len(m[0]):]; s.days > maxDays || s.clock > maxDays*24*time.Hour {
			return s, fmt.Errorf("%q is more than %d days", text, maxDays)
		}
	}
	return s, nil
}

func errSpan(text string) error {
	return fmt.Errorf("%q is not a length of time such as 15m, 2h or 3 days", text)
}

// after returns the time that is s after t on the calendar of t's time zone.
func (s span) after(t time.Time) time.Time { return t.AddDate(0, 0, s.days).Add(s.clock) }

// duration returns s with days of 24 hours.
func (s span) duration() time.Duration { return time.Duration(s.days)*24*time.Hour + s.clock }

// ParseGrace reads a grace time such as 15m.
func ParseGrace(text string) (time.Duration, error) {
	s, err := parseSpan(text)
	return s.duration(), err
}
