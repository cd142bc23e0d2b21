package grader

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
	"example.com/speedup/kernel-helpers/probe"
)

// expectation is what a test should observe: what it observed of the reference
// solution, in another process.
type expectation struct {
	wants  map[string][]probe.Observation // by assertion
	failed string                         // why the reference solution doesn't pass the test, or ""
}

// newExpectation makes an expectation of what the reference solution's program told.
func newExpectation(observed []probe.Observation) *expectation {
	e := &expectation{wants: map[string][]probe.Observation{}}
	for _, o := range observed {
		e.wants[assertionOf(o)] = append(e.wants[assertionOf(o)], o)
	}
	return e
}

// assertionOf names the assertion that made an observation.
func assertionOf(o probe.Observation) string { return o.Check + " at " + o.Site }

// maxChecks is how many observations a test may make.
const maxChecks = 20_000

// comparison compares the observations of one test with what is expected, or only
// keeps them if nothing is.
type comparison struct {
	expect   *expectation // nil if the program evaluates its assertions itself
	discreet bool

	observed []probe.Observation
	seen     map[string]int // how often each assertion was made

	// These are of the probe that runs.
	calls   []probe.Call
	settled int // number of calls that have ended
	most    int
	now     time.Duration

	differences []string // messages
	own         string   // an assertion that the program should have failed by itself
	doubt       string   // why a person should look
}

func newComparison(e *expectation, discreet bool) *comparison {
	return &comparison{expect: e, discreet: discreet, seen: map[string]int{}}
}

// see takes in an observation. It returns what can't be about it, or "".
func (c *comparison) see(o probe.Observation) string {
	if len(c.observed) == maxChecks {
		return "too many observations"
	}
	if c.expect == nil {
		c.observed = append(c.observed, o)
	} else {
		c.observed = append(c.observed, probe.Observation{}) // counted
	}
	if problem := c.follow(o); problem != "" {
		return problem
	}
	if c.expect == nil || c.expect.failed != "" {
		return ""
	}
	name := assertionOf(o)
	n := c.seen[name]
	c.seen[name]++
	want := probe.Unmet // also in a branch that the reference solution doesn't take
	if !o.IsCondition() {
		wants := c.expect.wants[name]
		if n >= len(wants) || wants[n].Want == nil {
			c.doubt = fmt.Sprintf("the assertion %s was made more often than for the reference solution", name)
			return ""
		}
		want = *wants[n].Want
	}
	for _, problem := range o.Problems(want, c.calls) {
		switch {
		case o.Evaluated():
			c.own = problem.Text
		case c.discreet:
			c.differ(problem.Discreetly)
		default:
			c.differ(problem.Text)
		}
	}
	return ""
}

func (c *comparison) differ(message string) {
	message = untrusted.Truncate(message, maxMessage)
	if !slices.Contains(c.differences, message) {
		c.differences = append(c.differences, message)
	}
}

// follow takes in the calls of an observation.
func (c *comparison) follow(o probe.Observation) string {
	if !o.OfCalls() {
		return ""
	}
	switch {
	case o.From < 0 || o.From > len(c.calls) || o.From < c.settled:
		return "an observation that changes calls which have ended"
	case o.Now < c.now || o.Most < c.most || o.Left < 0:
		return "an observation that runs backwards"
	}
	for i, old := range c.calls[o.From:] {
		if i >= len(o.Calls) || o.Calls[i].Name != old.Name || o.Calls[i].Start != old.Start {
			return "an observation that lacks a call of an earlier one"
		}
	}
	c.calls = append(c.calls[:o.From], o.Calls...)
	c.most, c.now = o.Most, o.Now
	for c.settled < len(c.calls) && c.calls[c.settled].State != "unfinished" {
		c.settled++
	}
	most := 0
	for _, call := range o.Calls {
		if call.Start > o.Now || call.End > o.Now || call.End < call.Start {
			return "an observation of a call that is yet to come"
		}
	}
	if len(c.calls) <= maxCounted {
		most = inFlight(c.calls, false)
		if least := inFlight(c.calls, true); o.Most > most || o.Most < least {
			return fmt.Sprintf("an observation of %d calls in flight, where the calls allow %d to %d", o.Most, least, most)
		}
	}
	return ""
}

// maxCounted is how many calls are counted again to check how many were in flight.
const maxCounted = 300

// inFlight returns how many calls were in flight at once. Those that end at an
// instant are over before others begin if endsFirst is set.
func inFlight(calls []probe.Call, endsFirst bool) (most int) {
	for i, at := range calls {
		n := 1
		for k, c := range calls {
			if k != i && c.Start <= at.Start && (c.End > at.Start || c.End == at.Start && !endsFirst) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// report compares the measurements at the end of a probe with the observations
// before. It returns what can't be, or "".
func (c *comparison) report(r probe.Report) string {
	defer func() { c.calls, c.settled, c.most, c.now = nil, 0, 0, 0 }()
	if len(c.calls) > len(r.Calls)+r.Left || c.most > r.MostInFlight {
		return "a measurement of fewer calls than were observed"
	}
	for i, call := range c.calls[:min(len(c.calls), len(r.Calls))] {
		end := r.Calls[i]
		if end.Name != call.Name || end.Start != call.Start || call.State != "unfinished" && end != call {
			return "a measurement of other calls than were observed"
		}
	}
	return ""
}

// end takes in that the test ended and whether the program says that it passed. It
// reports whether it passed. contradiction is what can't be.
func (c *comparison) end(passed bool) (held bool, contradiction string) {
	switch {
	case c.expect == nil:
		return passed, ""
	case c.expect.failed != "":
		c.differ("the reference solution fails this test: " + c.expect.failed)
		return false, ""
	case passed && c.own != "":
		return false, "the test passed, but an assertion doesn't hold: " + c.own
	case !passed:
		return false, ""
	}
	if c.doubt == "" && len(c.differences) == 0 {
		for name, wants := range c.expect.wants {
			n := c.seen[name]
			if wants[0].IsCondition() && n > 0 {
				continue // how often is up to the answer's path through the test
			}
			if n != len(wants) {
				c.doubt = fmt.Sprintf("the assertion %s was made %d times, and %d times for the reference solution", name, n, len(wants))
			}
		}
	}
	if c.doubt != "" && len(c.differences) == 0 {
		c.differ("the test ended without having checked what it checks of the reference solution: a person has to look at this answer")
	}
	return len(c.differences) == 0, ""
}

// explain returns in a line why the reference solution didn't pass.
func explain(o outcome) string {
	text := strings.Join(append(logged(o.log), o.exit), "; ")
	if strings.Trim(text, "; ") == "" {
		text = string(o.status)
	}
	return strings.Trim(text, "; ")
}
