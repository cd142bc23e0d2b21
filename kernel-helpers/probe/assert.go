package probe

import (
	"fmt"
	"reflect"
	"slices"
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
	if _, most := p.record.all(); most != n {
		failf(p.t, pick(most > n, "too many calls were in flight at once", "too few calls were in flight at once"), "at most %s in flight, want %d", count(most, "call"), n)
	}
}

// Overlapped checks that at some moment the first calls of all these names were
// in flight. Calls that only touch, one ending at the instant at which the
// other begins, don't overlap.
func (p *Probe) Overlapped(names ...string) {
	p.t.Helper()
	var start, end time.Duration
	var first, last string // the call that ended first, and the one that began last
	for i, name := range names {
		calls := p.named(name)
		if len(calls) == 0 {
			failf(p.t, "a required call was never made", "no call of %q, want one", name)
			return
		}
		if c := calls[0]; i == 0 || c.Start > start {
			start, last = c.Start, name
		}
		if c := calls[0]; i == 0 || c.End < end {
			end, first = c.End, name
		}
	}
	if start >= end {
		failf(p.t, "calls that should overlap did not", "%s did not overlap: %q began at %v, but %q ended at %v", list(names), last, start, first, end)
	}
}

// InOrder checks that there were exactly these calls and that they began in
// this order. The order of calls that begin at the same instant is up to the
// scheduler.
func (p *Probe) InOrder(names ...string) {
	p.t.Helper()
	var began []string
	for _, c := range p.Calls() {
		began = append(began, c.Name)
	}
	if !slices.Equal(began, names) {
		failf(p.t, "the calls began in the wrong order, or were the wrong calls", "the calls began in the order %s, want %s", list(began), list(names))
	}
}

// Began checks that the calls of this name began at these instants.
func (p *Probe) Began(name string, at ...time.Duration) {
	p.t.Helper()
	var began []time.Duration
	for _, c := range p.named(name) {
		began = append(began, c.Start)
	}
	if len(began) == 0 && len(at) > 0 {
		failf(p.t, "a required call was never made", "no call of %q, want one at %v", name, at[0])
		return
	}
	if !slices.Equal(began, at) {
		failf(p.t, "calls began at the wrong instants", "calls of %q began at %v, want %v", name, began, at)
	}
}

// Times checks that there were n calls of this name.
func (p *Probe) Times(name string, n int) {
	p.t.Helper()
	if calls := len(p.named(name)); calls != n {
		failf(p.t, pick(calls > n, "there were too many calls of one name", "there were too few calls of one name"), "%s of %q, want %d", count(calls, "call"), name, n)
	}
}

// AllCancelled checks that every call of these names was ended by the
// cancellation of its context. Without names it checks all calls.
func (p *Probe) AllCancelled(names ...string) {
	p.t.Helper()
	if len(names) == 0 {
		for _, c := range p.Calls() {
			names = append(names, c.Name)
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		calls := p.named(name)
		if len(calls) == 0 {
			failf(p.t, "a required call was never made", "no call of %q, want one", name)
		}
		for _, c := range calls {
			switch c.State {
			case unfinished:
				failf(p.t, "a call is still in flight that should be cancelled", "%q is still in flight, want it cancelled", name)
			case done, failed:
				failf(p.t, "a call ran to its end that should be cancelled", "%q ran to its end at %v, want it cancelled", name, c.End)
			}
		}
	}
}

// NoneLeft waits until all goroutines are blocked, and checks that no call is
// in flight and that only the test's own goroutine is left.
func (p *Probe) NoneLeft() {
	p.t.Helper()
	synctest.Wait()
	for _, c := range p.Calls() {
		if c.State == unfinished {
			failf(p.t, "a call is still in flight", "%q is still in flight, want no call in flight", c.Name)
		}
	}
	if left := inBubble(p.bubble); len(left) > 0 {
		failf(p.t, "goroutines are left, want none"+whyLeft(left)+"\n"+describe(left), "%s, want none%s\n%s", leftOver(len(left)), whyLeft(left), describe(left))
	}
}

// Within checks that at most d has passed on the bubble's clock since the test
// began.
func (p *Probe) Within(d time.Duration) {
	p.t.Helper()
	p.record.timeIsChecked()
	if took := time.Since(p.began); took > d {
		failf(p.t, "the test took too long", "the test took %v, want at most %v", took, d)
	}
}

// returnedAtLastEvent checks that no time has passed since the last call ended.
func (p *Probe) returnedAtLastEvent() {
	p.t.Helper()
	last, check := p.record.lastEvent()
	if now := time.Since(p.began); check && !p.t.Failed() && now > last {
		failf(p.t, "the function returned later than its last call: does it sleep instead of waiting for the calls?",
			"the last call ended at %v, but the function returned at %v: does it sleep instead of waiting for the calls?", last, now)
	}
}

// Results checks that got equals want. The message says whether values are
// wrong, missing, or in the wrong order.
func Results[T comparable](t testing.TB, got, want []T) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	if sameElements(got, want) {
		failf(t, "the results are complete but in the wrong order", "the results are complete but in the wrong order: got %v, want %v", got, want)
		return
	}
	if len(got) != len(want) {
		failf(t, pick(len(got) > len(want), "there are too many results", "there are too few results"), "%s, want %d: got %v, want %v", count(len(got), "result"), len(want), got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			failf(t, "a result is wrong", "result %d is %s, want %s", i, quoted(got[i]), quoted(want[i]))
			return
		}
	}
}

// KeptErrors checks that err is or wraps each of the errors in want, the very
// values. With none given, it checks that err is nil. It doesn't call methods
// named Is or As: an error whose Is always returns true has kept nothing.
func KeptErrors(t testing.TB, err error, want ...error) {
	t.Helper()
	if len(want) == 0 && err != nil {
		failf(t, "got an error, want none", "got the error %v, want none", err)
	}
	var lost []string
	for _, w := range want {
		if !holds(err, w) {
			lost = append(lost, fmt.Sprintf("%q", w))
		}
	}
	if len(lost) == 1 {
		failf(t, "an error was lost", "the error %s was lost: got %v", lost[0], brief(err))
	} else if len(lost) > 1 {
		failf(t, "several errors were lost", "%d of %d errors were lost: %s; got %v", len(lost), len(want), list(lost), brief(err))
	}
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

func (p *Probe) named(name string) []Call {
	return slices.DeleteFunc(p.Calls(), func(c Call) bool { return c.Name != name })
}

func sameElements[T comparable](a, b []T) bool {
	surplus := map[T]int{}
	for _, v := range a {
		surplus[v]++
	}
	for _, v := range b {
		surplus[v]--
	}
	for _, n := range surplus {
		if n != 0 {
			return false
		}
	}
	return true
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// quoted formats a value; texts have quotation marks, as they may be empty.
func quoted(v any) string {
	if text, isText := v.(string); isText {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprint(v)
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
