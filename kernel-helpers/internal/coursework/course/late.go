package course

import "time"

// LatePolicy says what lateness costs.
type LatePolicy struct {
	FreeDays int     `json:"free_days"` // days late that cost nothing
	PerDay   float64 `json:"per_day"`   // share of the tests' points taken off for each further day, 0 to 1
	LastDay  int     `json:"last_day"`  // a submission that is more days late scores 0; 0 means no limit
}

// Apply sets a result's days late and takes off what they cost. A zero due date
// means that nothing is late.
func (p LatePolicy) Apply(r *Result, due time.Time) {
	if due.IsZero() || r.Submitted.IsZero() || !r.Submitted.After(due) {
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
