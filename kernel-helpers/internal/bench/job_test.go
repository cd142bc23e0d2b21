package bench

import (
	"math"
	"strings"
	"testing"
)

func TestAnOutcomeIsOneObjectWithPossibleFigures(t *testing.T) {
	got, err := ParseOutcome([]byte(`{"seconds": 0.25, "downloads": 2, "bytes": 10766}` + "\n"))
	if want := (Outcome{Seconds: 0.25, Downloads: 2, Bytes: 10766}); err != nil || got != want {
		t.Errorf("downloads: got %+v, %v, want %+v", got, err, want)
	}
	got, err = ParseOutcome([]byte(`{"seconds": 0.25, "steps": 2, "answer": "7"}`))
	if want := (Outcome{Seconds: 0.25, Steps: 2, Answer: "7"}); err != nil || got != want {
		t.Errorf("steps: got %+v, %v, want %+v", got, err, want)
	}
	for name, printed := range map[string]string{
		"empty":               " \n",
		"a warning first":     `Warning: slow` + "\n" + `{"seconds": 1, "downloads": 2, "bytes": 3}`,
		"a line after it":     `{"seconds": 1, "downloads": 2, "bytes": 3} done`,
		"two outcomes":        `{"seconds": 1, "downloads": 2, "bytes": 3}{"seconds": 1, "downloads": 2, "bytes": 3}`,
		"half an outcome":     `{"seconds": 1, "downl`,
		"another field":       `{"seconds": 1, "downloads": 2, "bytes": 3, "size": 4}`,
		"no time":             `{"seconds": 0, "downloads": 2, "bytes": 3}`,
		"too much time":       `{"seconds": 1e999, "downloads": 2, "bytes": 3}`,
		"no downloads":        `{"seconds": 1, "bytes": 3}`,
		"negative bytes":      `{"seconds": 1, "downloads": 2, "bytes": -3}`,
		"downloads and steps": `{"seconds": 1, "downloads": 2, "bytes": 3, "steps": 4}`,
		"negative steps":      `{"seconds": 1, "downloads": 2, "bytes": 3, "steps": -4}`,
		"null":                `null`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := ParseOutcome([]byte(printed)); err == nil {
				t.Errorf("got %+v, want an error", got)
			} else if len(err.Error()) > 400 || !strings.HasPrefix(err.Error(), "bench: ") {
				t.Errorf("unexpected error text: %v", err)
			}
		})
	}
}

func FuzzParseOutcome(f *testing.F) {
	f.Add([]byte(`{"seconds": 0.25, "downloads": 2, "bytes": 10766}`))
	f.Add([]byte(`{"seconds": 1} {"seconds": 2}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, printed []byte) {
		got, err := ParseOutcome(printed)
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Errorf("the error has %d bytes, want at most 2000", len(err.Error()))
			}
			return
		}
		if !(got.Seconds > 0) || math.IsInf(got.Seconds, 0) || got.Downloads+got.Steps <= 0 || got.Bytes < 0 {
			t.Errorf("%q: got impossible values %+v", printed, got)
		}
	})
}
