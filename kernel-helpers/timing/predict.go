package timing

import (
	"fmt"
	"math"
	"time"

	"example.com/speedup/kernel-helpers/display"
)

// Predict says, before a run, how long it will take. The run then prints the
// prediction beside what was measured, and keeps both for [Predictions].
//
//	timing.Downloads("20 workers", 160, f, timing.Predict(400*time.Millisecond))
func Predict(d time.Duration) Setting { return func(s *settings) { s.predicted = d.Seconds() } }

// Limit says how long a run takes at least, by arithmetic. The run prints it
// beside what was measured.
func Limit(d time.Duration) Setting { return func(s *settings) { s.limit = d.Seconds() } }

// verdict compares a result with what was predicted and with the limit, in one
// line without its end. It is empty if there is nothing to compare with.
func verdict(measured, predicted, limit float64) string {
	line := ""
	if predicted > 0 {
		line = fmt.Sprintf("predicted %s s, measured %s s: %s", seconds(predicted), seconds(measured), difference(measured, predicted))
	}
	if limit > 0 {
		if line != "" {
			line += "; "
		}
		line += fmt.Sprintf("the limit is %s s", seconds(limit))
	}
	return line
}

// difference says how far a measured time is from a predicted one.
func difference(measured, predicted float64) string {
	percent := 100 * (measured/predicted - 1)
	switch {
	case math.Abs(percent) < 1:
		return "as predicted"
	case percent > 0:
		return fmt.Sprintf("%.0f %% longer", percent)
	default:
		return fmt.Sprintf("%.0f %% shorter", -percent)
	}
}

// near is how close a prediction must be, as a share of the measured time, to
// count as right.
const near = 0.2

// Predictions shows all predictions so far beside what was measured, and how
// many were right within 20 %.
func Predictions() {
	var t table
	t.lines = [][]string{{"what", "predicted", "measured", "difference"}}
	right := 0
	for _, r := range kept.all() {
		if r.Predicted <= 0 {
			continue
		}
		if math.Abs(r.Seconds-r.Predicted) <= near*r.Seconds {
			right++
		}
		t.lines = append(t.lines, []string{row{Result: r}.label(), seconds(r.Predicted) + " s", seconds(r.Seconds) + " s", difference(r.Seconds, r.Predicted)})
	}
	if n := len(t.lines) - 1; n == 0 {
		t.notes = []string{"No predictions yet: add timing.Predict to a run."}
	} else {
		t.notes = []string{fmt.Sprintf("%d of %d within 20 %%.", right, n)}
	}
	display.HTML(t.html(), t.text())
}
