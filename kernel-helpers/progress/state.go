package progress

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A state is a bar's counts at one moment.
type state struct {
	what                          string
	total, done, failed, inFlight int64
	counted                       bool // inFlight is known
	took                          time.Duration
}

// over returns how many items need no more work.
func (s state) over() int64 { return s.done + s.failed }

// rate returns the average number of items per second since the start.
func (s state) rate() float64 {
	if s.took <= 0 {
		return 0
	}
	return float64(s.over()) / s.took.Seconds()
}

// line returns the whole state as a line of text, such as "downloads 80/160, 5
// in flight, 1 failed, 97/s, 1 s left".
func (s state) line() string {
	parts := []string{s.what + " " + s.count()}
	if s.counted {
		parts = append(parts, fmt.Sprintf("%d in flight", s.inFlight))
	}
	if s.failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", s.failed))
	}
	if rate := s.rate(); rate > 0 {
		parts = append(parts, short(rate)+"/s")
		if left := s.total - s.over(); left > 0 {
			parts = append(parts, clock(float64(left)/rate)+" left")
		}
	}
	return strings.Join(parts, ", ")
}

func (s state) count() string {
	if s.total == 0 {
		return strconv.FormatInt(s.done, 10)
	}
	return fmt.Sprintf("%d/%d", s.done, s.total)
}

// summary returns the line that remains, such as "downloads: 159 of 160, 1
// failed, in 1.64 s (97.6/s)".
func (s state) summary() string {
	text := fmt.Sprintf("%s: %d", s.what, s.done)
	if s.total > 0 && s.total != s.done {
		text += fmt.Sprintf(" of %d", s.total)
	}
	if s.failed > 0 {
		text += fmt.Sprintf(", %d failed,", s.failed)
	}
	return text + fmt.Sprintf(" in %s s (%s/s)", short(s.took.Seconds()), short(s.rate()))
}

// barRunes is the width of a bar on a terminal.
const barRunes = 24

func (s state) bar() string {
	if s.total == 0 {
		return ""
	}
	full := int(min(s.over(), s.total) * barRunes / s.total)
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", barRunes-full) + "] "
}

// short formats v with about three significant digits.
func short(v float64) string {
	digits := 2
	for limit := 10.0; v >= limit && digits > 0; limit *= 10 {
		digits--
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// clock formats a duration for a reader: "12 s", "3 min 5 s", "2 h 10 min".
func clock(seconds float64) string {
	if seconds > 360000 {
		return "more than 100 h"
	}
	s := int(math.Ceil(seconds))
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	}
}
