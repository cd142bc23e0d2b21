package timeline

import (
	"math"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/svg"
)

const ms = int64(time.Millisecond)

// handmade returns the events of a run of 100 ms on two processors:
//
//	main      0 runs, 10 waits for a lock until 100
//	worker 1  5 created, 10 runs on 0, 20 waits for the network, 60 ready, 62 runs, 70 ends
//	worker 2  5 created, 6 runs on 1, 16 waits for a channel, 30 ready, 30 runs on 1,
//	          40 waits for the network, 90 ready, 95 runs, 100 still exists
//	net/http  20 created by worker 1, 20 runs on 0, 22 waits for the network
//	collector older than the run: runs on 0 from 80 to 84
func handmade() *builder {
	const main, one, two, conn, gc = 1, 11, 12, 13, 2
	b := newBuilder()
	b.processors = 2
	at := func(t int64) int64 { return 1_000*ms + t*ms }
	b.move(at(-50), main, Running, 0, 0)
	b.move(at(-50), gc, Other, -1, 0)
	b.mark(at(0), main, false)
	b.create(at(5), one, main, true, "func in pool")
	b.create(at(5), two, main, true, "func in pool")
	b.life(one).called, b.life(two).called = "worker", "worker"
	b.move(at(6), two, Running, 1, 0)
	b.move(at(10), main, Lock, -1, 1)
	b.move(at(10), one, Running, 0, 0)
	b.move(at(16), two, Channel, -1, 2)
	b.move(at(20), one, Network, -1, 3)
	b.create(at(20), conn, one, false, "net/http.conn")
	b.move(at(20), conn, Running, 0, 0)
	b.move(at(22), conn, Network, -1, 0)
	b.wake(at(30), two, main)
	b.move(at(30), two, Runnable, -1, 0)
	b.move(at(30), two, Running, 1, 0)
	b.move(at(40), two, Network, -1, 3)
	b.wake(at(60), one, conn)
	b.move(at(60), one, Runnable, -1, 0)
	b.move(at(62), one, Running, 0, 0)
	b.finish(at(70), one)
	b.move(at(80), gc, Running, 0, 0)
	b.move(at(84), gc, Other, -1, 0)
	b.move(at(90), two, Runnable, -1, 0)
	b.move(at(95), two, Running, 1, 0)
	b.mark(at(100), main, true)
	b.move(at(101), two, Channel, -1, 2)
	return b
}

func runOf(b *builder) *Run {
	r := &Run{places: []location{{}, {function: "main"}, {function: "worker", source: "job := <-jobs"}, {function: "download"}}}
	var p process
	p, r.wall = b.process()
	r.clock = b.begin
	r.processes = []process{p}
	return r
}

func TestNumbersOfAHandMadeRunAreExact(t *testing.T) {
	got := runOf(handmade()).Numbers()
	// The workers' times are 5–70 and 5–100, 160 ms in all.
	want := Numbers{
		Wall:            100 * time.Millisecond,
		MostInFlight:    2,                   // one 10–60, two 30–90
		AverageInFlight: (50 + 60) / 100.0,   //
		Waiting:         (40 + 64) / 160.0,   // one 20–60; two 16–30, 40–90
		Running:         (18 + 25) / 160.0,   // one 10–20, 62–70; two 6–16, 30–40, 95–100
		Runnable:        (7 + 1 + 5) / 160.0, // one 5–10, 60–62; two 5–6, 90–95
		AverageBusy:     (10 + 43 + 2 + 4) / 100.0,
		MostBusy:        2,
		Processors:      2,
		Processes:       1,
		Started:         2,
		Libraries:       1,
		Switches:        2 + 3 + 1,
		Left:            1,
		Longest:         50 * time.Millisecond,
		LongestState:    Network,
		LongestIn:       "download",
	}
	for _, pair := range [][2]*float64{
		{&got.AverageInFlight, &want.AverageInFlight}, {&got.Waiting, &want.Waiting}, {&got.Running, &want.Running},
		{&got.Runnable, &want.Runnable}, {&got.AverageBusy, &want.AverageBusy},
	} {
		if math.Abs(*pair[0]-*pair[1]) < 1e-12 {
			*pair[0] = *pair[1]
		}
	}
	if got != want {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestRegionsDetermineWhatIsInFlight(t *testing.T) {
	b := handmade()
	// As above, but with the last event first: the builder accepts regions at
	// any time while the goroutine is known.
	l := b.life(12)
	l.regions = append(l.regions, interval{1_030 * ms, 1_050 * ms})
	got := runOf(b).Numbers()
	if !got.ByRegions || got.MostInFlight != 1 || math.Abs(got.AverageInFlight-0.2) > 1e-12 {
		t.Errorf("got at most %d in flight, %v on average, by regions: %v; want 1, 0.2, true", got.MostInFlight, got.AverageInFlight, got.ByRegions)
	}
}

func TestNestedRegionsCountOnce(t *testing.T) {
	b := newBuilder()
	b.move(0, 1, Running, 0, 0)
	b.mark(0, 1, false)
	b.region(10*ms, 1, "outer", true)
	b.region(20*ms, 1, "inner", true)
	b.region(30*ms, 1, "inner", false)
	b.region(40*ms, 1, "outer", false)
	b.region(50*ms, 1, "not begun", false)
	b.mark(100*ms, 1, true)
	if got := runOf(b).Numbers(); got.MostInFlight != 1 || got.AverageInFlight != 0.3 {
		t.Errorf("got at most %d in flight, %v on average; want 1 and 0.3", got.MostInFlight, got.AverageInFlight)
	}
}

func TestARunWithoutGoroutinesCountsItsOwn(t *testing.T) {
	b := newBuilder()
	b.move(0, 1, Running, 0, 0)
	b.mark(0, 1, false)
	b.move(40*ms, 1, Asleep, -1, 0)
	b.move(100*ms, 1, Running, 0, 0)
	b.mark(100*ms, 1, true)
	got := runOf(b).Numbers()
	if got.Running != 0.4 || got.Waiting != 0.6 || got.MostInFlight != 1 || got.Longest != 60*time.Millisecond || got.LongestState != Asleep {
		t.Errorf("got %+v, want 0.4 running, then 60 ms asleep", got)
	}
}

func TestASystemCallIsWorkWhileItKeepsItsProcessor(t *testing.T) {
	b := newBuilder()
	b.move(0, 1, Running, 0, 0)
	b.mark(0, 1, false)
	b.move(10*ms, 1, Syscall, 0, 0)
	b.move(20*ms, 1, Running, 0, 0) // it kept processor 0
	b.move(30*ms, 1, Syscall, 0, 0)
	b.move(90*ms, 1, Runnable, -1, 0) // it had lost its processor
	b.move(100*ms, 1, Running, 0, 0)
	b.mark(100*ms, 1, true)
	got := runOf(b).Numbers()
	if got.Running != 0.3 || got.Waiting != 0.6 || got.Runnable != 0.1 || got.AverageBusy != 0.3 || got.Switches != 1 || got.LongestState != Syscall {
		t.Errorf("got %+v, want 0.3 running, 0.6 waiting in a system call, 0.1 ready", got)
	}
}

func TestAssistingTheCollectorIsAStateOfItsOwn(t *testing.T) {
	b := newBuilder()
	b.move(0, 1, Running, 0, 0)
	b.mark(0, 1, false)
	b.assist(10*ms, 1, true)
	b.move(20*ms, 1, GC, -1, 0) // waits for more to do
	b.move(50*ms, 1, Running, 1, 0)
	b.assist(60*ms, 1, false)
	b.mark(100*ms, 1, true)
	r := runOf(b)
	want := []span{
		{0, 10 * ms, Running, false, 0, 0}, {10 * ms, 20 * ms, GC, false, 0, 0}, {20 * ms, 50 * ms, GC, false, -1, 0},
		{50 * ms, 60 * ms, GC, false, 1, 0}, {60 * ms, 100 * ms, Running, false, 1, 0},
	}
	got := r.processes[0].lanes[0].spans
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("span %d is %v, want %v", i, got[i], want[i])
		}
	}
	if n := r.Numbers(); n.AverageBusy != 0.7 || n.Waiting != 0.3 {
		t.Errorf("got busy %v, waiting %v; want 0.7 and 0.3", n.AverageBusy, n.Waiting)
	}
}

func TestTheTextAlwaysHasTheSameLines(t *testing.T) {
	some, none := runOf(handmade()).Numbers().lines(), Numbers{}.lines()
	if len(some) != len(none) {
		t.Fatalf("got %d and %d lines, want the same number", len(some), len(none))
	}
	for i := range some {
		if some[i].name != none[i].name {
			t.Errorf("line %d is named %q and %q, want the same name", i, some[i].name, none[i].name)
		}
	}
}

func TestFiguresAreShort(t *testing.T) {
	for got, want := range map[string]string{
		length(12345 * time.Millisecond):        "12.3 s",
		length(1999 * time.Millisecond):         "2.00 s",
		length(71676 * time.Microsecond):        "71.7 ms",
		length(1500 * time.Nanosecond):          "1.50 µs",
		percent(0):                              "0 %",
		percent(0.0004):                         "0.0 %",
		percent(0.456):                          "46 %",
		percent(0.998):                          "99.8 %",
		thousands(0):                            "0",
		thousands(999):                          "999",
		thousands(1234567):                      "1,234,567",
		svg.Fit("a long name of a function", 6): "a lon…",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
