package timing

import (
	"testing"
	"time"
)

func TestAStepIsTheTotalDividedByTheSteps(t *testing.T) {
	for _, c := range []struct {
		steps int
		took  time.Duration
		s     switches
		want  string
	}{
		{1000, 166 * time.Microsecond, switches{2000, 10}, "hand-off                   166.0 ns a step, switches: about   2.0 of goroutines,  0.010 of the system"},
		{2, 50 * time.Microsecond, switches{0, 5}, "hand-off                    25.0 µs a step, switches: about   0.0 of goroutines,  2.500 of the system"},
		{1, time.Second, switches{}, "hand-off                  1000.0 ms a step, switches: about   0.0 of goroutines,  0.000 of the system"},
	} {
		if got := stepsLine("hand-off", c.steps, c.took, c.s); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

func TestAProcessThatSleepsIsSwitchedByTheSystem(t *testing.T) {
	before := switched().system
	for range 20 {
		time.Sleep(time.Millisecond) // causes the switch to count
	}
	if now := switched().system; now <= before {
		t.Errorf("%d switches before twenty sleeps and %d after them, want more", before, now)
	}
}

// Each value that is handed over makes its receiver wait. A round trip has at
// least one switch, and at most one for each side plus one for a lost race. The
// test fails if the runtime changes its sampling.
func TestHandingOverAValueSwitchesGoroutines(t *testing.T) {
	const values = 20_000
	before := switched().goroutines
	there, back := make(chan int), make(chan int)
	go func() {
		defer close(back)
		for v := range there {
			back <- v
		}
	}()
	for v := range values {
		there <- v
		<-back
	}
	close(there)
	<-back
	if n := float64(switched().goroutines-before) / values; n < 1 || n > 4 {
		t.Errorf("%.2f switches per round trip, want 1 to 4", n)
	}
}
