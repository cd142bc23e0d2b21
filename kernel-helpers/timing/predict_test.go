package timing

import (
	"bytes"
	"maps"
	"runtime/trace"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/speedup/kernel-helpers/base/experiment"
)

func TestTheVerdictComparesWithWhatWasExpected(t *testing.T) {
	for _, c := range []struct {
		measured, predicted, limit float64
		want                       string
	}{
		{1, 0, 0, ""},
		{0.5, 0.4, 0, "predicted 0.400 s, measured 0.500 s: 25 % longer"},
		{0.4, 0.5, 0.3, "predicted 0.500 s, measured 0.400 s: 20 % shorter; the limit is 0.300 s"},
		{2, 2.001, 0, "predicted 2.00 s, measured 2.00 s: as predicted"},
		{1.63, 0, 1.6, "the limit is 1.60 s"},
	} {
		if got := verdict(c.measured, c.predicted, c.limit); got != c.want {
			t.Errorf("verdict(%v, %v, %v) = %q, want %q", c.measured, c.predicted, c.limit, got, c.want)
		}
	}
}

func TestAnExperimentIsAnotherRow(t *testing.T) {
	measured := func(name string, f func()) (rows []map[string]string) {
		if _, err := Measure(name, 1, func() error { f(); return nil }, Predict(time.Second)); err != nil {
			t.Fatal(err)
		}
		for _, r := range kept.all() {
			if r.Name == name {
				rows = append(rows, r.Settings)
			}
		}
		return rows
	}
	synctest.Test(t, func(t *testing.T) {
		experiment.Note("latency", "noted before the run")
		if got := measured("an experiment", func() {}); len(got) != 1 || len(got[0]) != 0 {
			t.Errorf("got rows %v, want one without settings", got)
		}
		changed := map[string]string{"latency": "20 ms"}
		got := measured("an experiment", func() { experiment.Note("latency", "20 ms") })
		if len(got) != 2 || !slices.ContainsFunc(got, func(s map[string]string) bool { return maps.Equal(s, changed) }) {
			t.Errorf("got rows %v, want a second one with %v", got, changed)
		}
	})
}

func TestARunUnderTracingIsNotKept(t *testing.T) {
	var to bytes.Buffer
	if err := trace.Start(&to); err != nil {
		t.Fatal(err)
	}
	_, err := Measure("traced", 1, func() error { return nil })
	trace.Stop()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range kept.all() {
		if r.Name == "traced" {
			t.Errorf("kept %+v, want a traced run not to be kept", r)
		}
	}
}

func TestPredictionsAreKeptWithTheResult(t *testing.T) {
	if _, err := Measure("predicted", 1, func() error { return nil }, Predict(3*time.Second)); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(kept.all(), func(r Result) bool { return r.Name == "predicted" })
	if i < 0 || kept.all()[i].Predicted != 3 {
		t.Errorf("got %+v, want a result with a prediction of 3 s", kept.all())
	}
}
