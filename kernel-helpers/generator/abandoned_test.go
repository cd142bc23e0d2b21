package generator

import (
	"runtime"
	"strings"
	"testing"
)

// bodies counts the goroutines that are in a body of this package's tests.
func bodies() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return strings.Count(string(stacks), "generator.(*core[...]).run(")
}

// collect collects garbage until done is closed.
func collect(t *testing.T, done <-chan struct{}) {
	t.Helper()
	for range 1000 {
		select {
		case <-done:
			return
		default:
			runtime.GC()
		}
	}
	t.Fatal("the generator is still alive after 1,000 garbage collections")
}

func TestAGeneratorHasNoGoroutineBeforeItsFirstNext(t *testing.T) {
	for name, construct := range constructors {
		before := runtime.NumGoroutine()
		g := construct(count(1))
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%s started %d goroutines, want 0", name, after-before)
		}
		runtime.KeepAlive(g)
	}
}

func TestAnAbandonedGeneratorIsClosed(t *testing.T) {
	for name, construct := range constructors {
		abandon := func(t *testing.T, b func(y *Yielder[int, int])) {
			done := make(chan struct{})
			g := construct(func(y *Yielder[int, int]) (any, error) {
				defer close(done)
				b(y)
				return nil, nil
			})
			g.Next()
			g = nil
			collect(t, done)
			for bodies() > 0 { // the goroutine may still be exiting
				runtime.Gosched()
			}
		}
		t.Run(name+": its Yield returns ErrExit", func(t *testing.T) {
			abandon(t, func(y *Yielder[int, int]) {
				_, err := y.Yield(1)
				wantError(t, err, ErrExit)
			})
		})
		t.Run(name+": its deferred calls run if it ignores ErrExit", func(t *testing.T) {
			yields := 0
			abandon(t, func(y *Yielder[int, int]) {
				for {
					y.Yield(1)
					if yields++; yields > 1 {
						t.Error("the body went on after ErrExit")
						return
					}
				}
			})
		})
		t.Run(name+": the generator it delegates to is closed too", func(t *testing.T) {
			innerDone := make(chan struct{})
			abandon(t, func(y *Yielder[int, int]) {
				From(y, construct(func(y *Yielder[int, int]) (any, error) {
					defer close(innerDone)
					return y.Yield(1)
				}))
			})
			<-innerDone
		})
		t.Run(name+": it can't yield after its delegate", func(t *testing.T) {
			abandon(t, func(y *Yielder[int, int]) {
				From(y, construct(count(1)))
				y.Yield(1)
				t.Error("the body went on after ErrExit")
			})
		})
		t.Run(name+": the same, if the delegate ignores ErrExit", func(t *testing.T) {
			innerDone := make(chan struct{})
			abandon(t, func(y *Yielder[int, int]) {
				_, err := From(y, construct(func(y *Yielder[int, int]) (any, error) {
					defer close(innerDone)
					for {
						y.Yield(1)
					}
				}))
				wantError(t, err, ErrIgnoredExit)
			})
			collect(t, innerDone)
		})
	}
}

func TestARunningGeneratorIsNotTreatedAsAbandoned(t *testing.T) {
	for name, construct := range constructors {
		done := make(chan struct{})
		g := construct(func(y *Yielder[int, int]) (any, error) {
			defer close(done)
			// The caller no longer needs g once Next has returned. If g were
			// treated as abandoned here, while it runs, it would never be
			// closed.
			for range 5 {
				runtime.GC()
				runtime.Gosched()
			}
			return y.Yield(1)
		})
		if v, err := g.Next(); v != 1 || err != nil {
			t.Errorf("%s: got %d, %v; want 1", name, v, err)
		}
		g = nil
		collect(t, done)
	}
}
