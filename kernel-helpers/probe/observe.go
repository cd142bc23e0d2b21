package probe

import (
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// An Observation is what one assertion saw. A grader compares the observations of
// an answer, which it doesn't let know what is wanted, with those of the reference
// solution.
type Observation struct {
	Check string        `json:"check"` // the assertion's name, for example MostInFlight
	Site  string        `json:"site"`  // FILE:LINE of the call
	Now   time.Duration `json:"now,omitempty"`

	// Calls are those of the probe that began or changed since its last observation;
	// From of them came before.
	From  int    `json:"from,omitempty"`
	Calls []Call `json:"calls,omitempty"`
	Most  int    `json:"most,omitempty"` // calls in flight at once, so far

	What string   `json:"what,omitempty"` // what Got or Left is, in words
	Got  []string `json:"got,omitempty"`  // values, or the errors that were kept
	Left int      `json:"left,omitempty"` // goroutines that are left, or 1 for an error

	Want *Want `json:"want,omitempty"` // nil where the program doesn't know it
}

// Want is what an assertion asks for.
type Want struct {
	Names  []string        `json:"names,omitempty"`
	At     []time.Duration `json:"at,omitempty"`
	N      int             `json:"n,omitempty"`
	Values []string        `json:"values,omitempty"`
}

var watcher atomic.Pointer[func(Observation)]

// Watch makes f receive what every assertion sees. It is meant for a grader, and
// replaces the previous watcher. f may be called by several goroutines.
func Watch(f func(Observation)) { watcher.Store(&f) }

// tell passes o to the watcher. skip is the number of callers between tell and the
// test.
func tell(skip int, o Observation) {
	f := watcher.Load()
	if f == nil {
		return
	}
	if _, file, line, found := runtime.Caller(skip + 1); found {
		o.Site = fmt.Sprintf("%s:%d", path.Base(file), line)
	}
	(*f)(o)
}

// observe returns an observation of the calls so far.
func (p *Probe) observe(check string) Observation {
	o := Observation{Check: check, Now: time.Since(p.began)}
	o.Calls, o.Most = p.record.all()
	return o
}

// tell passes o to the watcher, without the calls that it knows. p.telling is held.
func (p *Probe) tell(skip int, o Observation) {
	if watcher.Load() == nil {
		return
	}
	o.From, o.Calls = p.told, o.Calls[p.told:]
	for _, c := range o.Calls {
		if c.State == unfinished {
			break
		}
		p.told++
	}
	tell(skip+1, o)
}

// check tells the watcher of an assertion and fails the test if it doesn't hold.
func (p *Probe) check(check string, want Want) {
	p.t.Helper()
	p.telling.Lock()
	o := p.observe(check)
	told := o
	told.Want = &want
	p.tell(2, told)
	p.telling.Unlock()
	fail(p.t, o.Problems(want, o.Calls))
}

// fail fails the test if there are problems.
func fail(t testing.TB, problems []Problem) {
	t.Helper()
	for _, problem := range problems {
		failf(t, problem.Discreetly, "%s", problem.Text)
	}
}

// Seen stands for the assertion of that name in a program that must not know what
// is wanted: a grader puts it in the assertion's place. It only tells the watcher.
func (p *Probe) Seen(check string) {
	switch check {
	case within:
		p.record.timeIsChecked()
	case noneLeft:
		if len(p.left(2, nil)) > 0 {
			p.t.Fail() // without a message, which is the grader's
		}
		return
	}
	p.telling.Lock()
	defer p.telling.Unlock()
	p.tell(1, p.observe(check))
}

// SeenResults stands for [Results], as [Probe.Seen] does for other assertions.
func SeenResults[T comparable](_ testing.TB, got []T) {
	tell(1, Observation{Check: results, Got: valuesOf(got)})
}

// SeenEqual stands for [Equal], as [Probe.Seen] does for other assertions.
func SeenEqual[T any](_ testing.TB, what string, got T) {
	tell(1, Observation{Check: equal, What: what, Got: []string{valueOf(got)}})
}

// SeenAtMost stands for [AtMost], as [Probe.Seen] does for other assertions.
func SeenAtMost(_ testing.TB, what string, got int) {
	tell(1, Observation{Check: atMost, What: what, Got: []string{valueOf(got)}})
}

// SeenKeptErrors stands for [KeptErrors], as [Probe.Seen] does for other assertions.
// It has to know which errors are meant, as others may have the same text.
func SeenKeptErrors(_ testing.TB, err error, want ...error) {
	tell(1, keeping(err, want))
}

// Condition tells the watcher whether a condition holds under which a test fails by
// itself, and returns it. A grader puts it around the conditions of t.Error.
func Condition[B ~bool](_ testing.TB, holds B) B {
	tell(1, Observation{Check: condition, Got: []string{valueOf(bool(holds))}, Want: &Unmet})
	return holds
}

// Unmet is what is wanted of a [Condition].
var Unmet = Want{Values: []string{"false"}}

// IsCondition reports whether o is of a [Condition].
func (o Observation) IsCondition() bool { return o.Check == condition }

// The names of the assertions in observations.
const (
	mostInFlight = "MostInFlight"
	overlapped   = "Overlapped"
	inOrder      = "InOrder"
	began        = "Began"
	times        = "Times"
	allCancelled = "AllCancelled"
	noneLeft     = "NoneLeft"
	within       = "Within"
	results      = "Results"
	equal        = "Equal"
	atMost       = "AtMost"
	keptErrors   = "KeptErrors"
	condition    = "Condition"
)

// A Problem says why what was observed isn't what is wanted.
type Problem struct {
	Discreetly string // without values
	Text       string
}

// Problems compares what was observed with what is wanted. calls are all calls of the
// probe until then.
func (o Observation) Problems(w Want, calls []Call) (all []Problem) {
	add := func(discreetly, text string) {
		if text != "" {
			all = append(all, Problem{discreetly, text})
		}
	}
	switch o.Check {
	case noneLeft:
		for _, c := range calls {
			if c.State == unfinished {
				add("a call is still in flight", fmt.Sprintf("%q is still in flight, want no call in flight", c.Name))
			}
		}
		if o.Left > 0 {
			add("goroutines are left, want none"+o.What, fmt.Sprintf("%s, want none%s", leftOver(o.Left), o.What))
		}
	case keptErrors:
		add(o.errorsProblem(w.Values))
	default:
		add(o.problem(w, calls))
	}
	return all
}

// errorsProblem says which of the errors in want aren't among the kept ones.
func (o Observation) errorsProblem(want []string) (discreetly, text string) {
	if len(want) == 0 && o.Left > 0 {
		return "got an error, want none", fmt.Sprintf("got the error %s, want none", o.What)
	}
	var lost []string
	kept := slices.Clone(o.Got)
	for _, w := range want {
		if i := slices.Index(kept, w); i >= 0 {
			kept = slices.Delete(kept, i, i+1)
			continue
		}
		lost = append(lost, w)
	}
	switch len(lost) {
	case 0:
		return "", ""
	case 1:
		return "an error was lost", fmt.Sprintf("the error %s was lost: got %v", lost[0], o.What)
	}
	return "several errors were lost", fmt.Sprintf("%d of %d errors were lost: %s; got %v", len(lost), len(want), list(lost), o.What)
}

// problem is the only one that most assertions can have.
func (o Observation) problem(w Want, calls []Call) (discreetly, text string) {
	named := func(name string) []Call {
		return slices.DeleteFunc(slices.Clone(calls), func(c Call) bool { return c.Name != name })
	}
	name := strings.Join(w.Names, ", ")
	switch o.Check {
	case mostInFlight:
		if o.Most != w.N {
			return pick(o.Most > w.N, "too many calls were in flight at once", "too few calls were in flight at once"),
				fmt.Sprintf("at most %s in flight, want %d", count(o.Most, "call"), w.N)
		}
	case overlapped:
		return overlapProblem(w.Names, named)
	case inOrder:
		var began []string
		for _, c := range calls {
			began = append(began, c.Name)
		}
		if !slices.Equal(began, w.Names) {
			return "the calls began in the wrong order, or were the wrong calls",
				fmt.Sprintf("the calls began in the order %s, want %s", list(began), list(w.Names))
		}
	case began:
		var began []time.Duration
		for _, c := range named(name) {
			began = append(began, c.Start)
		}
		if len(began) == 0 && len(w.At) > 0 {
			return "a required call was never made", fmt.Sprintf("no call of %q, want one at %v", name, w.At[0])
		}
		if !slices.Equal(began, w.At) {
			return "calls began at the wrong instants", fmt.Sprintf("calls of %q began at %v, want %v", name, began, w.At)
		}
	case times:
		if n := len(named(name)); n != w.N {
			return pick(n > w.N, "there were too many calls of one name", "there were too few calls of one name"),
				fmt.Sprintf("%s of %q, want %d", count(n, "call"), name, w.N)
		}
	case allCancelled:
		return cancelProblem(w.Names, calls, named)
	case within:
		if len(w.At) == 1 && o.Now > w.At[0] {
			return "the test took too long: does something wait in turn, or sleep and look again?", fmt.Sprintf("the test took %v, want at most %v", o.Now, w.At[0])
		}
	case results:
		return resultsProblem(o.Got, w.Values)
	case equal:
		if !slices.Equal(o.Got, w.Values) {
			return o.What + ": a value is wrong", fmt.Sprintf("%s: got %s, want %s", o.What, strings.Join(o.Got, " "), strings.Join(w.Values, " "))
		}
	case atMost:
		if n, bad := 0, o.What+": too many"; len(o.Got) != 1 || scan(o.Got[0], &n) > w.N {
			return bad, fmt.Sprintf("%s: got %d, want at most %d", o.What, n, w.N)
		}
	case condition:
		if !slices.Equal(o.Got, w.Values) {
			return "a condition of the test doesn't hold", "a condition of the test doesn't hold"
		}
	default:
		return "an unknown check", fmt.Sprintf("an unknown check %.20q", o.Check)
	}
	return "", ""
}

// scan reads a number into n and returns it.
func scan(text string, n *int) int {
	if _, err := fmt.Sscan(text, n); err != nil {
		*n = int(^uint(0) >> 1)
	}
	return *n
}

func overlapProblem(names []string, named func(string) []Call) (discreetly, text string) {
	var start, end time.Duration
	var first, last string // the call that ended first, and the one that began last
	for i, name := range names {
		calls := named(name)
		if len(calls) == 0 {
			return "a required call was never made", fmt.Sprintf("no call of %q, want one", name)
		}
		if c := calls[0]; i == 0 || c.Start > start {
			start, last = c.Start, name
		}
		if c := calls[0]; i == 0 || c.End < end {
			end, first = c.End, name
		}
	}
	if len(names) > 0 && start >= end {
		return "calls that should overlap did not", fmt.Sprintf("%s did not overlap: %q began at %v, but %q ended at %v", list(names), last, start, first, end)
	}
	return "", ""
}

func cancelProblem(names []string, all []Call, named func(string) []Call) (discreetly, text string) {
	if len(names) == 0 {
		for _, c := range all {
			names = append(names, c.Name)
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		calls := named(name)
		if len(calls) == 0 {
			return "a required call was never made", fmt.Sprintf("no call of %q, want one", name)
		}
		for _, c := range calls {
			switch c.State {
			case unfinished:
				return "a call is still in flight that should be cancelled", fmt.Sprintf("%q is still in flight, want it cancelled", name)
			case done, failed:
				return "a call ran to its end that should be cancelled", fmt.Sprintf("%q ran to its end at %v, want it cancelled", name, c.End)
			}
		}
	}
	return "", ""
}

func resultsProblem(got, want []string) (discreetly, text string) {
	switch {
	case slices.Equal(got, want):
		return "", ""
	case slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))):
		return "the results are complete but in the wrong order", fmt.Sprintf("the results are complete but in the wrong order: got %v, want %v", plain(got), plain(want))
	case len(got) != len(want):
		return pick(len(got) > len(want), "there are too many results", "there are too few results"),
			fmt.Sprintf("%s, want %d: got %v, want %v", count(len(got), "result"), len(want), plain(got), plain(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return "a result is wrong", fmt.Sprintf("result %d is %v, want %v", i, got[i], want[i])
		}
	}
	return "", ""
}

// OfCalls reports whether o is about the calls of a probe.
func (o Observation) OfCalls() bool {
	return !slices.Contains([]string{results, equal, atMost, keptErrors, condition}, o.Check)
}

// Evaluated reports whether the program that made o knows what is wanted, and so
// fails the test itself.
func (o Observation) Evaluated() bool { return o.Want != nil }
