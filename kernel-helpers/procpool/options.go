package procpool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// An Option is a setting of a pool; see [Start].
type Option func(*settings)

type settings struct {
	workers   int
	retries   int
	timeout   time.Duration
	showLines int // negative for all
	stdout    io.Writer
	stderr    io.Writer
	errs      []error

	timeoutGrace, cancelGrace time.Duration
}

// Retries sets how many times a task is run again after a worker ended while
// running it. The default is 0: no task is begun twice. An error returned by
// the function is a result and is never retried.
func Retries(n int) Option {
	return func(s *settings) {
		if n < 0 {
			s.errs = append(s.errs, fmt.Errorf("retries: %d is negative", n))
		}
		s.retries = n
	}
}

// TaskTimeout limits the time of each task. When it is over, the task's context
// is cancelled. A worker that keeps running for another 100 ms, or is stopped,
// is killed. In both cases the task's error is context.DeadlineExceeded. By
// default there is no limit.
func TaskTimeout(d time.Duration) Option {
	return func(s *settings) {
		if d <= 0 {
			s.errs = append(s.errs, fmt.Errorf("task time-out: %v is not positive", d))
		}
		s.timeout = d
	}
}

// ShowLines sets how many lines of the workers' standard output are shown. The
// rest are counted, and the count is shown at the end. A negative n, the
// default, shows all lines. Standard error is always shown.
func ShowLines(n int) Option { return func(s *settings) { s.showLines = n } }

// Output sets where the workers' lines go. Each line is one write and begins
// with the worker's name. The default is this program's standard output and
// standard error.
func Output(stdout, stderr io.Writer) Option {
	return func(s *settings) {
		if stdout == nil || stderr == nil {
			s.errs = append(s.errs, errors.New("output: a writer is nil: use io.Discard"))
		}
		s.stdout, s.stderr = stdout, stderr
	}
}

// MostWorkers is the maximum number of workers in a pool.
const MostWorkers = 256

func newSettings(workers int, opts []Option) (settings, error) {
	s := settings{workers: workers, showLines: -1, stdout: os.Stdout, stderr: os.Stderr,
		timeoutGrace: timeoutGrace, cancelGrace: cancelGrace}
	if workers < 1 {
		s.errs = append(s.errs, fmt.Errorf("%d workers: a pool needs at least 1, such as runtime.NumCPU()", workers))
	}
	if workers > MostWorkers {
		s.errs = append(s.errs, fmt.Errorf("%d workers: a pool may have at most %d: more than processors rarely helps", workers, MostWorkers))
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&s)
		}
	}
	return s, errors.Join(s.errs...)
}
