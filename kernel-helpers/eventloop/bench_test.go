package eventloop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkSwitch measures this loop and asyncio in turn, so that other load on
// the machine affects both. It reports medians and their ratio.
func BenchmarkSwitch(b *testing.B) {
	const rounds, n = 9, 20_000
	python := findPython(b)
	sides := []struct {
		name    string
		asyncio int // index of the figure of switch.py to compare with
		main    func(l *Loop, co *Coroutine) error
	}{
		{"Sleep(0)", 0, func(_ *Loop, co *Coroutine) error { return sleeps(co, n) }},
		// asyncio calls its selector in every round; this loop calls poll only
		// if a socket is waiting.
		{"Sleep(0) while a socket waits", 0, func(l *Loop, co *Coroutine) error {
			Go(l, untilAccept)
			return sleeps(co, n)
		}},
		{"a future", 1, func(l *Loop, co *Coroutine) error {
			f := NewFuture[None](l)
			Go(l, func(co *Coroutine) (None, error) {
				for {
					if err := co.Sleep(0); err != nil {
						return None{}, err
					}
					f.SetResult(None{})
				}
			})
			for range n {
				if _, err := Await(co, f); err != nil {
					return err
				}
				f = NewFuture[None](l)
			}
			return nil
		}},
		{"a task", 2, func(l *Loop, co *Coroutine) error {
			for range n {
				if _, err := Await(co, Go(l, func(*Coroutine) (None, error) { return None{}, nil })); err != nil {
					return err
				}
			}
			return nil
		}},
	}
	ours, theirs := make([][]float64, len(sides)), make([][]float64, 3)
	for range rounds {
		if python != "" {
			for i, ns := range asyncioTakes(b, python, n/10) {
				theirs[i] = append(theirs[i], ns)
			}
		}
		for i, s := range sides {
			l, start := New(), time.Now()
			if err := l.Run(b.Context(), func(co *Coroutine) error { return s.main(l, co) }); err != nil {
				b.Fatal(err)
			}
			ours[i] = append(ours[i], float64(time.Since(start))/n)
		}
	}
	for i, s := range sides {
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() { // measured above
			}
			ns := median(ours[i])
			b.ReportMetric(ns, "ns/op")
			if python != "" {
				asyncio := median(theirs[s.asyncio])
				b.ReportMetric(asyncio, "asyncio-ns/op")
				b.ReportMetric(ns/asyncio, "of-asyncio")
			}
		})
	}
}

func sleeps(co *Coroutine, n int) error {
	for range n {
		if err := co.Sleep(0); err != nil {
			return err
		}
	}
	return nil
}

func median(ns []float64) float64 {
	slices.Sort(ns)
	return ns[len(ns)/2]
}

// findPython returns the checkout's own Python, the one on PATH, or "".
func findPython(b *testing.B) string {
	if own, err := filepath.Abs("../../.venv/bin/python3"); err == nil {
		if _, err := os.Stat(own); err == nil {
			return own
		}
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		b.Log("no python3 in .venv or on PATH to compare with")
	}
	return python
}

// asyncioTakes returns the nanoseconds of asyncio.sleep(0), of a future and of
// a task.
func asyncioTakes(b *testing.B, python string, n int) (ns [3]float64) {
	out, err := exec.CommandContext(b.Context(), python, "testdata/switch.py", fmt.Sprint(n)).Output()
	if err != nil {
		b.Fatalf("switch.py: %v", err)
	}
	if _, err := fmt.Sscan(string(out), &ns[0], &ns[1], &ns[2]); err != nil {
		b.Fatalf("switch.py: %v in %q", err, out)
	}
	return ns
}
