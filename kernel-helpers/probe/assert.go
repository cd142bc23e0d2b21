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

// Calls returns the calls until now, in the order in which they began.
func (p *Probe) Calls() []Call {
	calls, _ := p.record.all()
	return calls
}

// MostInFlight asks that at some moment n calls were in flight, and never more.
func (p *Probe) MostInFlight(n int) {
	p.t.Helper()
	if _, most := p.record.all(); most != n {
		failf(p.t, pick(most > n, "more calls were in flight than were asked for", "never were as many calls in flight as were asked for"), "%s %s in flight at most, %d %s asked for", count(most, "call"), wasOrWere(most), n, wasOrWere(n))
	}
}

// Overlapped asks that there was a moment at which all calls of these names were
// in flight. Calls that meet at an instant, one ending as the other begins,
// don't overlap.
func (p *Probe) Overlapped(names ...string) {
	p.t.Helper()
	var start, end time.Duration
	var first, last string // who ended first, who began last
	for i, name := range names {
		calls := p.named(name)
		if len(calls) == 0 {
			failf(p.t, "a call that was asked for was never made", "%q was never called", name)
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
		failf(p.t, "calls that were to overlap did not", "%s were to overlap: %q began at %v, when %q had ended at %v", list(names), last, start, first, end)
	}
}

// InOrder asks that the calls, all of them, began in the order of names. Which of
// two calls that begin at the same instant is first is left to the scheduler.
func (p *Probe) InOrder(names ...string) {
	p.t.Helper()
	var began []string
	for _, c := range p.Calls() {
		began = append(began, c.Name)
	}
	if !slices.Equal(began, names) {
		failf(p.t, "the calls began in another order than was asked for, or were not the ones", "the calls began in the order %s, asked for was %s", list(began), list(names))
	}
}

// Began asks that the calls of this name began at these instants.
func (p *Probe) Began(name string, at ...time.Duration) {
	p.t.Helper()
	var began []time.Duration
	for _, c := range p.named(name) {
		began = append(began, c.Start)
	}
	if !slices.Equal(began, at) {
		failf(p.t, "calls began at other moments than were asked for", "calls of %q began at %v, asked for was %v", name, began, at)
	}
}

// Times asks that there were n calls of this name.
func (p *Probe) Times(name string, n int) {
	p.t.Helper()
	if calls := len(p.named(name)); calls != n {
		failf(p.t, pick(calls > n, "more calls were made than were asked for", "fewer calls were made than were asked for"), "%s of %q %s made, %d %s asked for", count(calls, "call"), name, wasOrWere(calls), n, wasOrWere(n))
	}
}

// AllCancelled asks that every call of these names, or every call when none are
// given, was ended by the cancellation of its context.
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
			failf(p.t, "a call that was asked for was never made", "%q was never called", name)
		}
		for _, c := range calls {
			switch c.State {
			case unfinished:
				failf(p.t, "a call that was to be cancelled is still in flight", "%q was to be cancelled: it is still in flight", name)
			case done, failed:
				failf(p.t, "a call that was to be cancelled ran to its end", "%q was to be cancelled: it ran to its end, until %v", name, c.End)
			}
		}
	}
}

// NoneLeft waits until nothing moves, and asks that no call is in flight and that
// the test's own goroutine is the only one.
func (p *Probe) NoneLeft() {
	p.t.Helper()
	synctest.Wait()
	for _, c := range p.Calls() {
		if c.State == unfinished {
			failf(p.t, "a call is still in flight", "%q is still in flight", c.Name)
		}
	}
	if left := inBubble(p.bubble); len(left) > 0 {
		failf(p.t, "goroutines are left, none was asked for\n"+describe(left), "%s, none was asked for\n%s", leftOver(len(left)), describe(left))
	}
}

// Within asks that not more than d has gone by on the bubble's clock since the
// test began.
func (p *Probe) Within(d time.Duration) {
	p.t.Helper()
	if took := time.Since(p.began); took > d {
		failf(p.t, "it took longer than was asked for", "it took %v, at most %v was asked for", took, d)
	}
}

// Results asks that got is want, and says whether values are wrong, missing or in
// another order.
func Results[T comparable](t testing.TB, got, want []T) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	if sameElements(got, want) {
		failf(t, "the results are complete but in another order", "the results are complete but in another order: %v, asked for was %v", got, want)
		return
	}
	if len(got) != len(want) {
		failf(t, pick(len(got) > len(want), "there are more results than were asked for", "there are fewer results than were asked for"), "%s, %d %s asked for: %v, asked for was %v", count(len(got), "result"), len(want), wasOrWere(len(want)), got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			failf(t, "a result is another than was asked for", "result %d is %v, asked for was %v", i, got[i], want[i])
			return
		}
	}
}

// KeptErrors asks that err is or wraps each of want, the very values; with none
// given, that err is nil. Methods named Is or As are not asked: an error whose Is
// says yes to everything has kept nothing.
func KeptErrors(t testing.TB, err error, want ...error) {
	t.Helper()
	if len(want) == 0 && err != nil {
		failf(t, "no error was asked for, but there is one", "no error was asked for, got: %v", err)
	}
	var lost []string
	for _, w := range want {
		if !holds(err, w) {
			lost = append(lost, fmt.Sprintf("%q", w))
		}
	}
	if len(lost) == 1 {
		failf(t, "an error was lost", "the error %s was lost, got: %v", lost[0], brief(err))
	} else if len(lost) > 1 {
		failf(t, "several errors were lost", "%d of %d errors were lost: %s; got: %v", len(lost), len(want), list(lost), brief(err))
	}
}

// brief shortens what an error says to its first lines.
func brief(err error) string {
	const most = 5
	lines := strings.SplitN(fmt.Sprint(err), "\n", most+1)
	if len(lines) > most {
		lines[most] = "..."
	}
	return strings.Join(lines, "; ")
}

// holds reports whether want is in the tree of err.
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

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func wasOrWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
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

// list prints at most ten names.
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
