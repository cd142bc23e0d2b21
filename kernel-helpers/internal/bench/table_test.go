package bench

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "update the golden files")

// sampleReport returns a report with all kinds of sides and verdicts, and
// growth.
func sampleReport() *Report {
	many := Row{
		Work: Work{
			Name: "10000", Title: "10,000, 500 in flight", Downloads: 10_000, InGrowth: true,
			Sides: []Side{
				{Name: "go", Title: "Go", Workers: 500},
				{Name: "aiohttp", Title: "aiohttp", Workers: 500, Package: "aiohttp"},
				{Name: "threads", Title: "Threads | 100", Workers: 100, Package: "requests"},
				{Name: "other", Title: "another", Workers: 100, Package: "requests"},
			},
			Requirements: []Requirement{withinLimit(1.2), timeOf("aiohttp", 0.55), memoryOf("threads", 1.0/3, "a third")},
		},
		Measured: []Measured{
			{Name: "go", Title: "Go", Workers: 500, Samples: []Sample{{1.2, 1.25, 0.5, 31e6, 500}, {1.1, 1.15, 0.4, 29e6, 500}}},
			{Name: "aiohttp", Title: "aiohttp", Workers: 500, Samples: []Sample{{1.6, 2.1, 1.5, 105e6, 500}, {1.7, 2.2, 1.6, 103e6, 500}}},
			{Name: "threads", Title: "Threads | 100", Workers: 100, Skipped: "requests can't be imported"},
			{Name: "other", Title: "another", Workers: 100, Failed: "exit status 1: out of luck"},
		},
	}
	most := Row{
		Work: Work{
			Name: "100000", Title: "100,000, 2,000 in flight", Downloads: 100_000, InGrowth: true,
			Sides:        []Side{{Name: "go", Title: "Go", Workers: 2_000}},
			Requirements: []Requirement{peakAtMost(200e6)},
		},
		Measured: []Measured{{Name: "go", Title: "Go", Workers: 2_000, Samples: []Sample{{5, 5.1, 4, 120e6, 2_000}}}},
	}
	tasks := Row{
		Work: Work{
			Name: "tasks", Title: "1,000 tasks, each", Steps: 1_000, Unit: Microseconds,
			Sides: []Side{
				{Name: "go", Title: "Go", Workers: 2},
				{Name: "Pool", Title: "Pool", Workers: 2, Package: pythonAlone},
				{Name: "numpy", Title: "numpy", Workers: 2, Package: "numpy"},
			},
			Requirements: []Requirement{throughputOf("Pool", 3), stepAtMost(2, Microseconds)},
		},
		Measured: []Measured{
			{Name: "go", Title: "Go", Workers: 2, Samples: []Sample{{Seconds: 0.00234, CPUSeconds: 0.01, PeakBytes: 9e6}, {Seconds: 0.003, CPUSeconds: 0.02, PeakBytes: 9e6}}},
			{Name: "Pool", Title: "Pool", Workers: 2, Samples: []Sample{{Seconds: 0.12345, CPUSeconds: 0.1, PeakBytes: 20e6}}},
			{Name: "numpy", Title: "numpy", Workers: 2, Skipped: "numpy can't be imported"},
		},
	}
	report := &Report{
		Date:           time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Machine:        Machine{CPU: "a CPU", Cores: 2, OS: "an OS"},
		Versions:       map[string]string{"go": "1.26", "python": "3.14", "aiohttp": "3.14"},
		LatencySeconds: 0.05, Runs: 2,
		Rows:  []Row{many, most, tasks},
		Notes: []string{"10,000, Threads skipped: requests can't be imported"},
	}
	for i := range report.Rows {
		report.Rows[i].sumUp(50 * time.Millisecond)
	}
	report.judge()
	return report
}

func TestReportsMatchGoldenFiles(t *testing.T) {
	for file, write := range map[string]func(*Report, *bytes.Buffer) error{
		"report.txt":  func(r *Report, b *bytes.Buffer) error { return r.WriteText(b) },
		"report.md":   func(r *Report, b *bytes.Buffer) error { return r.WriteMarkdown(b) },
		"report.json": func(r *Report, b *bytes.Buffer) error { return r.WriteJSON(b) },
	} {
		t.Run(file, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(sampleReport(), &got); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("the report differs from %s (update it with go test -update); got\n%s", golden, got.Bytes())
			}
		})
	}
}

func TestAReportCanBeReadBackFromItsJSON(t *testing.T) {
	var b bytes.Buffer
	if err := sampleReport().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if f := got.row("10000").figures("aiohttp"); f.MinSeconds != 1.6 || f.GoTime != 1.1/1.6 {
		t.Errorf("got figures %+v, want those written", f)
	}
}

func TestATimeHasAtLeastThreeSignificantDigits(t *testing.T) {
	for value, want := range map[float64]string{0: "0.00", 0.0123456: "0.0123", 0.5: "0.500", 1.234: "1.23", 12.34: "12.3", 283.4: "283", 28341: "28341"} {
		if got := figures(value, 3); got != want {
			t.Errorf("%v: got %s, want %s", value, got, want)
		}
	}
}

func TestCountsAreGroupedByThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 100_000: "100,000", 12_345_678: "12,345,678"} {
		if got := count(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
