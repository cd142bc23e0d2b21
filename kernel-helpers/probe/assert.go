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
		p.t.Errorf("%s %s in flight at most, %d %s asked for", count(most, "call"), wasOrWere(most), n, wasOrWere(n))
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
			p.t.Errorf("%q was never called", name)
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
		p.t.Errorf("%s were to overlap: %q began at %v, when %q had ended at %v", list(names), last, start, first, end)
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
		p.t.Errorf("the calls began in the order %s, asked for was %s", list(began), list(names))
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
		p.t.Errorf("calls of %q began at %v, asked for was %v", name, began, at)
	}
}

// Times asks that there were n calls of this name.
func (p *Probe) Times(name string, n int) {
	p.t.Helper()
	if calls := len(p.named(name)); calls != n {
		p.t.Errorf("%s of %q %s made, %d %s asked for", count(calls, "call"), name, wasOrWere(calls), n, wasOrWere(n))
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
			p.t.Errorf("%q was never called", name)
		}
		for _, c := range calls {
			switch c.State {
			case unfinished:
				p.t.Errorf("%q was to be cancelled: it is still in flight", name)
			case done, failed:
				p.t.Errorf("%q was to be cancelled: it ran to its end, until %v", name, c.End)
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
			p.t.Errorf("%q is still in flight", c.Name)
		}
	}
	if left := inBubble(p.bubble); len(left) > 0 {
		p.t.Errorf("%s, none was asked for\n%s", leftOver(len(left)), describe(left))
	}
}

// Within asks that not more than d has gone by on the bubble's clock since the
// test began.
func (p *Probe) Within(d time.Duration) {
	p.t.Helper()
	if took := time.Since(p.began); took > d {
		p.t.Errorf("it took %v, at most %v was asked for", took, d)
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
		t.Errorf("the results are complete but in another order: %v, asked for was %v", got, want)
		return
	}
	if len(got) != len(want) {
		t.Errorf("%s, %d %s asked for: %v, asked for was %v", count(len(got), "result"), len(want), wasOrWere(len(want)), got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("result %d is %v, asked for was %v", i, got[i], want[i])
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
		t.Errorf("no error was asked for, got: %v", err)
	}
	var lost []string
	for _, w := range want {
		if !holds(err, w) {
			lost = append(lost, fmt.Sprintf("%q", w))
		}
	}
	if len(lost) == 1 {
		t.Errorf("the error %s was lost, got: %v", lost[0], brief(err))
	} else if len(lost) > 1 {
		t.Errorf("%d of %d errors were lost: %s; got: %v", len(lost), len(want), list(lost), brief(err))
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
