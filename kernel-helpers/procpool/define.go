package procpool

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
)

// A Task is a function that worker processes run. Make one with [Define] or
// [DefineWith] in a package variable.
type Task[In, Out any] struct {
	name   string
	number int // in the order of definition, the same in parent and worker
}

// A definition is what a worker needs of a task.
type definition struct {
	name  string
	where string // file:line
	err   error  // why it can't be used
	// run runs the task on the next input of d and appends the result to e.
	run func(ctx context.Context, d *decoder, e *encoder) error
	// skip reads the next input of d.
	skip func(d *decoder) error
}

// registry holds the program's tasks, in the order of definition.
var registry struct {
	sync.Mutex
	definitions []*definition
}

// Define makes a task of a function, under a name that errors use. Call it in a
// package variable (see the package comment); in a worker it may be the call
// that serves and does not return.
//
// In and Out must be types that can be sent to another process. A wrong
// definition is an error of [Start].
func Define[In, Out any](name string, run func(context.Context, In) (Out, error)) *Task[In, Out] {
	return define[In, Out](name, run == nil, func(ctx context.Context, in In) (Out, error) { return run(ctx, in) })
}

// DefineWith is Define for functions that need something made once in each
// worker, such as a session with its connections: initialize makes it before
// the worker's first task of this kind. If it fails, the task fails, and the
// next one tries again.
func DefineWith[Value, In, Out any](name string, initialize func() (Value, error), run func(context.Context, Value, In) (Out, error)) *Task[In, Out] {
	var value Value
	var made bool
	return define[In, Out](name, run == nil || initialize == nil, func(ctx context.Context, in In) (out Out, err error) {
		if !made {
			if value, err = initialize(); err != nil {
				return out, fmt.Errorf("initialize: %w", err)
			}
			made = true
		}
		return run(ctx, value, in)
	})
}

func define[In, Out any](name string, isNil bool, run func(context.Context, In) (Out, error)) *Task[In, Out] {
	where, initializing := caller()
	def := &definition{name: name, where: where}
	def.run = func(ctx context.Context, d *decoder, e *encoder) error {
		var in In
		if err := decodeValue(d, &in); err != nil {
			return err
		}
		out, err := run(ctx, in)
		if err != nil {
			return err
		}
		if err := encodeValue(e, &out); err != nil {
			return fmt.Errorf("send result: %w", err)
		}
		return nil
	}
	def.skip = func(d *decoder) error {
		var in In
		return decodeValue(d, &in)
	}
	switch inErr, outErr := sendable(reflect.TypeFor[In]()), sendable(reflect.TypeFor[Out]()); {
	case name == "":
		def.err = errors.New("a task needs a name")
	case isNil:
		def.err = errors.New("the function is nil")
	case inErr != nil:
		def.err = fmt.Errorf("inputs can't be sent to a worker: %w", inErr)
	case outErr != nil:
		def.err = fmt.Errorf("results can't be sent from a worker: %w", outErr)
	case !initializing:
		def.err = errors.New("defined while the program runs: define tasks in package variables, where workers find them")
	}

	registry.Lock()
	for _, other := range registry.definitions {
		if other.name == name && name != "" {
			def.err = fmt.Errorf("already defined at %s", other.where)
		}
	}
	number := len(registry.definitions)
	registry.definitions = append(registry.definitions, def)
	definitions := registry.definitions
	registry.Unlock()

	if serving != nil {
		serving.defined(definitions)
	}
	return &Task[In, Out]{name, number}
}

// caller tells where the caller of Define is, and whether packages are being
// initialised.
func caller() (where string, initializing bool) {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs[:])])
	for {
		frame, more := frames.Next()
		if where == "" && frame.File != "" {
			file := frame.File[strings.LastIndexByte(frame.File, '/')+1:]
			where = fmt.Sprintf("%s:%d", file, frame.Line)
		}
		if strings.HasSuffix(frame.Function, ".init") || strings.Contains(frame.Function, ".init.") {
			initializing = true
		}
		if !more {
			return where, initializing
		}
	}
}

// defined returns the tasks of the program, or why they can't be used.
func defined() ([]*definition, error) {
	registry.Lock()
	defer registry.Unlock()
	var errs []error
	for _, def := range registry.definitions {
		if def.err != nil {
			errs = append(errs, fmt.Errorf("task %q at %s: %w", def.name, def.where, def.err))
		}
	}
	return registry.definitions[:len(registry.definitions):len(registry.definitions)], errors.Join(errs...)
}
