// Package harness is the main program that runs an assignment's tests on a
// student's answers. The grader builds it anew for each submission, with a
// package for each exercise that registers its tests with [Add].
//
// # What the grader relies on
//
// The answers run in this process, so the grader believes nothing that the
// process prints. Events go to descriptor 3, as JSON lines. Each test has a nonce
// of its own, which the grader sends through standard input when the test is
// about to begin. Marks with the same nonce precede the output of each test. The
// grader's rules leave an answer no access to descriptors, memory or files. A
// data race, with which an answer could leave Go's rules, stops the program
// (GORACE=halt_on_error=1). What that promises is in the documentation of package
// grader.
//
// Standard output carries what the testing package logs. While answers run,
// os.Stdout is standard error.
package harness

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/grader/verdict"
	"example.com/speedup/kernel-helpers/probe"
)

// Test is one test function of an exercise.
type Test struct {
	Name string
	F    func(*testing.T)
}

var (
	registry = map[string]func(*testing.T){}
	log      = os.Stdout // the testing package's
)

// This package is initialized before those of the answers, which may print while
// they are.
func init() {
	os.Stdout = os.Stderr
	syscall.CloseOnExec(verdict.Descriptor) // child processes of the tests can't send verdicts
}

// Add registers the tests of an exercise. Packages of exercises call it when they
// are initialized.
func Add(exercise string, tests ...Test) {
	for _, t := range tests {
		registry[exercise+"/"+t.Name] = t.F
	}
}

// Main runs the tests that the grader orders and exits.
func Main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "harness: %v\n", err)
		os.Exit(2)
	}
}

// maxStack makes an endless recursion end before it takes the sandbox's memory.
const maxStack = 256 << 20

func run() error {
	debug.SetMaxStack(maxStack)
	orders := json.NewDecoder(os.Stdin)
	var plan verdict.Plan
	if err := orders.Decode(&plan); err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	if len(plan.Tests) == 0 {
		return errors.New("the plan has no tests")
	}
	r := &reporter{orders: orders, last: plan.Tests[len(plan.Tests)-1], to: json.NewEncoder(os.NewFile(verdict.Descriptor, "verdicts"))}
	probe.Listen(r.probe)
	probe.Watch(r.check)
	var tests []testing.InternalTest
	for _, name := range plan.Tests {
		f := registry[name]
		if f == nil {
			return fmt.Errorf("no test is called %s", name)
		}
		tests = append(tests, testing.InternalTest{Name: strings.ReplaceAll(name, "/", "."), F: r.wrap(name, f)})
	}
	testing.Init()
	flag.CommandLine.Parse([]string{"-test.timeout=0"})
	setStdout(log) // where the testing package looks for it
	testing.Main(func(string, string) (bool, error) { return true, nil }, tests, nil, nil)
	return nil // not reached: Main exits
}

// setStdout changes what os.Stdout is. An answer's goroutine that prints meanwhile is
// not to blame for the race, which is harmless: the variable is one word.
//
//go:norace
func setStdout(f *os.File) { os.Stdout = f }

// reporter receives orders from the grader and sends events to it.
type reporter struct {
	orders *json.Decoder
	last   string // of the planned tests
	over   bool   // no further test runs: one didn't pass, and what it left behind could harm others

	mu    sync.Mutex
	to    *json.Encoder
	test  string // the one that runs
	nonce string // its own
}

// ask returns the order for a test. It reports false if the test must not run.
func (r *reporter) ask(test string) (o verdict.Order, run bool) {
	r.send(verdict.Event{Kind: verdict.Ask, Test: test})
	switch err := r.orders.Decode(&o); {
	case errors.Is(err, io.EOF):
		return o, false
	case err != nil || o.Test != test:
		fmt.Fprintf(os.Stderr, "harness: got an order for %q: %v, want one for %q\n", o.Test, err, test)
		os.Exit(2)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.test, r.nonce = test, o.Nonce
	return o, true
}

// done forgets the test's nonce.
func (r *reporter) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.test, r.nonce = "", ""
}

func (r *reporter) send(e verdict.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Nonce = r.nonce
	if e.Test == "" {
		e.Test = r.test
	}
	if err := r.to.Encode(e); err != nil {
		fmt.Fprintf(os.Stderr, "harness: send a verdict: %v\n", err)
		os.Exit(2)
	}
}

func (r *reporter) probe(report probe.Report) {
	r.send(verdict.Event{Kind: verdict.Probe, Probe: &report})
}

func (r *reporter) check(o probe.Observation) {
	r.send(verdict.Event{Kind: verdict.Check, Observation: &o})
}

// wrap runs a test as a subtest, so that its verdict includes what its cleanup
// functions and the race detector found.
func (r *reporter) wrap(name string, f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) {
		if r.over {
			return
		}
		order, run := r.ask(name)
		if !run {
			r.over = true
			return
		}
		mark := verdict.Mark(order.Nonce, name)
		fmt.Fprint(log, mark)
		fmt.Fprint(os.Stderr, mark)
		setStdout(os.Stderr)
		r.send(verdict.Event{Kind: verdict.Begin, Test: name})
		probe.Discreet(order.Discreet, order.Functions...)
		if order.Seed != 0 {
			probe.SetSeed(order.Seed)
		}
		skipped := false
		passed := t.Run("test", func(t *testing.T) {
			defer func() { skipped = t.Skipped() }()
			f(t)
		})
		r.over = !passed || skipped
		r.send(verdict.Event{Kind: verdict.End, Test: name, Passed: !r.over})
		r.done()
		if r.over || name == r.last {
			setStdout(log) // the testing package's PASS or FAIL isn't the answer's output
		}
	}
}
