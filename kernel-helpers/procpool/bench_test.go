package procpool

import (
	"slices"
	"testing"
)

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		p, err := Start(b.Context(), 2)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		p.Close()
		b.StartTimer()
	}
}

func BenchmarkEmptyTask(b *testing.B) {
	for name, opts := range map[string][]MapOption{"one by one": nil, "in chunks of 64": {Chunk(64)}} {
		b.Run(name, func(b *testing.B) {
			p, err := Start(b.Context(), 2)
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			b.ResetTimer()
			n := 0
			for _, err := range empty.Map(b.Context(), p, slices.Values(make([]int, b.N)), opts...) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != b.N {
				b.Fatal(n)
			}
		})
	}
}
