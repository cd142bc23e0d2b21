package generator

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

type (
	gen  = Generator[int, int, any]
	body = func(*Yielder[int, int]) (any, error)
)

// constructors are the two ways to create a generator. All tests use both.
var constructors = map[string]func(body) *gen{
	"New":     New[int, int, any],
	"NewPull": NewPull[int, int, any],
}

// inTurn are the ways to create the generators of a program that has several.
var inTurn = map[string]func(i int, b body) *gen{
	"New":     func(_ int, b body) *gen { return New(b) },
	"NewPull": func(_ int, b body) *gen { return NewPull(b) },
	"both in turn": func(i int, b body) *gen {
		if i%2 == 0 {
			return New(b)
		}
		return NewPull(b)
	},
}

// eachWay runs a test with each constructor, in a synctest bubble that fails
// the test if a goroutine is left.
func eachWay(t *testing.T, test func(t *testing.T, construct func(body) *gen)) {
	for name, construct := range constructors {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, construct) })
		})
	}
}

// count yields 1 to n and returns "done".
func count(n int) body {
	return func(y *Yielder[int, int]) (any, error) {
		for i := range n {
			if _, err := y.Yield(i + 1); err != nil {
				return nil, err
			}
		}
		return "done", nil
	}
}

// echo yields the values it is sent, and -1 for a plain Next.
func echo(y *Yielder[int, int]) (any, error) {
	reply := -1
	for {
		v, err := y.Yield(reply)
		if err != nil {
			return nil, err
		}
		if reply = -1; y.Sent() {
			reply = v
		}
	}
}

// through returns a body that delegates to b through depth levels.
func through(depth int, construct func(body) *gen, b body) body {
	for range depth {
		inner := b
		b = func(y *Yielder[int, int]) (any, error) { return From(y, construct(inner)) }
	}
	return b
}

func want(t *testing.T, v int, err error, wanted int) {
	t.Helper()
	if v != wanted || err != nil {
		t.Errorf("got %d and %v, want %d", v, err, wanted)
	}
}

func wantError(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("got error %v, want %v", err, wanted)
	}
}

func TestTheEndCarriesTheReturnedValueOnce(t *testing.T) {
	eachWay(t, func(t *testing.T, construct func(body) *gen) {
		g := construct(count(2))
		for i := range 2 {
			v, err := g.Next()
			want(t, v, err, i+1)
			if _, err := g.Result(); err != ErrUnfinished {
				t.Errorf("Result before the end: got error %v, want %v", err, ErrUnfinished)
			}
		}
		for _, value := range []any{"done", nil, nil} {
			_, err := g.Next()
			if stop, ok := errors.AsType[Stop[any]](err); !ok || stop.Value != value {
				t.Errorf("at the end: got %v, want a Stop with %v", err, value)
			}
			if r, err := g.Result(); r != "done" || err != nil {
				t.Errorf("Result: got %v, %v; want done", r, err)
			}
		}
	})
}

func TestYieldReturnsTheSentValue(t *testing.T) {
	eachWay(t, func(t *testing.T, construct func(body) *gen) {
		g := construct(echo)
		defer g.Close()
		v, err := g.Next()
		want(t, v, err, -1)
		for _, sent := range []int{3, 0, -5} { // a sent zero differs from a plain Next
			v, err = g.Send(sent)
			want(t, v, err, sent)
			v, err = g.Next()
			want(t, v, err, -1)
		}
	})
}

func TestASendBeforeTheFirstNextFails(t *testing.T) {
	eachWay(t, func(t *testing.T, construct func(body) *gen) {
		g := construct(echo)
		defer g.Close()
		_, err := g.Send(1)
		wantError(t, err, ErrNotStarted)
		v, err := g.Next() // the generator is unchanged
		want(t, v, err, -1)
	})
}

func TestThrow(t *testing.T) {
	oops := errors.New("oops")
	t.Run("is returned by a body that doesn't handle it", func(t *testing.T) {
		eachWay(t, func(t *testing.T, construct func(body) *gen) {
			g := construct(count(3))
			g.Next()
			_, err := g.Throw(oops)
			wantError(t, err, oops)
			_, err = g.Next()
			wantError(t, err, ErrStop)
			_, err = g.Result()
			wantError(t, err, oops)
		})
	})
	t.Run("is followed by the next value of a body that handles it", func(t *testing.T) {
		eachWay(t, func(t *testing.T, construct func(body) *gen) {
			g := construct(func(y *Yielder[int, int]) (any, error) {
				_, err := y.Yield(1)
				wantError(t, err, oops)
				return y.Yield(2)
			})
			g.Next()
			v, err := g.Throw(oops)
			want(t, v, err, 2)
			g.Close()
		})
	})
	t.Run("ends an unstarted generator without running it", func(t *testing.T) {
		eachWay(t, func(t *testing.T, construct func(body) *gen) {
			g := construct(func(*Yielder[int, int]) (any, error) { panic("the body ran") })
			_, err := g.Throw(oops)
			wantError(t, err, oops)
			_, err = g.Next()
			wantError(t, err, ErrStop)
		})
	})
	t.Run("returns its error from a finished generator", func(t *testing.T) {
		eachWay(t, func(t *testing.T, construct func(body) *gen) {
			g := construct(count(0))
			g.Next()
			_, err := g.Throw(oops)
			wantError(t, err, oops)
		})
	})
	t.Run("of nil fails", func(t *testing.T) {
		g := New(count(1))
		if _, err := g.Throw(nil); err == nil || errors.Is(err, ErrStop) {
			t.Errorf("got error %v, want one that is not a Stop", err)
		}
	})
}

func TestClose(t *testing.T) {
	oops := errors.New("oops")
	last := func(what func(y *Yielder[int, int], err error) (any, error)) body {
		return func(y *Yielder[int, int]) (any, error) {
			_, err := y.Yield(1)
			return what(y, err)
		}
	}
	for name, c := range map[string]struct {
		body body
		want error
	}{
		"succeeds if the body returns ErrExit":          {last(func(_ *Yielder[int, int], err error) (any, error) { return nil, err }), nil},
		"succeeds if the body returns a value":          {last(func(*Yielder[int, int], error) (any, error) { return 5, nil }), nil},
		"returns another error of the body":             {last(func(*Yielder[int, int], error) (any, error) { return nil, oops }), oops},
		"reports a Stop of another generator":           {last(func(*Yielder[int, int], error) (any, error) { return nil, Stop[int]{} }), ErrRaisedStop},
		"reports that the body ignored it":              {last(func(y *Yielder[int, int], _ error) (any, error) { return y.Yield(2) }), ErrIgnoredExit},
		"closes a generator that delegates, at depth 5": {through(5, constructors["New"], count(2)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, construct func(body) *gen) {
				g := construct(c.body)
				g.Next()
				if err := g.Close(); !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if err := g.Close(); err != nil {
					t.Errorf("second Close: got error %v, want nil", err)
				}
			})
		})
	}
	t.Run("ends an unstarted generator without running it", func(t *testing.T) {
		eachWay(t, func(t *testing.T, construct func(body) *gen) {
			g := construct(func(*Yielder[int, int]) (any, error) { panic("the body ran") })
			if err := g.Close(); err != nil {
				t.Errorf("got error %v, want nil", err)
			}
			_, err := g.Next()
			wantError(t, err, ErrStop)
		})
	})
}

func TestFromPassesEverythingOnAtAnyDepth(t *testing.T) {
	for _, depth := range []int{1, 2, 50} {
		eachWay(t, func(t *testing.T, construct func(body) *gen) {
			oops := errors.New("oops")
			g := construct(through(depth, construct, func(y *Yielder[int, int]) (any, error) {
				v, err := y.Yield(1)
				if v != 7 || err != nil || !y.Sent() {
					t.Errorf("depth %d: after Send, Yield returned %d, %v; want 7", depth, v, err)
				}
				if _, err = y.Yield(2); err != oops {
					t.Errorf("depth %d: after Throw, Yield returned error %v, want oops", depth, err)
				}
				return "inner's", nil
			}))
			v, err := g.Next()
			want(t, v, err, 1)
			v, err = g.Send(7)
			want(t, v, err, 2)
			_, err = g.Throw(oops)
			if stop, ok := errors.AsType[Stop[any]](err); !ok || stop.Value != "inner's" {
				t.Errorf("depth %d: got error %v, want a Stop with the inner body's value", depth, err)
			}
		})
	}
}

func TestDelegatingAllLevelsTakesOneSwitch(t *testing.T) {
	// The bodies in between stay paused: only the innermost body runs.
	g := New(through(20, constructors["New"], count(3)))
	defer g.Close()
	g.Next()
	switches := 0
	passes := g.core.toBody
	g.core.toBody = func() { switches++; passes() }
	g.Next()
	if switches != 0 {
		t.Errorf("the outermost body ran %d times for a value of the innermost, want 0", switches)
	}
}

func TestAGeneratorThatStepsItselfGetsAnError(t *testing.T) {
	eachWay(t, func(t *testing.T, construct func(body) *gen) {
		var g *gen
		g = construct(func(y *Yielder[int, int]) (any, error) {
			for range 2 {
				_, err := g.Next()
				wantError(t, err, ErrRunning)
				_, err = g.Send(1)
				wantError(t, err, ErrRunning)
				_, err = g.Throw(errors.New("oops"))
				wantError(t, err, ErrRunning)
				wantError(t, g.Close(), ErrRunning)
				_, err = From(y, g)
				wantError(t, err, ErrRunning)
				if _, err := y.Yield(1); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		v, err := g.Next()
		want(t, v, err, 1)
		v, err = g.Next()
		want(t, v, err, 1)
		_, err = g.Next()
		wantError(t, err, ErrStop)
	})
}

func TestASecondGoroutineGetsAnErrorWhileTheBodyRuns(t *testing.T) {
	eachWay(t, func(t *testing.T, construct func(body) *gen) {
		inside, on := make(chan bool), make(chan bool)
		g := construct(func(y *Yielder[int, int]) (any, error) {
			close(inside)
			<-on
			return y.Yield(1)
		})
		go func() {
			<-inside
			_, err := g.Next()
			wantError(t, err, ErrRunning)
			close(on)
		}()
		v, err := g.Next()
		want(t, v, err, 1)
		g.Close()
	})
}

func TestYieldOutsideOfTheBodyIsAnError(t *testing.T) {
	eachWay(t, func(t *testing.T, construct func(body) *gen) {
		var kept *Yielder[int, int]
		g := construct(func(y *Yielder[int, int]) (any, error) {
			kept = y
			return y.Yield(1)
		})
		g.Next()
		for range 2 { // paused at a yield, then finished
			_, err := kept.Yield(2)
			wantError(t, err, ErrNotRunning)
			_, err = From(kept, construct(count(1)))
			wantError(t, err, ErrNotRunning)
			g.Close()
		}
	})
}

// nested returns a body that delegates to b through depth generators, each of
// which calls clean at its end.
func nested(construct func(body) *gen, b body, depth int, clean func()) body {
	for range depth {
		inner := b
		b = func(y *Yielder[int, int]) (any, error) {
			defer clean()
			return From(y, construct(inner))
		}
	}
	return b
}

// whereItBreaks is a function whose name a panic's stack must contain.
func whereItBreaks(v any) { panic(v) }

func TestAPanicContinuesInTheCallerWithTheBodysStack(t *testing.T) {
	oops := errors.New("oops")
	for _, depth := range []int{0, 1, 5} {
		eachWay(t, func(t *testing.T, construct func(body) *gen) {
			cleaned := 0
			b := func(y *Yielder[int, int]) (any, error) {
				y.Yield(1)
				whereItBreaks(oops)
				return nil, nil
			}
			g := construct(nested(construct, b, depth, func() { cleaned++ }))
			g.Next()
			p := panicOf(t, func() { g.Next() })
			if !errors.Is(p, oops) || p.Value != oops {
				t.Errorf("panicked with %v, want %v", p.Value, oops)
			}
			for _, part := range []string{"oops", "whereItBreaks"} {
				if !strings.Contains(p.Error(), part) {
					t.Errorf("%s is missing in:\n%v", part, p)
				}
			}
			if cleaned != depth {
				t.Errorf("deferred calls of %d levels ran, want %d", cleaned, depth)
			}
			_, err := g.Next()
			wantError(t, err, ErrStop)
			_, err = g.Result()
			wantError(t, err, oops)
		})
	}
}

func panicOf(t *testing.T, f func()) (p *PanicError) {
	t.Helper()
	defer func() {
		p, _ = recover().(*PanicError)
		if p == nil {
			t.Fatal("got no PanicError")
		}
	}()
	f()
	return nil
}

func TestABodyMayRecoverThePanicOfAGeneratorItDelegatesTo(t *testing.T) {
	eachWay(t, func(t *testing.T, construct func(body) *gen) {
		g := construct(func(y *Yielder[int, int]) (result any, err error) {
			defer func() {
				result = fmt.Sprint("caught ", recover().(*PanicError).Value)
			}()
			return From(y, construct(func(y *Yielder[int, int]) (any, error) {
				y.Yield(1)
				panic("oops")
			}))
		})
		g.Next()
		_, err := g.Next()
		if stop, ok := errors.AsType[Stop[any]](err); !ok || stop.Value != "caught oops" {
			t.Errorf("got error %v, want a Stop with %q", err, "caught oops")
		}
	})
}

// t.FailNow, for example, ends its goroutine with Goexit.
func TestGoexitInABodyEndsTheGoroutineThatSteps(t *testing.T) {
	for _, depth := range []int{0, 1, 3} {
		eachWay(t, func(t *testing.T, construct func(body) *gen) {
			cleaned := 0
			b := func(y *Yielder[int, int]) (any, error) {
				y.Yield(1)
				runtime.Goexit()
				return nil, nil
			}
			g := construct(nested(construct, b, depth, func() { cleaned++ }))
			g.Next()
			wentOn, exited := false, make(chan bool)
			go func() {
				defer close(exited)
				g.Next()
				wentOn = true
			}()
			<-exited
			if wentOn || cleaned != depth {
				t.Errorf("the goroutine went on: %v, want false; deferred calls of %d levels ran, want %d", wentOn, cleaned, depth)
			}
			_, err := g.Next()
			wantError(t, err, ErrStop)
			_, err = g.Result()
			wantError(t, err, errExited)
		})
	}
}

func TestAllYieldsTheRest(t *testing.T) {
	eachWay(t, func(t *testing.T, construct func(body) *gen) {
		g := construct(count(5))
		for v := range g.All() {
			if v == 2 {
				break // leaves the generator paused where it is
			}
		}
		if rest := slices.Collect(g.All()); !slices.Equal(rest, []int{3, 4, 5}) {
			t.Errorf("the rest is %v, want [3 4 5]", rest)
		}
		if r, err := g.Result(); r != "done" || err != nil {
			t.Errorf("Result: got %v, %v; want done", r, err)
		}
	})
}

func TestAnErrorThatEndsARangeIsTheResult(t *testing.T) {
	eachWay(t, func(t *testing.T, construct func(body) *gen) {
		oops := errors.New("oops")
		g := construct(func(y *Yielder[int, int]) (any, error) {
			y.Yield(1)
			return nil, oops
		})
		if all := slices.Collect(g.All()); len(all) != 1 {
			t.Errorf("got %v, want one value", all)
		}
		_, err := g.Result()
		wantError(t, err, oops)
	})
}

func TestAStopSaysWhatWasReturned(t *testing.T) {
	for _, c := range []struct {
		stop error
		want string
	}{
		{Stop[string]{"abc"}, "generator: finished, returned abc"},
		{Stop[None]{}, "generator: finished"},
		{Stop[any]{}, "generator: finished"},
	} {
		if got := c.stop.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestZeroSizedTypesWork(t *testing.T) {
	g := New(func(y *Yielder[None, None]) (None, error) { return y.Yield(None{}) })
	if _, err := g.Next(); err != nil {
		t.Errorf("got error %v, want nil", err)
	}
	if _, err := g.Next(); !reflect.DeepEqual(err, Stop[None]{}) {
		t.Errorf("got error %v, want a Stop", err)
	}
}
