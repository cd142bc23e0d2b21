package course

import (
	"fmt"
	"time"
)

// LatePolicy says what lateness costs.
type LatePolicy struct {
	FreeDays int      `json:"free_days"`      // days late that cost nothing
	PerDay   float64  `json:"per_day"`        // share of the tests' points taken off for each further day, 0 to 1
	Grace    Duration `json:"grace,omitzero"` // after the due date, in which nothing is late
	LastDay  int      `json:"last_day"`       // a submission that is more days late scores 0; 0 means no limit
}

// Duration is a length of time that is written as "15m" in JSON.
type Duration struct{ time.Duration }

// UnmarshalText reads a duration as [time.ParseDuration] does.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	if d.Duration, err = time.ParseDuration(string(text)); err == nil && d.Duration < 0 {
		err = fmt.Errorf("got %s, want at least 0", text)
	}
	return err
}

// MarshalText is the inverse of UnmarshalText.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Apply sets a result's days late and takes off what they cost. A zero due date
// means that nothing is late.
func (p LatePolicy) Apply(r *Result, due time.Time) {
	if due.IsZero() || r.Submitted.IsZero() || !r.Submitted.After(due.Add(p.Grace.Duration)) {
		return
	}
	late := r.Submitted.Sub(due)
	const day = 24 * time.Hour
	if r.DaysLate = int(late / day); late%day > 0 {
		r.DaysLate++
	}
	switch {
	case p.LastDay > 0 && r.DaysLate > p.LastDay:
		r.Penalty = r.Score
	case r.DaysLate > p.FreeDays:
		r.Penalty = min(r.Score, float64(r.DaysLate-p.FreeDays)*p.PerDay*r.MaxScore)
	}
	r.Score -= r.Penalty
}
