package grader

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/verdict"
	"example.com/speedup/kernel-helpers/probe"
)

// orderBook keeps the orders that a judge gives.
type orderBook struct {
	bytes.Buffer
	closed bool
}

func (b *orderBook) Close() error {
	b.closed = true
	return nil
}

// program plays a test program: it sends events, with the nonce of the last order.
type program struct {
	orders *orderBook
	out    io.Writer
	order  verdict.Order
}

func (p *program) send(e verdict.Event) {
	text, _ := json.Marshal(e)
	fmt.Fprintf(p.out, "%s\n", text)
}

func (p *program) ask(test string) {
	p.send(verdict.Event{Kind: verdict.Ask, Test: test})
	_ = json.NewDecoder(&p.orders.Buffer).Decode(&p.order)
}

func (p *program) tell(kind string) {
	p.send(verdict.Event{Kind: kind, Test: p.order.Test, Nonce: p.order.Nonce, Passed: kind == verdict.End})
}

func (p *program) run(test string) {
	p.ask(test)
	p.tell(verdict.Begin)
	p.tell(verdict.End)
}

// judged returns the outcomes of two tests, one and two, of a program that ended
// with a status.
func judged(t *testing.T, code int, play func(p *program)) (map[string]outcome, *orderBook) {
	t.Helper()
	book := &orderBook{}
	j := newJudge([]string{"x/one", "x/two"}, book)
	p := &program{orders: book, out: eventWriter(func(line []byte) {
		var e verdict.Event
		if json.Unmarshal(line, &e) != nil {
			j.contradict("a line that is no event")
		} else if problem := j.see(e); problem != "" {
			j.contradict(problem)
		}
	})}
	play(p)
	outcomes, err := j.outcomes(ending{status: course.Crashed, exit: "it ended", code: code})
	if err != nil {
		t.Fatal(err)
	}
	return outcomes, book
}

type eventWriter func(line []byte)

func (w eventWriter) Write(line []byte) (int, error) {
	w(line)
	return len(line), nil
}

func TestAnHonestProgramPasses(t *testing.T) {
	got, book := judged(t, 0, func(p *program) {
		p.run("x/one")
		p.run("x/two")
	})
	for _, name := range []string{"x/one", "x/two"} {
		if o := got[name]; o.status != course.Passed || o.review != "" {
			t.Errorf("%s: got %+v, want it passed", name, o)
		}
	}
	if book.closed {
		t.Error("the judge closed the orders of an honest program")
	}
}

func TestAContradictionFailsTheTestStopsTheProgramAndIsFlagged(t *testing.T) {
	for what, play := range map[string]func(p *program){
		"a second end": func(p *program) {
			p.run("x/one")
			p.tell(verdict.End)
		},
		"an end without a beginning": func(p *program) {
			p.ask("x/one")
			p.tell(verdict.End)
		},
		"the end of another test": func(p *program) {
			p.ask("x/one")
			p.tell(verdict.Begin)
			p.send(verdict.Event{Kind: verdict.End, Test: "x/two", Nonce: p.order.Nonce, Passed: true})
			p.tell(verdict.End)
		},
		"an end without the nonce": func(p *program) {
			p.ask("x/one")
			p.tell(verdict.Begin)
			p.send(verdict.Event{Kind: verdict.End, Test: "x/one", Passed: true})
			p.tell(verdict.End)
		},
		"the nonce of the test before": func(p *program) {
			p.run("x/one")
			old := p.order.Nonce
			p.send(verdict.Event{Kind: verdict.End, Test: "x/two", Nonce: old, Passed: true})
		},
		"no event": func(p *program) {
			p.ask("x/one")
			p.tell(verdict.Begin)
			fmt.Fprint(p.out, "PASS\n")
			p.tell(verdict.End)
		},
		"a request for another test": func(p *program) {
			p.run("x/one")
			p.ask("x/one")
		},
		"two requests": func(p *program) {
			p.ask("x/one")
			p.ask("x/two")
		},
		"calls that run backwards": func(p *program) {
			p.ask("x/one")
			p.tell(verdict.Begin)
			p.send(verdict.Event{Kind: verdict.Probe, Test: "x/one", Nonce: p.order.Nonce,
				Probe: &probe.Report{MostInFlight: 1, Calls: []probe.Call{{Start: 2, End: 1, State: "done"}}}})
			p.tell(verdict.End)
		},
		"more in flight than there were calls": func(p *program) {
			p.ask("x/one")
			p.tell(verdict.Begin)
			p.send(verdict.Event{Kind: verdict.Probe, Test: "x/one", Nonce: p.order.Nonce,
				Probe: &probe.Report{MostInFlight: 2, Calls: []probe.Call{{Start: 1, End: 2, State: "done"}}}})
			p.tell(verdict.End)
		},
	} {
		got, book := judged(t, 0, play)
		o := got["x/one"]
		if o.status == course.Passed || !strings.Contains(o.review, "contradicts") {
			t.Errorf("%s: got %+v, want it failed and a reason for a person to look", what, o)
		}
		if !book.closed {
			t.Errorf("%s: the program would get another order, want none", what)
		}
	}
}

func TestAnExitStatusThatDoesNotAgreeFailsTheTest(t *testing.T) {
	got, _ := judged(t, 2, func(p *program) {
		p.run("x/one")
		p.run("x/two")
	})
	if o := got["x/two"]; o.status != course.Crashed || o.review == "" {
		t.Errorf("an exit status after tests that passed: got %+v, want the last one crashed and flagged", o)
	}
	got, _ = judged(t, 0, func(p *program) { p.run("x/one") })
	if o := got["x/one"]; o.status == course.Passed || o.review == "" {
		t.Errorf("a test that wasn't run: got %+v for the one before, want it failed and flagged", o)
	}
}

func TestCallsAtOneInstantMayBeCountedEitherWay(t *testing.T) {
	calls := []probe.Call{{Start: 0, End: 10, State: "done"}, {Start: 10, End: 20, State: "done"}}
	for most, want := range map[int]bool{0: false, 1: true, 2: true, 3: false} {
		if problem := checkReport(probe.Report{MostInFlight: most, Calls: calls}); (problem == "") != want {
			t.Errorf("%d in flight: got %q, want accepted %v", most, problem, want)
		}
	}
}
