// Package timing measures what a cell runs and keeps the result beside the
// notebook.
//
// [Downloads] and [Duration] run a function, print the line that the course's
// documents print ("Downloaded 160 in 8.03 seconds", "Duration 11.24 seconds"),
// and keep the result under a name. [Table] and [Chart] show what has been
// measured so far, in this cell or an earlier one, with each document's own
// figures in a column. [Read] prints the line for one page.
//
// Results are kept in measured.json in the working directory, which for a cell
// is the notebook's folder. The file survives reruns and any number of cells,
// notebooks and processes writing at once: a later result of the same name and
// settings replaces the earlier one, and no other is lost. SPEEDUP_RESULTS
// names another file, or is "off" to keep nothing beyond the program's end. A
// folder that can't be written to costs one warning, never the run.
package timing

import (
	"fmt"
	"os"
	"time"
)

// Result is one measurement.
type Result struct {
	Name     string            `json:"name"`
	Kind     Kind              `json:"kind,omitempty"`
	Seconds  float64           `json:"seconds"` // wall time of the whole run
	N        int               `json:"n"`       // how many things were done in it
	Settings map[string]string `json:"settings,omitempty"`
	Date     time.Time         `json:"date"`
	Machine  Machine           `json:"machine"`
	Runs     int               `json:"runs"` // how often this has been measured on this machine; Seconds is the latest
}

// Kind says what was measured, so that downloads are never compared with sums.
type Kind string

// The kinds of [Downloads] and [Duration]; [Measure] leaves it open, and what
// it measures is compared with either.
const (
	KindDownloads Kind = "downloads"
	KindWork      Kind = "work"
)

// A Setting tells two measurements of one name apart, or says how to print.
type Setting func(*settings)

type settings struct {
	values map[string]string
	lines  int
}

// With notes what the run was made with: With("pages", "blog"). Results of one
// name with different settings are kept side by side, and each is compared with
// the baseline of its own settings.
func With(name string, value any) Setting {
	return func(s *settings) {
		if s.values == nil {
			s.values = map[string]string{}
		}
		s.values[name] = fmt.Sprint(value)
	}
}

// ShowLines sets how many of the lines that [Read] prints are shown during
// this run; the others are counted. Without it [DefaultLines] are. A negative n
// shows all of them.
func ShowLines(n int) Setting { return func(s *settings) { s.lines = n } }

// DefaultLines is how many lines of [Read] a run shows.
const DefaultLines = 6

func gather(options []Setting) settings {
	s := settings{lines: DefaultLines}
	for _, set := range options {
		if set != nil {
			set(&s)
		}
	}
	return s
}

// Measure runs f, which does n things, and keeps how long it took under name.
// It prints nothing but what [Read] is called for, keeps nothing when f fails,
// and returns f's error.
func Measure(name string, n int, f func() error, options ...Setting) (Result, error) {
	return measure("", name, n, f, gather(options))
}

// Downloads is [Measure] for a cell: it prints "Downloaded 160 in 8.03
// seconds". When f fails it prints the error as one line on standard error and
// ends the program with status 1, as log.Fatal does.
func Downloads(name string, n int, f func() error, options ...Setting) Result {
	result := must(measure(KindDownloads, name, n, f, gather(options)))
	stdout.line(fmt.Sprintf("Downloaded %d in %s seconds", result.N, seconds(result.Seconds)))
	return result
}

// Duration is [Downloads] for work that keeps the processor busy: it prints
// "Duration 11.24 seconds".
func Duration(name string, n int, f func() error, options ...Setting) Result {
	result := must(measure(KindWork, name, n, f, gather(options)))
	stdout.line(fmt.Sprintf("Duration %s seconds", seconds(result.Seconds)))
	return result
}

func must(result Result, err error) Result {
	if err != nil {
		fmt.Fprintln(os.Stderr, oneLine(err))
		os.Exit(1)
	}
	return result
}

func measure(kind Kind, name string, n int, f func() error, s settings) (Result, error) {
	if n < 0 {
		return Result{}, fmt.Errorf("timing: %s: n is %d: it counts what f does, so it can't be negative", name, n)
	}
	stdout.begin(s.lines)
	took, err := timed(f)
	if err != nil {
		return Result{}, fmt.Errorf("timing: %s: %w", name, err)
	}
	result := Result{
		Name: name, Kind: kind, Seconds: took.Seconds(), N: n, Settings: s.values,
		Date: time.Now().UTC().Truncate(time.Second), Machine: thisMachine(), Runs: 1,
	}
	return kept.keep(result), nil
}

// timed ends the run of printed lines also when f panics.
func timed(f func() error) (took time.Duration, err error) {
	defer stdout.end()
	start := time.Now()
	err = f()
	return time.Since(start), err
}
