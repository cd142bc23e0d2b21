package schedstat

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestTimeInTheQueueIsNotTheProgramsOwn(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		what              string
		wall, ran, waited time.Duration
		want              time.Duration
	}{
		{"it sleeps", 5 * s, 0, 0, 5 * s},
		{"it loops on a processor of its own", 5 * s, 5 * s, 0, 5 * s},
		{"it loops on two processors, with more threads than that", 5 * s, 10 * s, 10 * s, 5 * s},
		{"it loops and gets half a processor", 10 * s, 5 * s, 5 * s, 5 * s},
		{"it gets a fifth, and sleeps in between", 10 * s, 1 * s, 4 * s, 6 * s},
		{"it gets next to nothing", 100 * s, 0, 100 * s, 10 * s},
		{"threads with long waits have ended", 5 * s, s, -3 * s, 5 * s},
	} {
		before := Times{Ran: s, Waited: 7 * s}
		after := Times{Ran: before.Ran + c.ran, Waited: before.Waited + c.waited}
		if got := Own(c.wall, before, after); got != c.want {
			t.Errorf("%s: got %v of %v, want %v", c.what, got, c.wall, c.want)
		}
	}
}

func TestAProcessThatRunsIsMeasured(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux keeps account")
	}
	before := Of(os.Getpid())
	if before.Ran <= 0 {
		t.Skip("this kernel keeps no account")
	}
	for Of(os.Getpid()).Ran == before.Ran { // reading runs
	}
	if got := Of(1 << 30); got != (Times{}) {
		t.Errorf("a process that isn't there: got %+v, want zeros", got)
	}
	var torn Times
	torn.add("12\n")
	torn.add("")
	if torn != (Times{}) {
		t.Errorf("lines that are too short: got %+v, want zeros", torn)
	}
}
