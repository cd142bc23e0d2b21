//go:build race

package probe

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRacing has two workers add to a variable without a lock, each between two
// calls. In real time they run one after the other, so that a lock in the probe
// would order them.
func TestRacing(t *testing.T) {
	if os.Getenv("PROBE_RACING") == "" {
		t.Skip("run by TestTheProbeHidesNoRace")
	}
	Run(t, func(t *testing.T, p *Probe) {
		var workers sync.WaitGroup
		sum := 0
		for i := range 2 {
			workers.Go(func() {
				p.Call(t.Context(), "before", ms, nil)
				p.Call(t.Context(), "before", []time.Duration{0, 5 * ms}[i], nil)
				sum++
				p.Call(t.Context(), "after", ms, nil)
			})
		}
		workers.Wait()
	})
}

func TestTheProbeHidesNoRace(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestRacing$")
		cmd.Env = append(os.Environ(), "PROBE_RACING=1")
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "DATA RACE") {
			t.Fatalf("the race was not detected: %v\n%s", err, out)
		}
	}
}
