package timeline

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/svg/svgtest"
)

// busyRun returns a run of goroutines with this many spans each, with all
// starts at different times.
func busyRun(goroutines, spans int) *Run {
	b := newBuilder()
	b.processors = 2
	b.move(0, 1, Running, 0, 0)
	b.mark(0, 1, false)
	const wall = 1000 * ms
	type event struct {
		at, g int64
		to    State
	}
	var all []event
	for g := range int64(goroutines) {
		start := g * wall / int64(goroutines) / 2
		all = append(all, event{start, g + 2, Absent})
		for i := range int64(spans) {
			all = append(all, event{start + (i+1)*(wall-start)/int64(spans+1), g + 2, Running + State((g+i)%int64(stateCount-1))})
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return int(a.at - b.at) })
	for _, e := range all {
		if e.to == Absent {
			b.create(e.at, e.g, 1, true, "work")
		} else {
			b.move(e.at, e.g, e.to, 0, 0)
		}
	}
	b.mark(wall, 1, true)
	return runOf(b)
}

// checkPicture checks the properties of every picture, and that it contains the
// texts.
func checkPicture(t *testing.T, svg string, texts ...string) {
	t.Helper()
	if len(svg) > mostSVG {
		t.Errorf("the picture has %d bytes, want at most %d", len(svg), mostSVG)
	}
	found := svgtest.Texts(t, svg)
	svgtest.Readable(t, svg)
	for _, text := range texts {
		if !slices.Contains(found, text) {
			t.Errorf("%q is missing in the picture", text)
		}
	}
	for _, bad := range []string{"NaN", "Inf"} {
		if strings.Contains(svg, bad) {
			t.Errorf("the picture contains %s", bad)
		}
	}
}

func TestAFewLanesHaveTheirNames(t *testing.T) {
	svg := busyRun(5, 30).SVG("Five")
	checkPicture(t, svg, "Five", "main", "work 1", "work 5", "running", "network", "in flight")
	if len(svg) > 10_000 {
		t.Errorf("the picture has %d bytes, want at most 10,000: are equal neighbours drawn separately?", len(svg))
	}
	if strings.Contains(svg, ">work 6<") {
		t.Error("the picture has a sixth worker")
	}
}

func TestAStateHasItsNameInALane(t *testing.T) {
	b := newBuilder()
	b.move(0, 1, Running, 0, 0)
	b.mark(0, 1, false)
	b.create(0, 2, 1, true, "work")
	b.move(0, 2, Running, 0, 0)
	b.move(1*ms, 2, Network, 0, 0)
	b.mark(100*ms, 1, true)
	found := svgtest.Texts(t, runOf(b).SVG("One wait"))
	named := slices.DeleteFunc(found, func(s string) bool { return s != "network" })
	if len(named) != 2 {
		t.Errorf("the picture says network %d times, want once in the legend and once in the lane", len(named))
	}
}

func TestOnlyTheFirstFiguresAreInThePicture(t *testing.T) {
	r := busyRun(5, 30)
	found := svgtest.Texts(t, r.SVG("Five"))
	folded := strings.Join(svgtest.Texts(t, r.Numbers().html()), "")
	for i, l := range r.Numbers().lines() {
		if shown := slices.Contains(found, l.name); shown != (i < linesInPicture) {
			t.Errorf("the picture shows %q: %t", l.name, shown)
		}
		if !strings.Contains(folded, l.value+l.meaning) || l.meaning == "" {
			t.Errorf("%q and its meaning are missing in %s", l.name, folded)
		}
	}
}

func TestAHundredAndSixtyLanesShareALabel(t *testing.T) {
	checkPicture(t, busyRun(160, 30).SVG("Many"), "main", "160 × work")
}

func TestTenThousandGoroutinesBecomeADensityPicture(t *testing.T) {
	svg := busyRun(10_000, 5).SVG("Very many")
	checkPicture(t, svg, "Very many: 10,001 goroutines", "10,000")
	if len(svg) > 60_000 {
		t.Errorf("the picture has %d bytes, want at most 60,000", len(svg))
	}
}

func TestALaneTooBusyForItsWidthStaysSmall(t *testing.T) {
	checkPicture(t, busyRun(160, 1_200).SVG("Busy"))
	checkPicture(t, busyRun(1, 20_000).SVG("Busy"), "work")
}

func TestADensityAccountsForAllTime(t *testing.T) {
	r := busyRun(300, 7)
	shares := make([][stateCount]float32, 100)
	want := 0.0
	for _, row := range r.processes[0].goroutineRows() {
		spread(row.spans, float64(r.wall)/100, shares)
		for _, s := range row.spans {
			want += float64(s.length()) / float64(r.wall) * 100
		}
	}
	got := 0.0
	for _, c := range shares {
		for _, v := range c {
			got += float64(v)
		}
	}
	if got < 0.999*want || got > 1.001*want {
		t.Errorf("the columns add up to %.2f, want %.2f", got, want)
	}
}

func TestColumnsShowShortRunsAsMarks(t *testing.T) {
	spans := []span{{from: 0, to: 49, state: Network}, {from: 49, to: 50, state: Running}, {from: 50, to: 60, state: Network}, {from: 60, to: 80, state: Running}}
	got := columns(spans, 100, make([][stateCount]float32, 10))
	want := []cell{{Network, 0}, {Network, 0}, {Network, 0}, {Network, 0}, {Network, 1}, {Network, 0}, {Running, 0}, {Running, 0}, {}, {}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestProcessorsDrawsProcessorsAsLanes(t *testing.T) {
	svg := runOf(handmade()).SVG("Processors", Processors())
	checkPicture(t, svg, "processor 0", "processor 1", "running", "runtime and garbage collection")
	if strings.Contains(svg, ">worker 1<") {
		t.Error("a goroutine has a lane, want processors only")
	}
}

func TestWakeUpsDrawsArrows(t *testing.T) {
	// Main wakes worker 2, and a goroutine without a lane wakes worker 1.
	checkPicture(t, runOf(handmade()).SVG("Wake-ups", WakeUps()), "arrows: 2 wake-ups")
	if strings.Contains(runOf(handmade()).SVG("None"), "wake-ups") {
		t.Error("the picture has arrows without WakeUps")
	}
}

func TestPicturesAreWellFormedForAnyNames(t *testing.T) {
	b := newBuilder()
	bad := `a < b & "c"</text><script>` + "\x00\xff\u202e" + strings.Repeat("長", 200)
	b.move(0, 1, Running, 0, 0)
	b.mark(0, 1, false)
	b.create(1, 2, 1, true, bad)
	b.mark(10*ms, 1, true)
	for _, svg := range []string{runOf(b).SVG(bad), (&Run{places: []location{{}}}).SVG(""), runOf(newBuilder()).SVG("", WakeUps())} {
		checkPicture(t, svg)
		if strings.Contains(svg, "<script>") {
			t.Error("a name is not escaped")
		}
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for wall := int64(1); wall < 1e13; wall = wall*3 + 1 {
		step := tickStep(wall)
		if n := wall / step; n > 7 || wall > 10 && n < 2 {
			t.Errorf("%d ticks for %d ns, want 2 to 7", n, wall)
		}
		if s := strings.TrimRight(fmt.Sprint(step), "0"); s != "1" && s != "2" && s != "5" {
			t.Errorf("step %d for %d ns, want 1, 2 or 5 times a power of ten", step, wall)
		}
	}
}
