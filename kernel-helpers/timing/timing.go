// Package timing measures what a cell runs and keeps the results beside the
// notebook.
//
// [Downloads] and [Duration] run a function, print the line that the course's
// documents print ("Downloaded 160 in 8.03 seconds", "Duration 11.24 seconds"),
// and keep the result under a name. [Table] and [Chart] show the results so
// far, from this cell and earlier ones, with the figures of each document for
// comparison. [Read] prints the line for one page.
//
// Results are kept in measured.json in the working directory, which for a cell
// is the notebook's folder. Any number of cells, notebooks and processes may
// write to the file at once: a result replaces an earlier one of the same name
// and settings, and no other result is lost. The environment variable
// SPEEDUP_RESULTS names another file; the value "off" keeps results only until
// the program ends. If the file can't be written, the program prints one
// warning and runs on.
//
// An experiment doesn't replace the course's own result: the settings of the
// server (see package sites) are recorded with each run, and a run with other
// settings is another row. A run during which an execution trace is recorded is
// not kept. [Predict] and [Limit] print a run's time beside what was expected.
package timing

import (
	"fmt"
	"maps"
	"os"
	"runtime/trace"
	"time"

	"example.com/speedup/kernel-helpers/base/experiment"
)

// A Result is one measurement.
type Result struct {
	Name     string            `json:"name"`
	Kind     Kind              `json:"kind,omitempty"`
	Seconds  float64           `json:"seconds"` // wall time of the whole run
	N        int               `json:"n"`       // number of items done in it
	Settings map[string]string `json:"settings,omitempty"`
	Date     time.Time         `json:"date"`
	Machine  Machine           `json:"machine"`
	Runs     int               `json:"runs"` // number of measurements on this machine; Seconds is the latest

	Predicted float64 `json:"predicted,omitempty"` // in seconds, see Predict; 0 means that nothing was predicted
}

// A Kind says what was measured, so that downloads are never compared with
// sums.
type Kind string

// The kinds used by [Downloads] and [Duration]. [Measure] leaves the kind
// empty, and its results are compared with either.
const (
	KindDownloads Kind = "downloads"
	KindWork      Kind = "work"
)

// A Setting distinguishes measurements of the same name, or says how to print
// one.
type Setting func(*settings)

type settings struct {
	values map[string]string
	lines  int

	predicted, limit float64 // in seconds; 0 means none
}

// With records a setting of the run, as in With("pages", "blog"). Results of
// one name with different settings are kept side by side, and each is compared
// with the baseline that has the same settings.
func With(name string, value any) Setting {
	return func(s *settings) {
		if s.values == nil {
			s.values = map[string]string{}
		}
		s.values[name] = fmt.Sprint(value)
	}
}

// ShowLines sets how many of the lines that [Read] prints are shown during this
// run; the rest are counted. The default is [DefaultLines]. A negative n shows
// all lines.
func ShowLines(n int) Setting { return func(s *settings) { s.lines = n } }

// DefaultLines is how many lines of [Read] a run shows by default.
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

// Measure runs f, which does n items of work, and keeps the time it took under
// name, unless an execution trace is being recorded. It prints nothing except f's calls of [Read]. If f fails, Measure keeps
// nothing and returns f's error.
func Measure(name string, n int, f func() error, options ...Setting) (Result, error) {
	return measure("", name, n, f, gather(options))
}

// Downloads is [Measure] for a cell: it prints "Downloaded 160 in 8.03
// seconds". If f fails, Downloads prints the error as one line on standard
// error and ends the program with status 1, as log.Fatal does.
func Downloads(name string, n int, f func() error, options ...Setting) Result {
	s := gather(options)
	result := must(measure(KindDownloads, name, n, f, s))
	stdout.line(fmt.Sprintf("Downloaded %d in %s seconds", result.N, seconds(result.Seconds)))
	s.compare(result)
	return result
}

// Duration is [Downloads] for work that keeps the processor busy. It prints
// "Duration 11.24 seconds".
func Duration(name string, n int, f func() error, options ...Setting) Result {
	s := gather(options)
	result := must(measure(KindWork, name, n, f, s))
	stdout.line(fmt.Sprintf("Duration %s seconds", seconds(result.Seconds)))
	s.compare(result)
	return result
}

// compare prints a result beside the prediction and the limit.
func (s settings) compare(r Result) {
	if line := verdict(r.Seconds, s.predicted, s.limit); line != "" {
		stdout.line(line)
	}
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
		return Result{}, fmt.Errorf("timing: %s: n is %d, but a number of items can't be negative", name, n)
	}
	stdout.begin(s.lines)
	experiment.Take()
	took, err := timed(f)
	s.values = withNoted(s.values, experiment.Take())
	if err != nil {
		return Result{}, fmt.Errorf("timing: %s: %w", name, err)
	}
	result := Result{
		Name: name, Kind: kind, Seconds: took.Seconds(), N: n, Settings: s.values,
		Date: time.Now().UTC().Truncate(time.Second), Machine: thisMachine(), Runs: 1,
		Predicted: s.predicted,
	}
	if trace.IsEnabled() {
		return result, nil // recording takes time of its own
	}
	return kept.keep(result), nil
}

// withNoted adds the settings that were noted during a run. Those that the cell
// gave itself count more.
func withNoted(given, noted map[string]string) map[string]string {
	if len(noted) == 0 {
		return given
	}
	maps.Copy(noted, given)
	return noted
}

// timed runs f and ends the limit on printed lines even if f panics.
func timed(f func() error) (took time.Duration, err error) {
	defer stdout.end()
	start := time.Now()
	err = f()
	return time.Since(start), err
}
