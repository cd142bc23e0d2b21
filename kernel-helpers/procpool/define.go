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

// A Task is a function that worker processes run. Create one with [Define] or
// [DefineWith] in a package variable.
type Task[In, Out any] struct {
	name   string
	number int // index in the order of definition, the same in parent and worker
}

// A definition holds what a worker needs to run a task.
type definition struct {
	name  string
	where string // file:line
	err   error  // the reason why it can't be used, or nil
	// run runs the task on the next input of d and appends the result to e.
	run func(ctx context.Context, d *decoder, e *encoder) error
	// skip reads the next input of d.
	skip func(d *decoder) error
}

// registry holds the program's tasks in the order of definition.
var registry struct {
	sync.Mutex
	definitions []*definition
}

// Define creates a task from a function. The name is used in errors. Call
// Define in a package variable (see the package documentation). In a worker, it
// may be the call that serves tasks and never returns.
//
// In and Out must be types that can be sent to another process. [Start] reports
// an incorrect definition.
func Define[In, Out any](name string, run func(context.Context, In) (Out, error)) *Task[In, Out] {
	return define[In, Out](name, run == nil, func(ctx context.Context, in In) (Out, error) { return run(ctx, in) })
}

// DefineWith is like Define for functions that need a value created once in
// each worker, such as a session with its connections. A worker calls
// initialize before its first task of this kind. If initialize fails, the task
// fails, and the next task calls it again.
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

// caller returns the position of the call of Define and reports whether
// packages are being initialized.
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

// defined returns the program's tasks, or the reasons why they can't be used.
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
