package bench

import (
	"encoding/json"
	"io"
	"slices"
	"time"
)

// A Report is everything that a run measured. --json prints its JSON form.
// Times are in seconds, memory in bytes.
type Report struct {
	Date           time.Time         `json:"date"`
	Machine        Machine           `json:"machine"`
	Versions       map[string]string `json:"versions"` // go, python, requests, aiohttp, numpy, cc
	LatencySeconds float64           `json:"latency_seconds"`
	Runs           int               `json:"runs"`  // of each side, unless it has more or fewer samples
	Quick          bool              `json:"quick"` // small sizes: the figures mean nothing, and there are no verdicts
	Rows           []Row             `json:"works"`
	Notes          []string          `json:"notes,omitempty"` // what was left out, and why
}

// A Row is a work with its measurements.
type Row struct {
	Work
	Measured []Measured `json:"sides"`
	Verdicts []Verdict  `json:"musts,omitempty"`
}

// A Measured is a side of a row: its samples, or why it has none.
type Measured struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Workers int      `json:"workers"` // 0 means no limit
	Samples []Sample `json:"samples,omitempty"`
	Figures
	Skipped string `json:"skipped,omitempty"` // why the side was not run
	Failed  string `json:"failed,omitempty"`  // why a run of the side failed
}

// A Sample is one run of a side.
type Sample struct {
	Seconds     float64 `json:"seconds"`      // of the downloads or steps
	WallSeconds float64 `json:"wall_seconds"` // of the process, from start to exit
	CPUSeconds  float64 `json:"cpu_seconds"`  // of the process and those that it started
	PeakBytes   int64   `json:"peak_bytes"`   // of the largest of these processes
	Connections int     `json:"connections"`  // accepted by the server
}

// Figures summarize the samples of a side. All are 0 if there are no samples.
type Figures struct {
	LimitSeconds  float64 `json:"limit_seconds"`
	MinSeconds    float64 `json:"min_seconds"`
	MedianSeconds float64 `json:"median_seconds"`
	TimesLimit    float64 `json:"times_limit"`         // minimum ÷ limit
	PerSecond     float64 `json:"requests_per_second"` // of downloads
	CPUSeconds    float64 `json:"cpu_seconds"`         // minimum
	PeakBytes     int64   `json:"peak_bytes"`          // median
	// The first side's figure ÷ this side's; 0 for the first side.
	GoTime   float64 `json:"go_time_ratio,omitempty"`
	GoMemory float64 `json:"go_memory_ratio,omitempty"`
	GoCPU    float64 `json:"go_cpu_ratio,omitempty"`
}

func (f Figures) measured() bool { return f.MinSeconds > 0 }

// sumUp computes the figures of every side from its samples.
func (r *Row) sumUp(latency time.Duration) {
	for i := range r.Measured {
		m := &r.Measured[i]
		if len(m.Samples) == 0 {
			continue
		}
		limit := r.Sides[i].limit(r.Downloads, latency).Seconds()
		seconds := column(m.Samples, func(s Sample) float64 { return s.Seconds })
		least := slices.Min(seconds)
		m.Figures = Figures{
			LimitSeconds:  limit,
			MinSeconds:    least,
			MedianSeconds: median(seconds),
			PerSecond:     float64(r.Downloads) / least,
			CPUSeconds:    slices.Min(column(m.Samples, func(s Sample) float64 { return s.CPUSeconds })),
			PeakBytes:     int64(median(column(m.Samples, func(s Sample) float64 { return float64(s.PeakBytes) }))),
		}
		if limit > 0 {
			m.TimesLimit = least / limit
		}
	}
	if len(r.Measured) == 0 || !r.Measured[0].measured() {
		return
	}
	golang := r.Measured[0].Figures
	for i := range r.Measured {
		m := &r.Measured[i]
		if i == 0 || !m.measured() {
			continue
		}
		m.GoTime = golang.MinSeconds / m.MinSeconds
		m.GoMemory = float64(golang.PeakBytes) / float64(m.PeakBytes)
		m.GoCPU = golang.CPUSeconds / m.CPUSeconds
	}
}

// row returns the work with a name, or an empty row if it was not run.
func (r *Report) row(name string) *Row {
	for i := range r.Rows {
		if r.Rows[i].Name == name {
			return &r.Rows[i]
		}
	}
	return &Row{}
}

// figures returns the figures of the side with a name, or zero if it was not
// run.
func (r *Row) figures(side string) Figures {
	for _, m := range r.Measured {
		if m.Name == side {
			return m.Figures
		}
	}
	return Figures{}
}

// judge fills in the verdicts. A quick report has none.
func (r *Report) judge() {
	if r.Quick {
		return
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Verdicts = nil
		for _, q := range row.Requirements {
			row.Verdicts = append(row.Verdicts, q.judge(r, row))
		}
	}
}

// Count returns how many verdicts have a status.
func (r *Report) Count(result Status) int {
	n := 0
	for _, row := range r.Rows {
		for _, v := range row.Verdicts {
			if v.Result == result {
				n++
			}
		}
	}
	return n
}

// Failures returns a line for each side that failed.
func (r *Report) Failures() []string {
	var failures []string
	for _, row := range r.Rows {
		for _, m := range row.Measured {
			if m.Failed != "" {
				failures = append(failures, row.Title+", "+m.Title+": "+m.Failed)
			}
		}
	}
	return failures
}

// WriteJSON writes the report as indented JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

func column(samples []Sample, of func(Sample) float64) []float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	return values
}

// median returns the median of at least one value; for an even number, it is
// the mean of the middle two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
