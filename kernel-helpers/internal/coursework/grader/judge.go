package grader

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/verdict"
	"example.com/speedup/kernel-helpers/probe"
)

// judge follows the events of one test program. It gives each test its order when
// the program asks for it, and checks that the events are those of a program that
// runs one test after another. After a contradiction it gives no further order.
type judge struct {
	tests    []string // to run, in this order
	orders   io.WriteCloser
	discreet func(test string) (bool, []string) // whether messages may show values, and the functions that they name
	began    func()                             // called before each test
	elapsed  func() time.Duration               // since then
	seed     func(test string) uint64           // of the tests' inputs
	expect   map[string]*expectation            // nil if the program evaluates its assertions itself

	ready  bool              // the sandbox was set up
	asked  int               // how many tests were asked for
	nonces map[string]string // of the tests that were asked for
	passed map[string]bool   // for each test that ended
	runs   map[string][]course.Run
	took   map[string]time.Duration
	seen   map[string]*comparison

	current string // the test that was asked for and didn't end
	running bool   // its Begin was received

	contradiction string // what doesn't fit, the first time
	blamed        string // the test that it belongs to
}

func newJudge(tests []string, orders io.WriteCloser) *judge {
	return &judge{
		tests: tests, orders: orders, discreet: func(string) (bool, []string) { return false, nil }, began: func() {}, elapsed: func() time.Duration { return 0 }, seed: func(string) uint64 { return 0 },
		nonces: map[string]string{}, passed: map[string]bool{}, runs: map[string][]course.Run{}, took: map[string]time.Duration{},
		seen: map[string]*comparison{},
	}
}

// maxEvent is the longest line of the pipe, in bytes.
const maxEvent = 16 << 20

// follow reads events until the end of the pipe.
func (j *judge) follow(pipe io.Reader) {
	defer j.orders.Close()
	lines := bufio.NewScanner(pipe)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		var e verdict.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			j.contradict("a line that is no event")
			continue
		}
		if problem := j.see(e); problem != "" {
			j.contradict(problem)
		}
	}
	if lines.Err() != nil && strings.Contains(lines.Err().Error(), "too long") {
		j.contradict("an event that is too long")
		_, _ = io.Copy(io.Discard, pipe) // so that the program can end
	}
}

// contradict keeps the first contradiction, and sees to it that no further test
// runs.
func (j *judge) contradict(problem string) {
	if j.contradiction != "" {
		return
	}
	j.contradiction, j.blamed = problem, j.current
	if j.blamed == "" && j.asked > 0 {
		j.blamed = j.tests[j.asked-1]
	}
	_ = j.orders.Close()
}

// see takes in an event. It returns what is wrong with it, or "".
func (j *judge) see(e verdict.Event) string {
	switch {
	case e.Kind == verdict.Start:
		if j.ready {
			return "a second start"
		}
		j.ready = true
		return ""
	case e.Kind == verdict.Ask && j.contradiction != "":
		return "" // the program gets no order, and ends
	case e.Kind == verdict.Ask:
		return j.order(e)
	case j.current == "" || e.Test != j.current || e.Nonce != j.nonces[j.current]:
		return fmt.Sprintf("an event of a test that isn't running (%.20q)", e.Kind)
	}
	switch e.Kind {
	case verdict.Begin:
		if j.running {
			return "a second beginning of the test"
		}
		j.running = true
	case verdict.Probe:
		if !j.running || e.Probe == nil {
			return "a measurement without a test"
		}
		if problem := checkReport(*e.Probe); problem != "" {
			return problem
		}
		if problem := j.seen[e.Test].report(*e.Probe); problem != "" {
			return problem
		}
		j.runs[e.Test] = append(j.runs[e.Test], runOf(*e.Probe))
	case verdict.Check:
		if !j.running || e.Observation == nil {
			return "an observation without a test"
		}
		return j.seen[e.Test].see(*e.Observation)
	case verdict.End:
		if !j.running {
			return "the end of a test that didn't begin"
		}
		held, contradiction := j.seen[e.Test].end(e.Passed)
		if contradiction != "" {
			return contradiction
		}
		j.passed[e.Test], j.took[e.Test] = held, j.elapsed()
		j.current, j.running = "", false
	default:
		return fmt.Sprintf("an unknown event (%.20q)", e.Kind)
	}
	return ""
}

// order answers an Ask with the order for the next test.
func (j *judge) order(e verdict.Event) string {
	switch {
	case j.current != "":
		return "a request for a test while another was running"
	case j.asked == len(j.tests), e.Test != j.tests[j.asked]:
		return "a request for a test that isn't the next"
	case j.asked > 0 && len(j.seen[j.tests[j.asked-1]].differences) > 0:
		_ = j.orders.Close() // the program can't know that the test failed
		return ""
	case j.asked > 0 && !j.passed[j.tests[j.asked-1]]:
		return "a request for a test after one that didn't pass"
	}
	j.asked++
	j.current = e.Test
	o := verdict.Order{Test: e.Test, Nonce: rand.Text(), Seed: j.seed(e.Test)}
	j.nonces[e.Test] = o.Nonce
	o.Discreet, o.Functions = j.discreet(e.Test)
	j.seen[e.Test] = newComparison(j.expect[e.Test], o.Discreet)
	j.began()
	line, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	// If the program has ended, how it did says more than that it reads no orders.
	_, _ = j.orders.Write(append(line, '\n'))
	return ""
}

// checkReport returns what in a probe's report can't be, or "".
func checkReport(r probe.Report) string {
	if r.Left < 0 || len(r.Calls) == 0 && r.MostInFlight != 0 {
		return "a measurement of calls that weren't made"
	}
	for i, c := range r.Calls {
		switch {
		case c.End < c.Start, c.Start < 0, i > 0 && c.Start < r.Calls[i-1].Start:
			return "a measurement of calls that run backwards"
		case !slices.Contains([]string{"done", "failed", "cancelled", "unfinished"}, c.State):
			return "a measurement of a call in an unknown state"
		}
	}
	if r.Left > 0 {
		return ""
	}
	// Of calls that begin and end at one instant, the order is unknown.
	if least, most := inFlight(r.Calls, true), inFlight(r.Calls, false); r.MostInFlight < least || r.MostInFlight > most {
		return fmt.Sprintf("a measurement of %d calls in flight, where the calls allow %d to %d", r.MostInFlight, least, most)
	}
	return ""
}

func runOf(r probe.Report) course.Run {
	run := course.Run{Name: r.Name, MostInFlight: r.MostInFlight, Left: r.Left}
	for _, c := range r.Calls {
		run.Calls = append(run.Calls, course.Call(c))
	}
	return run
}
