package generator

import (
	"iter"
	"testing"
)

// forEver yields 0, 1, 2, …
func forEver(y *Yielder[int, int]) (None, error) {
	for i := 0; ; i++ {
		if _, err := y.Yield(i); err != nil {
			return None{}, err
		}
	}
}

func BenchmarkAStep(b *testing.B) {
	var bare float64
	side := func(name string, step func()) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				step()
			}
			ns := float64(b.Elapsed()) / float64(b.N)
			if bare == 0 {
				bare = ns
			}
			b.ReportMetric(ns/bare, "times-bare")
		})
	}
	ask, answer := make(chan int), make(chan int)
	go func() {
		for n := range ask {
			answer <- n
		}
	}()
	side("two bare channels", func() {
		ask <- 1
		<-answer
	})
	close(ask)
	for name, g := range map[string]*Generator[int, int, None]{"New": New(forEver), "NewPull": NewPull(forEver)} {
		g.Next()
		side(name, func() { g.Next() })
		side(name+" send", func() { g.Send(1) })
		g.Close()
	}
	next, stop := iter.Pull(func(yield func(int) bool) {
		for yield(1) {
		}
	})
	side("bare iter.Pull", func() { next() })
	stop()
	for _, depth := range []int{1, 10} {
		g := NewPull(forEver)
		for range depth {
			inner := g
			g = NewPull(func(y *Yielder[int, int]) (None, error) { return From(y, inner) })
		}
		g.Next()
		side(map[int]string{1: "NewPull, 1 From deep", 10: "NewPull, 10 From deep"}[depth], func() { g.Next() })
		g.Close()
	}
}
