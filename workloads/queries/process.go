package queries

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"

	"example.com/speedup/workloads/rpc"
)

// childVariable is an environment variable that is set only for workers'
// processes.
const childVariable = "SPEEDUP_QUERIES_WORKER"

// An order is a request to a worker's process.
type order struct {
	Query string `json:"query"`
	Crash bool   `json:"crash,omitempty"`
}

// In a worker's process, the program runs and ends in this function.
func init() {
	rpc.Serve(childVariable, func(ask json.RawMessage) (any, error) {
		var o order
		if err := json.Unmarshal(ask, &o); err != nil {
			return nil, err
		}
		if o.Crash {
			syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
			select {} // the signal may arrive a moment later
		}
		return Answer(o.Query)
	})
}

// Processes returns a fleet whose workers are child processes. Starting one
// takes some milliseconds, and longer with the race detector.
func Processes(opts ...Option) *Fleet {
	return newFleet(func() (conn, error) {
		p, err := rpc.Start(childVariable, "queries-worker", "the worker")
		if err != nil {
			return nil, err
		}
		return processConn{p}, nil
	}, opts)
}

type processConn struct{ process *rpc.Process }

func (l processConn) ask(ctx context.Context, query string, crash bool) (answer string, err error) {
	err = l.process.Call(ctx, order{query, crash}, &answer)
	if _, gone := errors.AsType[*rpc.ExitError](err); gone {
		err = fmt.Errorf("%w: %w", ErrCrashed, err)
	}
	return answer, err
}

func (l processConn) close() { l.process.Close() } // the error would say that the worker crashed, which is known

// left asks the system, which keeps a process until its parent has waited for
// it.
func (l processConn) left() bool { return syscall.Kill(l.process.Pid, 0) == nil }
