package processes

import "testing"

// BenchmarkNobody measures how long it takes to see that there is nothing to kill.
func BenchmarkNobody(b *testing.B) {
	for name, f := range map[string]func() error{
		"tree":   func() error { return KillTree(KillAll) },
		"marked": func() error { return KillMarked(isMark) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
