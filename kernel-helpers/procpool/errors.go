package procpool

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// ErrClosed is the error of tasks that are given to a pool after its Close or
// Kill, and of those that Kill has ended.
var ErrClosed = errors.New("procpool: the pool is closed")

// ErrCrashed is what a [TaskError] is whose worker ended under the task: by a
// panic, by exiting, killed, out of memory, or because the pool killed it when
// it was stuck beyond the time-out. errors.Is finds it.
var ErrCrashed = errors.New("the worker ended")

// A TaskError is the error of one task.
type TaskError struct {
	Task   string // its name
	Input  string // as by fmt's %v, shortened
	Worker string // where it ran last, "" if it was not sent to one
	Tries  int    // how many workers ended under it
	Err    error  // what the function returned, or a crash
}

func (e *TaskError) Error() string {
	where := ""
	if e.Worker != "" {
		where = " on " + e.Worker
	}
	times := ""
	if e.Tries > 1 {
		times = fmt.Sprintf(" (tried %d times)", e.Tries)
	}
	return fmt.Sprintf("procpool: %s(%s)%s: %v%s", e.Task, e.Input, where, e.Err, times)
}

func (e *TaskError) Unwrap() error { return e.Err }

// A crash is how a worker ended.
type crash struct {
	cause    string
	timedOut bool
}

func (c *crash) Error() string { return fmt.Sprintf("%v: %s", ErrCrashed, c.cause) }

func (c *crash) Is(target error) bool {
	return target == ErrCrashed || c.timedOut && target == context.DeadlineExceeded
}

// A remoteError is an error that a function returned in a worker.
type remoteError struct {
	text string
	is   error // context.Canceled, context.DeadlineExceeded or nil
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.is }

// describe formats an input for an error.
func describe(input any) string {
	const enough = 80
	if s, ok := input.(string); ok {
		return fmt.Sprintf("%q", shorten(s, enough))
	}
	switch v := reflect.ValueOf(input); v.Kind() {
	case reflect.Slice, reflect.Map:
		if v.Len() > enough { // which may be millions
			return fmt.Sprintf("%T of %d", input, v.Len())
		}
	}
	return shorten(fmt.Sprintf("%+v", input), enough)
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
