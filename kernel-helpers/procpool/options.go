package procpool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// An Option changes how a pool works; see [Start].
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

// Retries sets how many times a task is run again after a worker ended under
// it. Without it a task is never begun twice. An error that a function returns
// is a result and not tried again.
func Retries(n int) Option {
	return func(s *settings) {
		if n < 0 {
			s.errs = append(s.errs, fmt.Errorf("retries: %d is negative", n))
		}
		s.retries = n
	}
}

// TaskTimeout bounds the time that one task may take. Its context ends then; a
// worker that goes on for a tenth of a second more is killed, and so is one
// that is stopped. Either way the task's error is context.DeadlineExceeded.
// Without it a task may take for ever.
func TaskTimeout(d time.Duration) Option {
	return func(s *settings) {
		if d <= 0 {
			s.errs = append(s.errs, fmt.Errorf("task time-out: %v is not positive", d))
		}
		s.timeout = d
	}
}

// ShowLines sets how many lines of the workers' standard output are shown; the
// others are counted, and the count is shown at the end. A negative n shows
// all, as without it. Standard error is always shown.
func ShowLines(n int) Option { return func(s *settings) { s.showLines = n } }

// Output sets where the lines of the workers go: each is one write, with the
// worker's name before it. Without it they go to this program's standard output
// and standard error.
func Output(stdout, stderr io.Writer) Option {
	return func(s *settings) {
		if stdout == nil || stderr == nil {
			s.errs = append(s.errs, errors.New("output: a writer is nil: use io.Discard"))
		}
		s.stdout, s.stderr = stdout, stderr
	}
}

// MostWorkers is how many workers a pool may have.
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
