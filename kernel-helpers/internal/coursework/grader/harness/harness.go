// Package harness is the main program that runs an assignment's tests on a
// student's answers. The grader builds it anew for each submission, with a
// package for each exercise that registers its tests with [Add].
//
// # What the grader relies on
//
// The answers run in this process, so the grader believes nothing that the
// process prints. Verdicts go to descriptor 3, as JSON lines that carry a nonce
// which the grader wrote to standard input. Marks with the same nonce separate
// the output of tests. The grader's rules leave an answer no access to
// descriptors, memory or files, so it can read neither. If the process ends, the
// test that ran fails, and no test passes without a verdict.
//
// Standard output carries what the testing package logs. While answers run,
// os.Stdout is standard error.
package harness

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
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

func run() error {
	var orders verdict.Orders
	if err := json.NewDecoder(os.Stdin).Decode(&orders); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	r := &reporter{nonce: orders.Nonce, to: json.NewEncoder(os.NewFile(verdict.Descriptor, "verdicts"))}
	probe.Listen(r.probe)
	var tests []testing.InternalTest
	for _, name := range orders.Tests {
		f := registry[name]
		if f == nil {
			return fmt.Errorf("no test is called %s", name)
		}
		tests = append(tests, testing.InternalTest{Name: strings.ReplaceAll(name, "/", "."), F: r.wrap(name, slices.Contains(orders.Hidden, name), f)})
	}
	testing.Init()
	flag.CommandLine.Parse([]string{"-test.timeout=0"})
	os.Stdout = log // where the testing package looks for it
	testing.Main(func(string, string) (bool, error) { return true, nil }, tests, nil, nil)
	return nil // not reached: Main exits
}

// reporter sends events to the grader.
type reporter struct {
	nonce string
	mu    sync.Mutex
	to    *json.Encoder
	test  string // the one that runs
	over  bool   // a test didn't pass; what it left behind could harm the next tests, which get a new process
}

func (r *reporter) send(e verdict.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Nonce = r.nonce
	if e.Kind == verdict.Probe {
		e.Test = r.test
	} else {
		r.test = e.Test
	}
	if err := r.to.Encode(e); err != nil {
		fmt.Fprintf(os.Stderr, "harness: send a verdict: %v\n", err)
		os.Exit(2)
	}
}

func (r *reporter) probe(report probe.Report) {
	r.send(verdict.Event{Kind: verdict.Probe, Probe: &report})
}

// wrap runs a test as a subtest, so that its verdict includes what its cleanup
// functions and the race detector found.
func (r *reporter) wrap(name string, hidden bool, f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) {
		if r.over {
			return
		}
		mark := verdict.Mark(r.nonce, name)
		fmt.Fprint(log, mark)
		fmt.Fprint(os.Stderr, mark)
		os.Stdout = os.Stderr
		r.send(verdict.Event{Kind: verdict.Begin, Test: name})
		probe.Discreet(hidden)
		skipped := false
		passed := t.Run("test", func(t *testing.T) {
			defer func() { skipped = t.Skipped() }()
			f(t)
		})
		r.over = !passed || skipped
		r.send(verdict.Event{Kind: verdict.End, Test: name, Passed: !r.over})
	}
}
