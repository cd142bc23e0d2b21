package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"example.com/speedup/workloads/sites"
)

// Options say what Run measures.
type Options struct {
	Works   []Work        // see [Works]
	Runs    int           // of each side, at least 1
	Latency time.Duration // of the server's answers
	Long    bool          // the sides that are long, too
	Quick   bool          // Works are the quick ones
	// GoPeer is the command that calls [ServePeer]: this program with the
	// argument that makes it a peer.
	GoPeer []string
	// Python runs the Python sides; without one they are skipped, for the
	// reason NoPython.
	Python   *Python
	NoPython string
	// Progress, if not nil, is told what is being run.
	Progress func(line string)
}

// Run measures the works. A side that can't be run is skipped with its reason,
// one that fails doesn't stop the others: see [Report.Failures]. When ctx ends,
// Run kills the side that is running, and returns what was measured so far with
// the error.
func Run(ctx context.Context, o Options) (*Report, error) {
	report := &Report{
		Date:           time.Now().Truncate(time.Second),
		Machine:        thisMachine(),
		Versions:       map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")},
		LatencySeconds: o.Latency.Seconds(),
		Runs:           o.Runs,
		Quick:          o.Quick,
	}
	if o.Python != nil {
		report.Versions["python"] = o.Python.Version
		for name, version := range o.Python.Packages {
			report.Versions[name] = version
		}
	} else {
		report.Notes = append(report.Notes, "Python sides skipped: "+o.NoPython)
	}

	server, err := sites.Start(ctx, sites.Latency(o.Latency))
	if err != nil {
		return report, fmt.Errorf("bench: %w", err)
	}
	defer server.Close()
	r := runner{Options: o, server: server, pages: server.URLs(1)}
	if err := r.measurePages(ctx); err != nil {
		return report, err
	}
	for _, work := range o.Works {
		row, err := r.row(ctx, work)
		report.Rows = append(report.Rows, row)
		for _, m := range row.Measured {
			if m.Skipped != "" && m.Skipped != o.NoPython {
				report.Notes = append(report.Notes, fmt.Sprintf("%s, %s skipped: %s", row.Title, m.Title, m.Skipped))
			}
		}
		if err != nil {
			report.judge()
			return report, err
		}
	}
	report.judge()
	return report, nil
}

// runner holds what all rows share.
type runner struct {
	Options
	server *sites.Server
	pages  []string
	sizes  []int64 // of the pages, in bytes
}

// measurePages finds the sizes that every side must report.
func (r *runner) measurePages(ctx context.Context) error {
	client := r.server.Client()
	defer client.CloseIdleConnections()
	for _, page := range r.pages {
		size, err := sites.Download(ctx, client, page)
		if err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		r.sizes = append(r.sizes, int64(size))
	}
	return nil
}

// row runs the sides of a work in turn. Its error is ctx's: a side's own
// failure is part of the row.
func (r *runner) row(ctx context.Context, work Work) (Row, error) {
	row := Row{Work: work}
	row.Sides = nil
	for _, side := range work.Sides {
		if side.Long && !r.Long {
			continue
		}
		row.Sides = append(row.Sides, side)
		row.Measured = append(row.Measured, Measured{
			Name: side.Name, Title: side.Title, Workers: side.Workers, Skipped: r.cannot(work, side),
		})
	}
	defer row.sumUp(r.Latency)
	for run := range r.Runs {
		for turn := range row.Sides {
			i := (turn + run) % len(row.Sides)
			m := &row.Measured[i]
			if m.Skipped != "" || m.Failed != "" {
				continue
			}
			if r.Progress != nil {
				r.Progress(fmt.Sprintf("%s: %s, run %d of %d", work.Title, m.Title, run+1, r.Runs))
			}
			sample, err := r.sample(ctx, work, row.Sides[i])
			if ctx.Err() != nil {
				return row, fmt.Errorf("bench: stopped during %q: %w", work.Title, context.Cause(ctx))
			}
			if err != nil {
				m.Failed, m.Samples = err.Error(), nil
				continue
			}
			m.Samples = append(m.Samples, sample)
		}
	}
	return row, nil
}

// cannot says why a side can't be run here, or "".
func (r *runner) cannot(work Work, side Side) string {
	if !side.isGo() {
		if r.Python == nil {
			return r.NoPython
		}
		if reason := r.Python.lacks(side.Package); reason != "" {
			return reason
		}
	}
	return tooManyFiles(side.openFiles(work.Downloads))
}

// sample runs a side once and checks that it did the whole work.
func (r *runner) sample(ctx context.Context, work Work, side Side) (Sample, error) {
	command := r.GoPeer
	if !side.isGo() {
		command = pythonCommand(r.Python.Path)
	}
	job, err := json.Marshal(Job{
		Way: side.Way, Pages: r.pages, Downloads: work.Downloads, Workers: side.Workers,
		OpenFiles: side.openFiles(work.Downloads),
	})
	if err != nil {
		return Sample{}, err
	}
	before, err := r.server.Stats(ctx)
	if err != nil {
		return Sample{}, err
	}
	inTime, cancel := context.WithTimeout(ctx, r.patience(work, side))
	defer cancel()
	child, err := runChild(inTime, command, job)
	if err != nil {
		return Sample{}, err
	}
	after, err := r.server.Stats(ctx)
	if err != nil {
		return Sample{}, err
	}
	outcome, err := ParseOutcome(child.stdout)
	if err != nil {
		return Sample{}, err
	}
	if err := r.check(work, outcome, after.Requests-before.Requests); err != nil {
		return Sample{}, err
	}
	return Sample{
		Seconds:     outcome.Seconds,
		WallSeconds: child.wall.Seconds(),
		CPUSeconds:  child.cpu.Seconds(),
		PeakBytes:   child.peakBytes,
		Connections: after.Connections - before.Connections,
	}, nil
}

// patience bounds a run: ten times the limit, and the time that a client of
// 500 requests a second takes, after half a minute to start.
func (r *runner) patience(work Work, side Side) time.Duration {
	return 30*time.Second + 10*side.limit(work.Downloads, r.Latency) + time.Duration(work.Downloads)*2*time.Millisecond
}

// check holds a side's own count against the server's and against the sizes of
// the pages.
func (r *runner) check(work Work, outcome Outcome, served int) error {
	var expected int64
	for i := range work.Downloads {
		expected += r.sizes[i%len(r.sizes)]
	}
	var errs []error
	if outcome.Downloads != work.Downloads || served != work.Downloads {
		errs = append(errs, fmt.Errorf("%d downloads reported and %d requests served, not %d", outcome.Downloads, served, work.Downloads))
	}
	if outcome.Bytes != expected {
		errs = append(errs, fmt.Errorf("%d bytes downloaded, not %d", outcome.Bytes, expected))
	}
	return errors.Join(errs...)
}
