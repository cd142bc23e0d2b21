package procpool

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// ErrClosed is the error of tasks submitted to a pool after Close or Kill, and
// of tasks ended by Kill.
var ErrClosed = errors.New("procpool: the pool is closed")

// ErrCrashed is wrapped by a [TaskError] whose worker ended while it ran the
// task: it panicked, exited, was killed, ran out of memory, or was stuck longer
// than the time-out and was killed by the pool.
var ErrCrashed = errors.New("the worker ended")

// A TaskError is the error of one task.
type TaskError struct {
	Task   string // the task's name
	Input  string // the input as formatted by %+v, shortened
	Worker string // the last worker that ran the task; "" if it was not sent to one
	Tries  int    // how many workers ended while they ran it
	Err    error  // the function's error, or a crash
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

// A crash describes how a worker ended.
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

// describe formats an input for an error message.
func describe(input any) string {
	const enough = 80
	if s, ok := input.(string); ok {
		return fmt.Sprintf("%q", shorten(s, enough))
	}
	switch v := reflect.ValueOf(input); v.Kind() {
	case reflect.Slice, reflect.Map:
		if v.Len() > enough { // may have millions of elements
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
