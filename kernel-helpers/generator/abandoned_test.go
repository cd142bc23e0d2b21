package generator

import (
	"runtime"
	"strings"
	"testing"
)

// bodies counts the goroutines that stand in a body of this package's tests.
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
	t.Fatal("garbage was collected 1,000 times, and the generator is still there")
}

func TestAGeneratorHasNoGoroutineBeforeItsFirstNext(t *testing.T) {
	for name, construct := range constructors {
		before := runtime.NumGoroutine()
		g := construct(count(1))
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%s made %d goroutines", name, after-before)
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
			for bodies() > 0 { // what is left of its way out
				runtime.Gosched()
			}
		}
		t.Run(name+": its Yield returns ErrExit", func(t *testing.T) {
			abandon(t, func(y *Yielder[int, int]) {
				_, err := y.Yield(1)
				wantError(t, err, ErrExit)
			})
		})
		t.Run(name+": when it ignores that, its deferred calls run", func(t *testing.T) {
			yields := 0
			abandon(t, func(y *Yielder[int, int]) {
				for {
					y.Yield(1)
					if yields++; yields > 1 {
						t.Error("it went on")
						return
					}
				}
			})
		})
		t.Run(name+": and so is what it delegates to", func(t *testing.T) {
			innerDone := make(chan struct{})
			abandon(t, func(y *Yielder[int, int]) {
				From(y, construct(func(y *Yielder[int, int]) (any, error) {
					defer close(innerDone)
					return y.Yield(1)
				}))
			})
			<-innerDone
		})
		t.Run(name+": after which it can't yield", func(t *testing.T) {
			abandon(t, func(y *Yielder[int, int]) {
				From(y, construct(count(1)))
				y.Yield(1)
				t.Error("it went on")
			})
		})
		t.Run(name+": also when that ignores it", func(t *testing.T) {
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

func TestAGeneratorIsNotTakenForAbandonedWhileItRuns(t *testing.T) {
	for name, construct := range constructors {
		done := make(chan struct{})
		g := construct(func(y *Yielder[int, int]) (any, error) {
			defer close(done)
			// The caller needs g no more once Next is back. Taken for
			// abandoned here, it would be running and left alone for ever.
			for range 5 {
				runtime.GC()
				runtime.Gosched()
			}
			return y.Yield(1)
		})
		if v, err := g.Next(); v != 1 || err != nil {
			t.Errorf("%s: %d, %v", name, v, err)
		}
		g = nil
		collect(t, done)
	}
}
