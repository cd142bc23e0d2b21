package bench

import "fmt"

// Must is a figure that the project promises: measured on a finished report,
// and held against a bound.
type Must struct {
	Text    string
	atLeast bool // the bound is a floor, not a ceiling
	bound   float64
	unit    string
	measure func(report *Report, row *Row) (value float64, measured bool)
	floor   func(row *Row) float64 // the least that any client could measure; nil if nothing is known
}

// Verdict is a Must after the run.
type Verdict struct {
	Must   string  `json:"must"`
	Value  float64 `json:"value"` // 0 when not measured
	Unit   string  `json:"unit"`
	Result Holding `json:"result"`
	// OutOfReach says why no client could hold it on this machine, if so.
	OutOfReach string `json:"out_of_reach,omitempty"`
}

// Holding says whether a must holds.
type Holding string

// What a verdict can be.
const (
	Holds       Holding = "holds"
	Fails       Holding = "FAILS"
	NotMeasured Holding = "not measured"
)

func (m Must) judge(report *Report, row *Row) Verdict {
	value, measured := m.measure(report, row)
	v := Verdict{Must: m.Text, Value: value, Unit: m.unit, Result: NotMeasured}
	switch {
	case !measured:
	case m.atLeast && value >= m.bound, !m.atLeast && value <= m.bound:
		v.Result = Holds
	default:
		v.Result = Fails
		if m.floor != nil && m.floor(row) > m.bound {
			v.OutOfReach = fmt.Sprintf("out of reach here: the limit alone is %s %s", fixed(m.floor(row), 3), m.unit)
		}
	}
	return v
}

// withinLimit: Go's best time is at most times the limit.
func withinLimit(times float64) Must {
	return Must{
		Text: fmt.Sprintf("at most %v × the limit", times), bound: times, unit: "× limit",
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures("go")
			return s.TimesLimit, s.measured()
		},
	}
}

func fasterThan(side string) Must {
	m := timeOf(side, 1)
	m.Text = "faster than " + side
	return m
}

// timeOf: Go's best time is at most times that of another side.
func timeOf(side string, times float64) Must {
	return Must{
		Text: fmt.Sprintf("at most %v × the time of %s", times, side), bound: times, unit: "× its time",
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures(side)
			return s.GoTime, s.measured() && row.figures("go").measured()
		},
		floor: func(row *Row) float64 {
			return row.figures("go").LimitSeconds / row.figures(side).MinSeconds
		},
	}
}

// memoryOf: Go's peak memory is at most times that of another side.
func memoryOf(side string, times float64, inWords string) Must {
	return Must{
		Text: fmt.Sprintf("at most %s of the memory of %s", inWords, side), bound: times, unit: "× its memory",
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures(side)
			return s.GoMemory, s.measured() && row.figures("go").measured()
		},
	}
}

// peakAtMost: Go's peak memory is at most so many bytes.
func peakAtMost(bytes int64) Must {
	return Must{
		Text: fmt.Sprintf("at most %s MB", megabytes(bytes)), bound: float64(bytes) / 1e6, unit: "MB",
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures("go")
			return float64(s.PeakBytes) / 1e6, s.measured()
		},
	}
}

// rateKeptFrom: Go's requests a second are at least those of another work.
func rateKeptFrom(work string) Must {
	return Must{
		Text: "at least the requests/s of the work " + work, atLeast: true, bound: 1, unit: "× its requests/s",
		measure: func(report *Report, row *Row) (float64, bool) {
			here, there := row.figures("go"), report.row(work).figures("go")
			if !here.measured() || !there.measured() {
				return 0, false
			}
			return here.PerSecond / there.PerSecond, true
		},
	}
}

// throughputOf: Go does at least times as many steps a second as another side.
func throughputOf(side string, times float64) Must {
	return Must{
		Text: fmt.Sprintf("at least %v × the throughput of %s", times, side), atLeast: true, bound: times, unit: "× its throughput",
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures(side)
			if !s.measured() || !row.figures("go").measured() {
				return 0, false
			}
			return 1 / s.GoTime, true
		},
	}
}

// stepAtMost: a step takes Go at most so long.
func stepAtMost(bound float64, unit Unit) Must {
	return Must{
		Text: fmt.Sprintf("at most %v %s", bound, unit), bound: bound, unit: string(unit),
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures("go")
			return s.MinSeconds * unit.times(row.Steps), s.measured()
		},
	}
}
