//go:build linux

package supervisor

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

var (
	soakCells = flag.Int("soak", longtest.Pick(30, 500), "how many cells the soak test runs")
	soakSeed  = flag.Uint64("soak-seed", 1, "the seed of its random choices")
)

// In a long session with cells of all kinds, cells are interrupted and GoNB is killed
// at random moments, and sometimes the kernel is restarted. Every cell ends, no
// process is left, and the supervisor doesn't grow.
func TestSoak(t *testing.T) {
	rnd := rand.New(rand.NewPCG(*soakSeed, 4))
	cells := []struct {
		code   string
		ends   bool // without an interrupt
		stdout string
	}{
		{"%%\nfmt.Print(f())", true, "42"},
		{"%%\nfor i := range 1000 {\n\tfmt.Println(i)\n}\nfmt.Print(\"end\")", true, "end"},
		{"%%\npanic(\"oops\")", true, ""},
		{"%%\nnowhere()", true, ""},
		{"%%bash\necho hello; exit 3", true, "hello\n"},
		{"%%\nfmt.Println(\"started\")\nfor {\n}", false, ""},
		{"%%\nsignal.Ignore(os.Interrupt, syscall.SIGTERM)\nfor {\n\tfmt.Println(strings.Repeat(\"x\", 100))\n}", false, ""},
		{"%%bash\n" + hiding, false, ""},
		{"%%bash\nsleep 600 & sleep 600 & wait", false, ""},
	}
	k, c := startedReal(t)
	c.run("func f() int { return 42 }")
	var ran, interrupts, kills, restarts, starting int
	var slowest time.Duration
	first, last, most := 0, 0, 0
	for ran < *soakCells {
		ran++
		cell := cells[rnd.IntN(len(cells))]
		began := time.Now()
		id := c.start(cell.code)
		c.Await(func(m received) bool { return m.IsStatus(id, "busy") }) // an interrupt before that has no cell to end
		fate := rnd.IntN(10)
		switch {
		case !cell.ends && fate == 0, cell.ends && fate == 1: // killed at some moment
			time.Sleep(time.Duration(rnd.IntN(300)) * time.Millisecond)
			kills++
			if gonb, ok := k.gonb(); ok {
				kill9(t, gonb)
				if !cell.ends {
					// A cell that had not reached that GoNB runs in the next one.
					waitFor(t, func() bool {
						next, ok := k.gonb()
						return ok && next != gonb || c.Replied(id)
					})
					c.Ask(jupyter.Control, "interrupt_request", struct{}{})
				}
			} else {
				starting++ // GoNB was starting
				c.Ask(jupyter.Control, "interrupt_request", struct{}{})
			}
		case !cell.ends || fate == 2:
			time.Sleep(time.Duration(rnd.IntN(300)) * time.Millisecond)
			interrupts++
			c.Ask(jupyter.Control, "interrupt_request", struct{}{}) // and wait for the reply, or it could hit the next cell
		}
		o := c.finish(id)
		slowest = max(slowest, time.Since(began))
		switch {
		case o.Status == "ok" && cell.ends && strings.HasSuffix(o.stdout, cell.stdout):
		case o.Status == "error" && o.errors == 1:
		default:
			t.Errorf("cell %d, %q: got %v, want its own end or one error", ran, cell.code, o)
		}
		// A kill that comes after the end of the cell hits the next one.
		for o.EName == kernelDied || strings.Contains(o.stderr+o.text(), "has been restored") || strings.Contains(o.EValue, "undefined: f") {
			o = c.run(report.ReplayCommand)
			if o.Status != "ok" && o.EName != kernelDied {
				t.Errorf("replay after cell %d: got %v, want ok", ran, o)
			}
		}
		if rnd.IntN(40) == 0 {
			restarts++
			c.Ask(jupyter.Control, "shutdown_request", map[string]bool{"restart": true})
			if err := k.leavesNothing(); err != nil {
				t.Fatal(err)
			}
			c.Close()
			k, c = startedReal(t)
			c.run("func f() int { return 42 }")
			first = 0
		}
		if now := resident(k.supervisorPID()); first == 0 {
			first = now
		} else {
			last, most = now, max(most, now-first)
		}
	}
	if o := c.run("%%\nfmt.Print(f())"); o.stdout != "42" {
		t.Errorf(`got %v, want stdout "42"`, o)
	}
	for _, p := range k.processes() {
		if !isPartOfKernel(k, p) {
			t.Errorf("got %s (%d), want no process left", p.Name, p.PID)
		}
	}
	t.Logf("%d cells, %d interrupts, %d kills (%d while GoNB started), %d restarts; the slowest cell took %v; memory %d → %d kB, never more than %d above the first",
		ran, interrupts, kills, starting, restarts, slowest.Round(time.Millisecond), first, last, most)
	if most > 64<<10 && !raced() {
		t.Errorf("got a supervisor that grew by %d kB, want at most 64 MB", most)
	}
}

// gonb returns GoNB's process id, if GoNB is running.
func (k *testKernel) gonb() (pid int, ok bool) {
	inner := k.supervisorPID()
	for _, p := range k.processes() {
		if p.Parent == inner && strings.HasPrefix(p.Name, "gonb") {
			return p.PID, true
		}
	}
	return 0, false
}

// resident returns the memory of a process in kB.
func resident(pid int) (kB int) {
	fmt.Sscanf(statusField(pid, "VmRSS"), "%d", &kB)
	return kB
}
