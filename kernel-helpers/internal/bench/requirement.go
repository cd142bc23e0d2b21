package bench

import "fmt"

// A Requirement is a bound on a figure that the project promises to keep. It is
// checked on a finished report.
type Requirement struct {
	Text    string
	atLeast bool // the bound is a minimum, not a maximum
	bound   float64
	unit    string
	measure func(report *Report, row *Row) (value float64, measured bool)
	floor   func(row *Row) float64 // the best value that any client could achieve; nil if unknown
}

// A Verdict is the result of checking a Requirement.
type Verdict struct {
	Requirement string  `json:"must"`
	Value       float64 `json:"value"` // 0 if not measured
	Unit        string  `json:"unit"`
	Result      Status  `json:"result"`
	// OutOfReach says why no client could meet the requirement on this machine,
	// if so.
	OutOfReach string `json:"out_of_reach,omitempty"`
}

// A Status says whether a requirement is met.
type Status string

// The statuses of a verdict.
const (
	Holds       Status = "holds"
	Fails       Status = "FAILS"
	NotMeasured Status = "not measured"
)

func (r Requirement) judge(report *Report, row *Row) Verdict {
	value, measured := r.measure(report, row)
	v := Verdict{Requirement: r.Text, Value: value, Unit: r.unit, Result: NotMeasured}
	switch {
	case !measured:
	case r.atLeast && value >= r.bound, !r.atLeast && value <= r.bound:
		v.Result = Holds
	default:
		v.Result = Fails
		if r.floor != nil && r.floor(row) > r.bound {
			v.OutOfReach = fmt.Sprintf("out of reach here: the limit alone is %s %s", fixed(r.floor(row), 3), r.unit)
		}
	}
	return v
}

// withinLimit requires Go's best time to be at most times the limit.
func withinLimit(times float64) Requirement {
	return Requirement{
		Text: fmt.Sprintf("at most %v × the limit", times), bound: times, unit: "× limit",
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures("go")
			return s.TimesLimit, s.measured()
		},
	}
}

func fasterThan(side string) Requirement {
	r := timeOf(side, 1)
	r.Text = "faster than " + side
	return r
}

// timeOf requires Go's best time to be at most times that of another side.
func timeOf(side string, times float64) Requirement {
	return Requirement{
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

// memoryOf requires Go's peak memory to be at most times that of another side.
func memoryOf(side string, times float64, inWords string) Requirement {
	return Requirement{
		Text: fmt.Sprintf("at most %s of the memory of %s", inWords, side), bound: times, unit: "× its memory",
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures(side)
			return s.GoMemory, s.measured() && row.figures("go").measured()
		},
	}
}

// peakAtMost requires Go's peak memory to be at most this number of bytes.
func peakAtMost(bytes int64) Requirement {
	return Requirement{
		Text: fmt.Sprintf("at most %s MB", megabytes(bytes)), bound: float64(bytes) / 1e6, unit: "MB",
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures("go")
			return float64(s.PeakBytes) / 1e6, s.measured()
		},
	}
}

// rateKeptFrom requires Go's requests per second to be at least those of
// another work.
func rateKeptFrom(work string) Requirement {
	return Requirement{
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

// throughputOf requires Go to do at least times as many steps per second as
// another side.
func throughputOf(side string, times float64) Requirement {
	return Requirement{
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

// stepAtMost requires a step to take Go at most bound, in unit.
func stepAtMost(bound float64, unit Unit) Requirement {
	return Requirement{
		Text: fmt.Sprintf("at most %v %s", bound, unit), bound: bound, unit: string(unit),
		measure: func(_ *Report, row *Row) (float64, bool) {
			s := row.figures("go")
			return s.MinSeconds * unit.times(row.Steps), s.measured()
		},
	}
}
