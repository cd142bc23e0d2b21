// Package delve talks to the headless server of Delve, the debugger for Go.
//
// It knows the part of Delve's JSON-RPC interface (version 2) that a debugger for
// cells needs, with types of its own: Delve's packages would add their
// dependencies to the module of every cell.
package delve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"strings"
	"time"
)

// A Client is a connection to Delve, which has one program. Its methods may be
// called by several goroutines, but while the program runs all but Halt and State
// wait until it stops.
type Client struct{ rpc *rpc.Client }

// dialPoll is how often Dial tries.
const dialPoll = 3 * time.Millisecond

// Dial connects to a Delve that listens, or soon will, on a Unix socket. It
// returns when the program has been loaded and waits at its entry point.
func Dial(ctx context.Context, socket string) (*Client, error) {
	tick := time.NewTicker(dialPoll)
	defer tick.Stop()
	var dialer net.Dialer
	for {
		if conn, err := dialer.DialContext(ctx, "unix", socket); err == nil {
			c := &Client{rpc: jsonrpc.NewClient(conn)}
			if _, err := c.State(ctx); err != nil {
				return nil, fmt.Errorf("delve: start the program: %w", joinClose(err, c))
			}
			return c, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("delve: connect: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
}

func joinClose(err error, c *Client) error {
	_ = c.Close() // err says what went wrong
	return err
}

// Close closes the connection. Delve and the program go on.
func (c *Client) Close() error { return c.rpc.Close() }

// ErrEnded is wrapped by errors after the end of the program or of Delve.
var ErrEnded = errors.New("the program has ended")

// call calls a method of Delve's server. If ctx ends first, the call goes on in
// Delve, and its result is dropped.
func (c *Client) call(ctx context.Context, method string, args, reply any) error {
	call := c.rpc.Go("RPCServer."+method, args, reply, make(chan *rpc.Call, 1))
	select {
	case <-ctx.Done():
		return fmt.Errorf("delve: %s: %w", method, context.Cause(ctx))
	case <-call.Done:
		if call.Error == nil {
			return nil
		}
		// What isn't Delve's own error is the connection's.
		if _, answered := errors.AsType[rpc.ServerError](call.Error); !answered || strings.Contains(call.Error.Error(), "has exited with status ") {
			return fmt.Errorf("delve: %s: %w: %w", method, ErrEnded, call.Error)
		}
		return fmt.Errorf("delve: %s: %w", method, call.Error)
	}
}

// State returns the state of the program, without waiting for it to stop.
func (c *Client) State(ctx context.Context) (State, error) {
	var out struct{ State *State }
	err := c.call(ctx, "State", map[string]any{"NonBlocking": true}, &out)
	return deref(out.State), err
}

// Commands of [Client.Command].
const (
	Continue = "continue"
	Next     = "next"
	StepIn   = "step"
	StepOut  = "stepOut"
)

// Command lets the program run, and returns when it stops or ends.
func (c *Client) Command(ctx context.Context, name string) (State, error) {
	return c.command(ctx, map[string]any{"name": name})
}

// Halt stops the program. A Command that runs returns, too.
func (c *Client) Halt(ctx context.Context) error {
	_, err := c.command(ctx, map[string]any{"name": "halt"})
	return err
}

// SwitchGoroutine makes a goroutine the one that steps are about.
func (c *Client) SwitchGoroutine(ctx context.Context, id int64) error {
	_, err := c.command(ctx, map[string]any{"name": "switchGoroutine", "goroutineID": id})
	return err
}

// Call calls functions of the program: expr is a call. The program runs meanwhile.
func (c *Client) Call(ctx context.Context, expr string, load LoadConfig) (State, error) {
	return c.command(ctx, map[string]any{"name": "call", "expr": expr, "ReturnInfoLoadConfig": load})
}

func (c *Client) command(ctx context.Context, args map[string]any) (State, error) {
	var out struct{ State State }
	err := c.call(ctx, "Command", args, &out)
	return out.State, err
}

// CancelNext gives up a step that another goroutine's breakpoint has interrupted.
func (c *Client) CancelNext(ctx context.Context) error {
	return c.call(ctx, "CancelNext", struct{}{}, &struct{}{})
}

// CreateBreakpoint sets a breakpoint at a line of a file.
func (c *Client) CreateBreakpoint(ctx context.Context, b Breakpoint) (Breakpoint, error) {
	var out struct{ Breakpoint Breakpoint }
	err := c.call(ctx, "CreateBreakpoint", map[string]any{"Breakpoint": b}, &out)
	return out.Breakpoint, err
}

// ClearBreakpoint removes a breakpoint.
func (c *Client) ClearBreakpoint(ctx context.Context, id int) error {
	return c.call(ctx, "ClearBreakpoint", map[string]any{"Id": id}, &struct{}{})
}

// ListSources returns the program's source files whose names match a regular
// expression.
func (c *Client) ListSources(ctx context.Context, filter string) ([]string, error) {
	var out struct{ Sources []string }
	err := c.call(ctx, "ListSources", map[string]any{"Filter": filter}, &out)
	return out.Sources, err
}

// Stacktrace returns the frames of a goroutine, the innermost first.
func (c *Client) Stacktrace(ctx context.Context, goroutine int64, depth int) ([]Location, error) {
	var out struct{ Locations []Location }
	err := c.call(ctx, "Stacktrace", map[string]any{"Id": goroutine, "Depth": depth}, &out)
	return out.Locations, err
}

// FindPC returns the location of a program counter.
func (c *Client) FindPC(ctx context.Context, pc uint64) (Location, error) {
	var out struct{ Locations []Location }
	err := c.call(ctx, "FindLocation", map[string]any{"Scope": EvalScope{GoroutineID: -1}, "Loc": fmt.Sprintf("*%#x", pc), "IncludeNonExecutableLines": true}, &out)
	if err == nil && len(out.Locations) == 0 {
		err = fmt.Errorf("delve: nothing is at %#x", pc)
	}
	if err != nil {
		return Location{}, err
	}
	return out.Locations[0], nil
}

// Arguments returns a frame's parameters and results.
func (c *Client) Arguments(ctx context.Context, s EvalScope, load LoadConfig) ([]Variable, error) {
	var out struct{ Args []Variable }
	err := c.call(ctx, "ListFunctionArgs", map[string]any{"Scope": s, "Cfg": load}, &out)
	return out.Args, err
}

// Locals returns a frame's local variables.
func (c *Client) Locals(ctx context.Context, s EvalScope, load LoadConfig) ([]Variable, error) {
	var out struct{ Variables []Variable }
	err := c.call(ctx, "ListLocalVars", map[string]any{"Scope": s, "Cfg": load}, &out)
	return out.Variables, err
}

// PackageVars returns the variables of packages whose full names match a regular
// expression.
func (c *Client) PackageVars(ctx context.Context, filter string, load LoadConfig) ([]Variable, error) {
	var out struct{ Variables []Variable }
	err := c.call(ctx, "ListPackageVars", map[string]any{"Filter": filter, "Cfg": load}, &out)
	return out.Variables, err
}

// Eval evaluates an expression.
func (c *Client) Eval(ctx context.Context, s EvalScope, expr string, load LoadConfig) (Variable, error) {
	var out struct{ Variable *Variable }
	err := c.call(ctx, "Eval", map[string]any{"Scope": s, "Expr": expr, "Cfg": load}, &out)
	return deref(out.Variable), err
}

// Set assigns a value, an expression, to a variable.
func (c *Client) Set(ctx context.Context, s EvalScope, variable, value string) error {
	return c.call(ctx, "Set", map[string]any{"Scope": s, "Symbol": variable, "Value": value}, &struct{}{})
}

// examineLimit is how much memory one call of Delve's ExamineMemory returns.
const examineLimit = 1000

// ReadMemory fills p with the program's memory at addr.
func (c *Client) ReadMemory(ctx context.Context, p []byte, addr uint64) error {
	for len(p) > 0 {
		n := min(len(p), examineLimit)
		var out struct{ Mem []byte }
		if err := c.call(ctx, "ExamineMemory", map[string]any{"Address": addr, "Length": n}, &out); err != nil {
			return err
		}
		copied := copy(p, out.Mem)
		if copied < n {
			return fmt.Errorf("delve: ExamineMemory: got %d bytes, want %d", copied, n)
		}
		p, addr = p[n:], addr+uint64(n)
	}
	return nil
}

// Kill ends the program, and Delve with it.
func (c *Client) Kill(ctx context.Context) error {
	return c.call(ctx, "Detach", map[string]any{"Kill": true}, &struct{}{})
}

func deref[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}
