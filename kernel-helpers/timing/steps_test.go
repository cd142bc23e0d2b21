package timing

import (
	"testing"
	"time"
)

func TestAStepIsTheTotalSharedOut(t *testing.T) {
	for _, c := range []struct {
		steps    int
		took     time.Duration
		switched int64
		want     string
	}{
		{1000, 166 * time.Microsecond, 10, "hand-off                        166.0 ns a step,    0.010 system switches"},
		{2, 50 * time.Microsecond, 5, "hand-off                         25.0 µs a step,    2.500 system switches"},
		{1, time.Second, 0, "hand-off                       1000.0 ms a step,    0.000 system switches"},
	} {
		if got := stepsLine("hand-off", c.steps, c.took, c.switched); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

func TestAProcessThatSleepsIsSwitchedByTheSystem(t *testing.T) {
	before := switches()
	for range 20 {
		time.Sleep(time.Millisecond) // the switch is what is counted
	}
	if now := switches(); now <= before {
		t.Errorf("%d switches before, %d after twenty sleeps", before, now)
	}
}
