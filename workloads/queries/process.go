package queries

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"

	"example.com/speedup/workloads/rpc"
)

// childVariable is set in the environment of a worker's process, and nowhere
// else.
const childVariable = "SPEEDUP_QUERIES_WORKER"

// An order is what a worker's process is asked.
type order struct {
	Query string `json:"query"`
	Crash bool   `json:"crash,omitempty"`
}

// In a worker's process the program ends here.
func init() {
	rpc.Serve(childVariable, func(ask json.RawMessage) (any, error) {
		var o order
		if err := json.Unmarshal(ask, &o); err != nil {
			return nil, err
		}
		if o.Crash {
			syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
			select {} // the signal comes at once, though not always before this line
		}
		return Answer(o.Query)
	})
}

// Processes returns a fleet whose workers are child processes. Starting one
// takes some milliseconds, more with the race detector.
func Processes(opts ...Option) *Fleet {
	return newFleet(func() (line, error) {
		p, err := rpc.Start(childVariable, "queries-worker", "the worker")
		if err != nil {
			return nil, err
		}
		return processLine{p}, nil
	}, opts)
}

type processLine struct{ process *rpc.Process }

func (l processLine) ask(ctx context.Context, query string, crash bool) (answer string, err error) {
	err = l.process.Call(ctx, order{query, crash}, &answer)
	if _, gone := errors.AsType[*rpc.Ended](err); gone {
		err = fmt.Errorf("%w: %w", ErrCrashed, err)
	}
	return answer, err
}

func (l processLine) close() { l.process.Close() } // its error says that it crashed, which is known

// left asks the system, which keeps a process until somebody has waited for it.
func (l processLine) left() bool { return syscall.Kill(l.process.Pid, 0) == nil }
