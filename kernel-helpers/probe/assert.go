package probe

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Calls returns the calls so far, in the order in which they began.
func (p *Probe) Calls() []Call {
	calls, _ := p.record.all()
	return calls
}

// MostInFlight checks that at most n calls were in flight at once, and that n
// were.
func (p *Probe) MostInFlight(n int) {
	p.t.Helper()
	p.check(mostInFlight, Want{N: n})
}

// Overlapped checks that at some moment the first calls of all these names were
// in flight. Calls that only touch, one ending at the instant at which the
// other begins, don't overlap.
func (p *Probe) Overlapped(names ...string) {
	p.t.Helper()
	p.check(overlapped, Want{Names: names})
}

// InOrder checks that there were exactly these calls and that they began in
// this order. The order of calls that begin at the same instant is up to the
// scheduler.
func (p *Probe) InOrder(names ...string) {
	p.t.Helper()
	p.check(inOrder, Want{Names: names})
}

// Began checks that the calls of this name began at these instants.
func (p *Probe) Began(name string, at ...time.Duration) {
	p.t.Helper()
	p.check(began, Want{Names: []string{name}, At: at})
}

// Times checks that there were n calls of this name.
func (p *Probe) Times(name string, n int) {
	p.t.Helper()
	p.check(times, Want{Names: []string{name}, N: n})
}

// AllCancelled checks that every call of these names was ended by the
// cancellation of its context. Without names it checks all calls.
func (p *Probe) AllCancelled(names ...string) {
	p.t.Helper()
	p.check(allCancelled, Want{Names: names})
}

// NoneLeft waits until all goroutines are blocked, and checks that no call is
// in flight and that only the test's own goroutine is left.
func (p *Probe) NoneLeft() {
	p.t.Helper()
	fail(p.t, p.left(2, &Want{}))
}

// left tells the watcher what is left, and returns what is wrong with it. skip is the
// number of callers between left and the test. want is nil if a grader evaluates it.
func (p *Probe) left(skip int, want *Want) []Problem {
	synctest.Wait()
	left := inBubble(p.bubble)
	p.telling.Lock()
	o := p.observe(noneLeft)
	if o.Left = len(left); o.Left > 0 {
		o.What = strings.TrimRight(whyLeft(left)+"\n"+describe(left), "\n")
	}
	told := o
	told.Want = want
	p.tell(skip, told)
	p.telling.Unlock()
	return o.Problems(Want{}, o.Calls)
}

// Within checks that at most d has passed on the bubble's clock since the test
// began.
func (p *Probe) Within(d time.Duration) {
	p.t.Helper()
	p.record.timeIsChecked()
	p.check(within, Want{At: []time.Duration{d}})
}

const guess = ": does it sleep instead of waiting for the calls?"

// IsGuess reports whether a message only says that a function returned late, which a
// failed assertion may explain better.
func IsGuess(message string) bool { return strings.HasSuffix(message, guess) }

// returnedAtLastEvent checks that no time has passed since the last call ended.
func (p *Probe) returnedAtLastEvent() {
	p.t.Helper()
	last, check := p.record.lastEvent()
	if now := time.Since(p.began); check && !p.t.Failed() && now > last {
		failf(p.t, "the function returned later than its last call"+guess,
			"the last call ended at %v, but the function returned at %v"+guess, last, now)
	}
}

// Results checks that got equals want. The message says whether values are
// wrong, missing, or in the wrong order.
func Results[T comparable](t testing.TB, got, want []T) {
	t.Helper()
	assert(t, Observation{Check: results, Got: valuesOf(got)}, Want{Values: valuesOf(want)})
}

// Equal checks that got equals want, as far as their exported and unexported fields,
// elements and what they point to are concerned. what says in words what it is.
func Equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	assert(t, Observation{Check: equal, What: what, Got: []string{valueOf(got)}}, Want{Values: []string{valueOf(want)}})
}

// AtMost checks that got is no more than most. what says in words what it counts.
func AtMost(t testing.TB, what string, got, most int) {
	t.Helper()
	assert(t, Observation{Check: atMost, What: what, Got: []string{valueOf(got)}}, Want{N: most})
}

// assert tells the watcher of an assertion that needs no probe, and fails the test if
// it doesn't hold.
func assert(t testing.TB, o Observation, want Want) {
	t.Helper()
	told := o
	told.Want = &want
	tell(2, told)
	fail(t, o.Problems(want, nil))
}

// KeptErrors checks that err is or wraps each of the errors in want, the very
// values. With none given, it checks that err is nil. It doesn't call methods
// named Is or As: an error whose Is always returns true has kept nothing.
func KeptErrors(t testing.TB, err error, want ...error) {
	t.Helper()
	assert(t, keeping(err, want), Want{Values: textsOf(want)})
}

// keeping returns the observation of the errors that err is or wraps.
func keeping(err error, want []error) Observation {
	o := Observation{Check: keptErrors, What: brief(err)}
	if err != nil {
		o.Left = 1
	}
	o.Got = textsOf(slices.DeleteFunc(slices.Clone(want), func(w error) bool { return !holds(err, w) }))
	return o
}

// textsOf returns errors for messages.
func textsOf(errs []error) (texts []string) {
	for _, err := range errs {
		texts = append(texts, fmt.Sprintf("%q", err))
	}
	return texts
}

// brief shortens an error's text to its first lines.
func brief(err error) string {
	const most = 5
	lines := strings.SplitN(fmt.Sprint(err), "\n", most+1)
	if len(lines) > most {
		lines[most] = "..."
	}
	return strings.Join(lines, "; ")
}

// holds reports whether want is in err's tree.
func holds(err, want error) bool {
	if err == nil || want == nil {
		return err == want
	}
	if reflect.TypeOf(want).Comparable() && err == want {
		return true
	}
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		return holds(err.Unwrap(), want)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(err.Unwrap(), func(e error) bool { return holds(e, want) })
	}
	return false
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// plain returns texts without quotation marks.
func plain(texts []string) (all []string) {
	for _, text := range texts {
		if unquoted, err := strconv.Unquote(text); err == nil {
			text = unquoted
		}
		all = append(all, text)
	}
	return all
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// list joins at most ten names.
func list(names []string) string {
	const most = 10
	if len(names) == 0 {
		return "(none)"
	}
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
