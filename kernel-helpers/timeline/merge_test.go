package timeline

import (
	"slices"
	"testing"
)

// task returns the recording of one task of a child process, with its begin and
// end on the machine's clock. The task ran all the time, except for a wait in
// the middle.
func task(pid int, begin, end int64) *Run {
	b := newBuilder()
	b.processors = 2
	b.worker = true
	b.move(begin-ms, 7, Running, 0, 0)
	b.mark(begin, 7, false)
	b.region(begin, 7, "square", true)
	b.move(begin+ms, 7, Asleep, -1, 1)
	b.move(end-ms, 7, Running, 0, 0)
	b.region(end, 7, "square", false)
	b.mark(end, 7, true)
	r := runOf(b)
	r.processes[0].pid = pid
	return r
}

func TestProcessesAreMergedOnOneClock(t *testing.T) {
	first := runOf(handmade()) // begins at 1000 ms, 100 ms long
	first.processes[0].pid = 1
	m := Merge(first, task(30, 1_060*ms, 1_080*ms), task(20, 1_010*ms, 1_040*ms), task(30, 1_020*ms, 1_050*ms))
	var names []string
	for i := range m.processes {
		names = append(names, m.processes[i].title(i))
	}
	if want := []string{"this process", "process 1", "process 2"}; !slices.Equal(names, want) {
		t.Fatalf("got processes %v, want %v", names, want)
	}
	type lane struct {
		name     string
		from, to int64
	}
	for i, want := range []lane{1: {"square", 10 * ms, 40 * ms}, 2: {"square", 20 * ms, 80 * ms}} {
		if i == 0 {
			continue
		}
		lanes := m.processes[i].lanes
		if len(lanes) != 1 {
			t.Fatalf("process %d has %d lanes, want one for both of its tasks", i, len(lanes))
		}
		l := lanes[0]
		if got := (lane{l.name, l.spans[0].from, l.spans[len(l.spans)-1].to}); got != want {
			t.Errorf("process %d: got %v, want %v", i, got, want)
		}
		if got := m.places[l.spans[1].place].function; got != "main" {
			t.Errorf("process %d waits in %q, want \"main\"", i, got)
		}
	}
	n := m.Numbers()
	// The tasks last from 20 to 50, 60 to 80 and 10 to 40.
	if n.MostInFlight != 2 || n.AverageInFlight != 0.8 || n.Processors != 2 || n.Processes != 3 {
		t.Errorf("got %+v, want at most 2 in flight, 0.8 on average, 2 processors, 3 processes", n)
	}
	if len(first.processes) != 1 || first.processes[0].lanes[1].spans[0].from != 5*ms {
		t.Error("Merge changed the first run")
	}
}

func TestWhatAChildDidBeforeAndAfterIsLeftOut(t *testing.T) {
	first := runOf(handmade())
	first.processes[0].pid = 1
	m := Merge(first, task(20, 990*ms, 1_015*ms), task(21, 1_090*ms, 1_200*ms), task(22, 1_300*ms, 1_400*ms))
	for i, want := range [][2]int64{1: {0, 15 * ms}, 2: {90 * ms, 100 * ms}} {
		if i == 0 {
			continue
		}
		spans := m.processes[i].lanes[0].spans
		if got := [2]int64{spans[0].from, spans[len(spans)-1].to}; got != want {
			t.Errorf("process %d is drawn from %d to %d, want %v", i, got[0], got[1], want)
		}
	}
	if spans := m.processes[3].lanes[0].spans; len(spans) != 0 {
		t.Errorf("process 3 has the spans %v, want none", spans)
	}
}

func TestEachProcessIsAGroupOfLanesInThePicture(t *testing.T) {
	first := runOf(handmade())
	first.processes[0].pid = 1
	checkPicture(t, Merge(first, task(20, 1_010*ms, 1_040*ms)).SVG("Two"), "this process", "process 1", "square", "worker 2")
}
