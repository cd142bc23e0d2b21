package generator

import (
	"fmt"
	"iter"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// forEver yields 0, 1, 2, … without end.
func forEver(y *Yielder[int, int]) (None, error) {
	for i := 0; ; i++ {
		if _, err := y.Yield(i); err != nil {
			return None{}, err
		}
	}
}

// A side is one of the compared ways to hand over a value.
type side struct {
	name string
	step func()
	ns   []float64
}

// BenchmarkAStep measures all sides in turn, so that other load on the machine
// affects all of them. It reports the median of each and its ratio to a bare
// hand-off over two channels and back.
func BenchmarkAStep(b *testing.B) {
	var sides []*side
	add := func(name string, step func()) { sides = append(sides, &side{name: name, step: step}) }

	ask, answer := make(chan int), make(chan int)
	go func() {
		for n := range ask {
			answer <- n
		}
	}()
	defer close(ask)
	add("two bare channels", func() {
		ask <- 1
		<-answer
	})

	values := make(chan int)
	go func() {
		for range values {
		}
	}()
	defer close(values)
	add("one bare channel", func() { values <- 1 })

	next, stop := iter.Pull(func(yield func(int) bool) {
		for yield(1) {
		}
	})
	defer stop()
	add("bare iter.Pull", func() { next() })

	for _, way := range []struct {
		name string
		make func(func(*Yielder[int, int]) (None, error)) *Generator[int, int, None]
	}{{"New", New[int, int, None]}, {"NewPull", NewPull[int, int, None]}} {
		for _, depth := range []int{0, 1, 10} {
			g := way.make(forEver)
			for range depth {
				inner := g
				g = way.make(func(y *Yielder[int, int]) (None, error) { return From(y, inner) })
			}
			g.Next()
			defer g.Close()
			if depth == 0 {
				add(way.name+" Next", func() { g.Next() })
				add(way.name+" Send", func() { g.Send(1) })
			} else {
				add(fmt.Sprintf("%s through %d From", way.name, depth), func() { g.Next() })
			}
		}
	}

	const rounds, steps = 31, 5000
	for range rounds {
		for _, s := range sides {
			start := time.Now()
			for range steps {
				s.step()
			}
			s.ns = append(s.ns, float64(time.Since(start))/steps)
		}
	}
	bare := median(sides[0].ns)
	report := func(name string, ns float64) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() { // measured above
			}
			b.ReportMetric(ns, "ns/op")
			b.ReportMetric(ns/bare, "of-two-channels")
		})
	}
	for _, s := range sides {
		report(s.name, median(s.ns))
	}
	report("CPython", cpythonsStep(b))
}

func median(ns []float64) float64 {
	slices.Sort(ns)
	return ns[len(ns)/2]
}

// cpythonsStep returns the time that a step of CPython's generator takes.
func cpythonsStep(b *testing.B) (ns float64) {
	out, err := exec.CommandContext(b.Context(), findPython(b), "testdata/step.py", "200000").Output()
	if err != nil {
		b.Fatalf("step.py: %v", err)
	}
	if _, err := fmt.Sscan(string(out), &ns); err != nil {
		b.Fatalf("step.py: %v in %q", err, out)
	}
	return ns
}
