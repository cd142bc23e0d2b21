package bench

import (
	"strings"
	"testing"
	"time"
)

// measuredRow returns a row with samples of the given seconds and megabytes,
// with Go first, at a latency of 50 ms.
func measuredRow(downloads, workers int, sides ...[2]float64) Row {
	row := Row{Work: Work{Name: "w", Title: "w", Downloads: downloads}}
	for i, s := range sides {
		name, language := "go", ""
		if i > 0 {
			name, language = "peer", "aiohttp"
		}
		row.Sides = append(row.Sides, Side{Name: name, Workers: workers, Package: language})
		row.Measured = append(row.Measured, Measured{Name: name, Samples: []Sample{{Seconds: s[0], PeakBytes: int64(s[1] * 1e6), CPUSeconds: 1}}})
	}
	row.sumUp(50 * time.Millisecond)
	return row
}

func TestRequirementsAreChecked(t *testing.T) {
	row := measuredRow(10_000, 500, [2]float64{1.1, 30}, [2]float64{2.2, 100}) // the limit is 1 s
	tight := measuredRow(10_000, 500, [2]float64{1.1, 30}, [2]float64{1.6, 80})
	alone := measuredRow(10_000, 500, [2]float64{1.1, 30})
	steps := measuredRow(0, 1, [2]float64{1.1, 30})
	steps.Steps = 500
	for _, test := range []struct {
		name        string
		requirement Requirement
		row         Row
		want        Status
	}{
		{"near the limit", withinLimit(1.2), row, Holds},
		{"too far from the limit", withinLimit(1.05), row, Fails},
		{"faster", fasterThan("peer"), row, Holds},
		{"half the time", timeOf("peer", 0.51), row, Holds},
		{"not a third of the time", timeOf("peer", 1.0/3), row, Fails},
		{"a third of the memory", memoryOf("peer", 1.0/3, "a third"), row, Holds},
		{"not a third of the memory", memoryOf("peer", 1.0/3, "a third"), tight, Fails},
		{"small enough", peakAtMost(200e6), row, Holds},
		{"too large", peakAtMost(20e6), row, Fails},
		{"enough throughput", throughputOf("peer", 2), row, Holds},
		{"not enough throughput", throughputOf("peer", 2.1), row, Fails},
		{"no other throughput was measured", throughputOf("peer", 2), alone, NotMeasured},
		{"a step is fast enough", stepAtMost(2.2, Milliseconds), steps, Holds},
		{"a step is too slow", stepAtMost(2_190, Microseconds), steps, Fails},
		{"no peer was measured", timeOf("peer", 1), alone, NotMeasured},
		{"nothing was measured", withinLimit(1), Row{}, NotMeasured},
		{"the other work was not measured", rateKeptFrom("none"), row, NotMeasured},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.requirement.judge(&Report{}, &test.row); got.Result != test.want {
				t.Errorf("got %+v, want %s", got, test.want)
			}
		})
	}
}

func TestAVerdictReportsAnUnreachableRequirement(t *testing.T) {
	row := measuredRow(10_000, 500, [2]float64{1.1, 30}, [2]float64{1.6, 100})
	v := timeOf("peer", 0.55).judge(&Report{}, &row)
	if v.Result != Fails || !strings.Contains(v.OutOfReach, "0.625 × its time") {
		t.Errorf("got %+v, want a note that the limit of 1 s is 0.625 of 1.6 s", v)
	}
	within := timeOf("peer", 0.65).judge(&Report{}, &row)
	if within.Result != Fails || within.OutOfReach != "" {
		t.Errorf("got %+v, want no note, because 0.65 is above the limit of 0.625", within)
	}
}

func TestTheRateIsComparedWithAnotherWork(t *testing.T) {
	report := &Report{Rows: []Row{
		measuredRow(10_000, 500, [2]float64{1, 30}),
		measuredRow(100_000, 2_000, [2]float64{5, 30}),
		measuredRow(100_000, 2_000, [2]float64{20, 30}),
	}}
	report.Rows[0].Name = "10000"
	r := rateKeptFrom("10000")
	if v := r.judge(report, &report.Rows[1]); v.Result != Holds || v.Value != 2 {
		t.Errorf("twice the rate: got %+v, want it to hold with 2", v)
	}
	if v := r.judge(report, &report.Rows[2]); v.Result != Fails || v.Value != 0.5 {
		t.Errorf("half the rate: got %+v, want it to fail with 0.5", v)
	}
}

func TestAQuickReportHasNoVerdicts(t *testing.T) {
	row := measuredRow(10, 5, [2]float64{9, 30})
	row.Requirements = []Requirement{withinLimit(1)}
	report := &Report{Rows: []Row{row}, Quick: true}
	report.judge()
	if report.Count(Fails) != 0 {
		t.Error("a requirement of a quick report failed")
	}
	report.Quick = false
	report.judge()
	if report.Count(Fails) != 1 {
		t.Error("the requirement of a full report did not fail")
	}
}

func TestTheLimitCountsWholeRounds(t *testing.T) {
	for _, test := range []struct {
		downloads, workers int
		want               time.Duration
	}{
		{160, 1, 8 * time.Second}, {160, 5, 1600 * time.Millisecond}, {160, 0, 50 * time.Millisecond},
		{160, 100, 100 * time.Millisecond}, {160, 1000, 50 * time.Millisecond}, {100_000, 2_000, 2500 * time.Millisecond},
	} {
		if got := (Side{Workers: test.workers}).limit(test.downloads, 50*time.Millisecond); got != test.want {
			t.Errorf("%d on %d workers: got %v, want %v", test.downloads, test.workers, got, test.want)
		}
	}
}

func TestFiguresUseMinimumTimeAndMedianMemory(t *testing.T) {
	row := Row{Work: Work{Downloads: 100, Sides: []Side{{Name: "go", Workers: 10}}}}
	row.Measured = []Measured{{Name: "go", Samples: []Sample{
		{Seconds: 3, PeakBytes: 10, CPUSeconds: 7}, {Seconds: 1, PeakBytes: 40, CPUSeconds: 8}, {Seconds: 2, PeakBytes: 20, CPUSeconds: 9}, {Seconds: 4, PeakBytes: 30, CPUSeconds: 6},
	}}}
	row.sumUp(100 * time.Millisecond)
	want := Figures{LimitSeconds: 1, MinSeconds: 1, MedianSeconds: 2.5, TimesLimit: 1, PerSecond: 100, CPUSeconds: 6, PeakBytes: 25}
	if got := row.figures("go"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
