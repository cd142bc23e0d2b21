package generator

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A program is a random script over generators. It can be printed as Python and
// run here. Both log the same lines if the generators behave alike.
type program struct {
	functions [][]stmt // bodies of generators; one delegates to later ones
	ops       []stmt   // what the main part does with them
}

type stmt struct {
	kind          string // see block and the methods of printer and run
	n             int
	arg           string
	body, handler []stmt
}

// thrown maps Python's expressions for the errors that scripts throw and raise
// to our errors.
var thrown = map[string]error{
	"E0()":             e("E0"),
	"E1()":             e("E1"),
	"GeneratorExit()":  ErrExit,
	"StopIteration(7)": Stop[any]{7},
}

type e string

func (e e) Error() string { return string(e) }

// name returns Python's name of an error.
func name(err error) string {
	if stop, ok := errors.AsType[Stop[any]](err); ok {
		return fmt.Sprintf("StopIteration(%s)", py(stop.Value))
	}
	for python, ours := range map[string][]error{
		"E0":            {e("E0")},
		"E1":            {e("E1")},
		"GeneratorExit": {ErrExit},
		"RuntimeError":  {ErrIgnoredExit, ErrRaisedStop},
		"TypeError":     {ErrNotStarted},
		"ValueError":    {ErrRunning},
	} {
		for _, o := range ours {
			if errors.Is(err, o) {
				return python
			}
		}
	}
	return "unknown: " + err.Error()
}

// py formats v as Python prints it.
func py(v any) string {
	if v == nil {
		return "None"
	}
	return fmt.Sprint(v)
}

// catches reports whether Python's "except class" catches err.
func catches(class string, err error) bool {
	switch class {
	case "BaseException":
		return true
	case "Exception":
		return name(err) != "GeneratorExit"
	case "StopIteration":
		return errors.Is(err, ErrStop)
	}
	return name(err) == class
}

// Generating programs.

func randomProgram(r *rand.Rand) program {
	p := program{functions: make([][]stmt, 2+r.IntN(3))}
	for i := range p.functions {
		p.functions[i] = append(p.block(r, i, 2), stmt{kind: "yield", n: 200 + i})
	}
	for range 1 + r.IntN(3) {
		p.ops = append(p.ops, stmt{kind: "new", n: r.IntN(len(p.functions))})
	}
	for range 6 + r.IntN(20) {
		p.ops = append(p.ops, randomOp(r))
	}
	// At the end, close everything, even the generators that ignore a first
	// Close.
	p.ops = append(p.ops, stmt{kind: "close all"})
	return p
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomOp(r *rand.Rand) stmt {
	s := stmt{kind: pick(r, "next", "next", "next", "next", "send", "send", "throw", "throw", "close", "loop"), n: r.IntN(6)}
	switch s.kind {
	case "send":
		s.arg = pick(r, "1", "2", "0", "None")
	case "throw":
		s.arg = pick(r, "E0()", "E0()", "E1()", "GeneratorExit()", "StopIteration(7)")
	case "loop":
		s.arg = pick(r, "1", "2", "100")
	}
	return s
}

// block generates statements for function f, or for a part of it.
func (p program) block(r *rand.Rand, f, depth int) []stmt {
	var b []stmt
	for range 1 + r.IntN(3) {
		s := stmt{kind: pick(r, "yield", "yield", "yield", "yield", "from", "from", "shared", "return", "raise", "op", "bare next", "try", "try", "finally", "repeat"), n: r.IntN(100)}
		switch s.kind {
		case "from":
			if f == len(p.functions)-1 {
				continue
			}
			s.n = f + 1 + r.IntN(len(p.functions)-f-1)
		case "raise":
			s.arg = pick(r, "E0()", "E1()", "GeneratorExit()", "StopIteration(7)")
		case "return":
			s.arg = pick(r, "None", "5", "6")
		case "op":
			s.body = []stmt{randomOp(r)}
		case "try", "finally", "repeat":
			if depth == 0 {
				continue
			}
			s.n = 1 + r.IntN(2)
			s.arg = pick(r, "E0", "E1", "GeneratorExit", "RuntimeError", "ValueError", "StopIteration", "Exception", "BaseException")
			s.body = p.block(r, f, depth-1)
			if s.kind != "repeat" {
				s.handler = p.block(r, f, depth-1)
			}
		}
		b = append(b, s)
		if s.kind == "return" || s.kind == "raise" {
			break
		}
	}
	if len(b) == 0 {
		b = append(b, stmt{kind: "yield"})
	}
	return b
}

// Printing programs as Python.

func (p program) python() string {
	var b strings.Builder
	for i, f := range p.functions {
		fmt.Fprintf(&b, "def f%d(me):\n", i)
		printBlock(&b, f, "    ")
	}
	printBlock(&b, p.ops, "")
	return b.String()
}

func delegation(line func(format string, args ...any), to string) {
	line("delegating.add(me)")
	line("try:")
	line("    x = yield from %s", to)
	line("finally:")
	line("    delegating.discard(me)")
	line(`log(f"from gave {x}")`)
}

func printBlock(b *strings.Builder, block []stmt, indent string) {
	line := func(format string, args ...any) { fmt.Fprintf(b, indent+format+"\n", args...) }
	for _, s := range block {
		switch s.kind {
		case "yield":
			line("x = yield %d", s.n)
			line(`log(f"got {x}")`)
		case "from":
			delegation(line, fmt.Sprintf("new(f%d)", s.n))
		case "shared":
			delegation(line, fmt.Sprintf("get(%d)", s.n))
		case "return":
			line("return %s", s.arg)
		case "raise":
			line("raise %s", s.arg)
		case "op":
			printBlock(b, s.body, indent)
		case "bare next":
			line("log(next(get(%d)))", s.n)
		case "try":
			line("try:")
			printBlock(b, s.body, indent+"    ")
			line("except %s as e:", s.arg)
			line("    log(name(e))")
			printBlock(b, s.handler, indent+"    ")
		case "finally":
			line("try:")
			printBlock(b, s.body, indent+"    ")
			line("finally:")
			line("    log('finally')")
			printBlock(b, s.handler, indent+"    ")
		case "repeat":
			line("for _ in range(%d):", s.n)
			printBlock(b, s.body, indent+"    ")
		case "new":
			line("new(f%d)", s.n)
		case "close all":
			line("for i in range(36):")
			line("    op(i, 'close')")
		case "next", "close":
			line("op(%d, %q)", s.n, s.kind)
		default:
			line("op(%d, %q, %s)", s.n, s.kind, s.arg)
		}
	}
}

// Running programs.

// An execution is one run of a program.
type execution struct {
	program
	construct  func(i int, b body) *gen
	generators []*gen
	delegating map[*gen]bool
	lines      []string
}

// run runs the program with generators made by construct and returns its log.
func (p program) run(construct func(i int, b body) *gen) []string {
	x := &execution{program: p, construct: construct, delegating: map[*gen]bool{}}
	x.block(nil, nil, p.ops)
	return x.lines
}

func (x *execution) log(format string, args ...any) {
	x.lines = append(x.lines, fmt.Sprintf(format, args...))
}

func (x *execution) new(f int) *gen {
	var g *gen
	g = x.construct(len(x.generators), func(y *Yielder[int, int]) (any, error) {
		out := x.block(g, y, x.functions[f])
		return out.value, out.err
	})
	x.generators = append(x.generators, g)
	return g
}

func (x *execution) get(i int) *gen { return x.generators[i%len(x.generators)] }

// An exit says how a block was left before its end: by an error or a return.
type exit struct {
	value    any
	err      error
	returned bool
}

func (e exit) left() bool { return e.err != nil || e.returned }

func (x *execution) block(me *gen, y *Yielder[int, int], block []stmt) exit {
	for _, s := range block {
		if out := x.do(me, y, s); out.left() {
			return out
		}
	}
	return exit{}
}

func (x *execution) do(me *gen, y *Yielder[int, int], s stmt) exit {
	switch s.kind {
	case "yield":
		v, err := y.Yield(s.n)
		if err != nil {
			return exit{err: err}
		}
		if y.Sent() {
			x.log("got %d", v)
		} else {
			x.log("got None")
		}
	case "from", "shared":
		var inner *gen
		if s.kind == "from" {
			inner = x.new(s.n)
		} else {
			inner = x.get(s.n)
		}
		x.delegating[me] = true
		v, err := From(y, inner)
		delete(x.delegating, me)
		if err != nil {
			return exit{err: err}
		}
		x.log("from gave %s", py(v))
	case "return":
		return exit{value: map[string]any{"5": 5, "6": 6}[s.arg], returned: true}
	case "raise":
		return exit{err: thrown[s.arg]}
	case "op":
		x.op(s.body[0])
	case "bare next":
		v, err := x.get(s.n).Next()
		if err != nil {
			return exit{err: err}
		}
		x.log("%d", v)
	case "try":
		out := x.block(me, y, s.body)
		if out.err != nil && catches(s.arg, out.err) {
			x.log("%s", name(out.err))
			return x.block(me, y, s.handler)
		}
		return out
	case "finally":
		out := x.block(me, y, s.body)
		x.log("finally")
		if last := x.block(me, y, s.handler); last.left() {
			return last
		}
		return out
	case "repeat":
		for range s.n {
			if out := x.block(me, y, s.body); out.left() {
				return out
			}
		}
	case "new":
		x.new(s.n)
	case "close all":
		for i := range 36 {
			x.op(stmt{kind: "close", n: i})
		}
	default:
		x.op(s)
	}
	return exit{}
}

func (x *execution) op(s stmt) {
	g := x.get(s.n)
	state := g.core.state.Load()
	if (s.kind == "throw" || s.kind == "close") && x.delegating[g] && state == running ||
		s.arg == "StopIteration(7)" && state == unstarted {
		x.log("%s: left out", s.kind) // testdata/protocol.py explains why
		return
	}
	var v any
	var err error
	switch s.kind {
	case "next":
		v, err = g.Next()
	case "send":
		var n int
		if s.arg == "None" {
			v, err = g.Next()
			break
		}
		fmt.Sscan(s.arg, &n)
		v, err = g.Send(n)
	case "throw":
		v, err = g.Throw(thrown[s.arg])
	case "close":
		err = g.Close()
	case "loop":
		v, err = loop(g, s.arg)
	}
	if err != nil {
		v = name(err)
	}
	x.log("%s: %s", s.kind, py(v))
}

// loop is Python's for loop with a break after most values. It returns the
// values, or the error that ended the loop, which a range loop can't report but
// Result can.
func loop(g *gen, most string) (any, error) {
	_, before := g.Result()
	var limit int
	fmt.Sscan(most, &limit)
	values := []string{}
	for v := range g.All() {
		values = append(values, fmt.Sprint(v))
		if len(values) == limit {
			return "[" + strings.Join(values, ", ") + "]", nil
		}
	}
	if errors.Is(before, ErrUnfinished) {
		switch _, err := g.Result(); {
		case errors.Is(err, ErrUnfinished):
			return nil, ErrRunning
		case err != nil:
			return nil, err
		}
	}
	return "[" + strings.Join(values, ", ") + "]", nil
}
