package grader

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/verdict"
	"example.com/speedup/kernel-helpers/probe"
)

// verdicts is what a test program reported through its pipe.
type verdicts struct {
	ready   bool            // the sandbox was set up
	passed  map[string]bool // for each test that ended
	current string          // the test that began and didn't end
	runs    map[string][]course.Run
	took    map[string]time.Duration
}

// maxEvent is the longest line of the pipe, in bytes.
const maxEvent = 16 << 20

// readVerdicts reads events until the end of the pipe. It ignores lines without
// the nonce, which an answer may have written. It calls began at the beginning of
// each test.
func readVerdicts(pipe io.Reader, nonce string, began func()) verdicts {
	v := verdicts{passed: map[string]bool{}, runs: map[string][]course.Run{}, took: map[string]time.Duration{}}
	var since time.Time
	lines := bufio.NewScanner(pipe)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		var e verdict.Event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		v.ready = v.ready || e.Kind == verdict.Start
		if e.Nonce != nonce {
			continue
		}
		switch e.Kind {
		case verdict.Begin:
			began()
			v.current, since = e.Test, time.Now()
		case verdict.Probe:
			if e.Probe != nil {
				v.runs[e.Test] = append(v.runs[e.Test], runOf(*e.Probe))
			}
		case verdict.End:
			if e.Test == v.current {
				v.passed[e.Test], v.took[e.Test] = e.Passed, time.Since(since)
				v.current = ""
			}
		}
	}
	return v
}

func runOf(r probe.Report) course.Run {
	run := course.Run{Name: r.Name, MostInFlight: r.MostInFlight, Left: r.Left}
	for _, c := range r.Calls {
		run.Calls = append(run.Calls, course.Call(c))
	}
	return run
}

// startError reports that a program ended before its first test, while the
// variables of the answers were initialized.
type startError struct {
	status  course.Status
	printed string
	exit    string
}

func (e *startError) Error() string { return "the tests could not begin: " + e.exit }

// outcomes combines the verdicts with what the program printed and how it ended:
// log is standard output, printed standard error. It returns the outcomes of the
// first tests, at least one; after a test that didn't pass there are none.
func (v verdicts) outcomes(tests []string, nonce, log, printed string, status course.Status, exit string) (map[string]outcome, error) {
	logs, prints := splitByTest(log, nonce), splitByTest(printed, nonce)
	outcomes := map[string]outcome{}
	for _, name := range tests {
		passed, done := v.passed[name]
		o := outcome{log: logs[name], printed: prints[name], runs: v.runs[name], took: v.took[name]}
		switch {
		case done && passed:
			o.status = course.Passed
		case done && strings.Contains(o.log, "race detected during execution of test"):
			o.status = course.Raced
		case done:
			o.status = course.Failed
		case name == v.current:
			o.status, o.exit = status, exit
		default:
			if len(outcomes) == 0 {
				return nil, &startError{status: status, printed: printed, exit: exit}
			}
			return outcomes, nil
		}
		outcomes[name] = o
		if o.status != course.Passed {
			return outcomes, nil
		}
	}
	return outcomes, nil
}

// splitByTest splits what a program printed at the marks between tests.
func splitByTest(text, nonce string) map[string]string {
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, "\n"+nonce+" ") {
		name, rest, found := strings.Cut(part, "\n")
		if found && strings.Contains(name, "/") {
			parts[name] = rest
		}
	}
	return parts
}

// testName names a test in a program: EXERCISE/TEST.
func testName(e *course.Exercise, c course.Case) string {
	return fmt.Sprintf("%s/%s", e.Name, c.Name)
}
