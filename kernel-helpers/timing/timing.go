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
package timing

import (
	"fmt"
	"os"
	"time"
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
// name. It prints nothing except f's calls of [Read]. If f fails, Measure keeps
// nothing and returns f's error.
func Measure(name string, n int, f func() error, options ...Setting) (Result, error) {
	return measure("", name, n, f, gather(options))
}

// Downloads is [Measure] for a cell: it prints "Downloaded 160 in 8.03
// seconds". If f fails, Downloads prints the error as one line on standard
// error and ends the program with status 1, as log.Fatal does.
func Downloads(name string, n int, f func() error, options ...Setting) Result {
	result := must(measure(KindDownloads, name, n, f, gather(options)))
	stdout.line(fmt.Sprintf("Downloaded %d in %s seconds", result.N, seconds(result.Seconds)))
	return result
}

// Duration is [Downloads] for work that keeps the processor busy. It prints
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
		return Result{}, fmt.Errorf("timing: %s: n is %d, but a number of items can't be negative", name, n)
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

// timed runs f and ends the limit on printed lines even if f panics.
func timed(f func() error) (took time.Duration, err error) {
	defer stdout.end()
	start := time.Now()
	err = f()
	return time.Since(start), err
}
