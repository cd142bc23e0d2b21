package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.com/speedup/workloads/sites"
)

// Options say what Run measures.
type Options struct {
	Works   []Work        // see [Works]
	Runs    int           // of each side; 0 means as specified by each work
	Latency time.Duration // of the server's responses
	Long    bool          // include the sides that take long
	Quick   bool          // Works are the quick ones
	// GoPeer is the command that calls [ServePeer]: this program with the
	// argument that makes it a peer.
	GoPeer []string
	// Python runs the Python sides. If it is nil, they are skipped for the
	// reason NoPython.
	Python   *Python
	NoPython string
	// Progress, if not nil, is called with a description of each run.
	Progress func(line string)
}

// Run measures the works. A side that can't be run is skipped with the reason.
// A side that fails doesn't stop the others; see [Report.Failures]. When ctx
// ends, Run kills the current side and returns what was measured so far
// together with the error.
func Run(ctx context.Context, o Options) (*Report, error) {
	report := &Report{
		Date:           time.Now().Truncate(time.Second),
		Machine:        thisMachine(),
		Versions:       map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")},
		LatencySeconds: o.Latency.Seconds(),
		Runs:           cmp.Or(o.Runs, DefaultRuns),
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

	folder, err := os.MkdirTemp("", "speedup-bench-")
	if err != nil {
		return report, fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(folder)
	r := runner{Options: o}
	if err := r.prepare(ctx, folder, report); err != nil {
		return report, err
	}
	server, err := sites.Start(ctx, sites.Latency(o.Latency))
	if err != nil {
		return report, fmt.Errorf("bench: %w", err)
	}
	defer server.Close()
	r.server = server
	for blog, pages := range map[bool]sites.Pages{false: server.URLs(1), true: server.Blog()} {
		if r.sizes[blog], err = r.measure(ctx, pages); err != nil {
			return report, err
		}
		r.pages[blog] = pages
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

// A runner holds what all rows share.
type runner struct {
	Options
	peers   string // the file with the Python sides
	program string // the program of the C sides
	noC     string // why there is no such program
	server  *sites.Server
	pages   map[bool][]string // by whether they are the blog's
	sizes   map[bool][]int64  // of the pages, in bytes
}

// prepare creates what the sides in other languages need. A missing or broken C
// compiler is not an error.
func (r *runner) prepare(ctx context.Context, folder string, report *Report) (err error) {
	r.pages, r.sizes = make(map[bool][]string), make(map[bool][]int64)
	if r.peers, err = writePeers(folder); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	for _, work := range r.Works {
		if !slices.ContainsFunc(work.Sides, func(s Side) bool { return s.Package == inC }) {
			continue
		}
		program, version, err := compileC(ctx, folder)
		if ctx.Err() != nil {
			return fmt.Errorf("bench: %w", context.Cause(ctx))
		}
		if err != nil {
			r.noC = err.Error()
			return nil
		}
		r.program, report.Versions["cc"] = program, version
		return nil
	}
	return nil
}

// measure returns the sizes of the pages, which every side must report.
func (r *runner) measure(ctx context.Context, pages []string) (sizes []int64, err error) {
	client := r.server.Client()
	defer client.CloseIdleConnections()
	for _, page := range pages {
		size, err := sites.Download(ctx, client, page)
		if err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		sizes = append(sizes, int64(size))
	}
	return sizes, nil
}

// row runs the sides of a work in turn. Its error is ctx's; the failure of a
// side is part of the row.
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
	runs := cmp.Or(r.Runs, work.Runs, DefaultRuns)
	for run := range runs {
		for turn := range row.Sides {
			i := (turn + run) % len(row.Sides)
			m := &row.Measured[i]
			if m.Skipped != "" || m.Failed != "" {
				continue
			}
			if r.Progress != nil {
				r.Progress(fmt.Sprintf("%s: %s, run %d of %d", work.Title, m.Title, run+1, runs))
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

// cannot returns why a side can't be run here, or "".
func (r *runner) cannot(work Work, side Side) string {
	switch {
	case side.isGo():
	case side.Package == inC:
		if r.noC != "" {
			return r.noC
		}
	case r.Python == nil:
		return r.NoPython
	default:
		if reason := r.Python.lacks(side.Package); reason != "" {
			return reason
		}
	}
	return tooManyFiles(side.openFiles(work.Downloads))
}

// sample runs a side once and checks that it did all the work.
func (r *runner) sample(ctx context.Context, work Work, side Side) (Sample, error) {
	job := Job{
		Way: side.Way, Pages: r.pages[work.Blog], Downloads: work.Downloads, Chunk: work.Chunk, Workers: side.Workers,
		OpenFiles: side.openFiles(work.Downloads), Steps: work.Steps, First: work.First,
	}
	command := r.GoPeer
	switch {
	case side.isGo():
	case side.Package == inC:
		command = cCommand(r.program, job)
	default:
		command = pythonCommand(r.Python.Path, r.peers)
	}
	stdin, err := json.Marshal(job)
	if err != nil {
		return Sample{}, err
	}
	before, err := r.server.Stats(ctx)
	if err != nil {
		return Sample{}, err
	}
	inTime, cancel := context.WithTimeout(ctx, r.timeLimit(work, side))
	defer cancel()
	child, err := runChild(inTime, command, stdin)
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

// timeLimit returns the time limit for a run: half a minute for the start, ten
// times the limit of the side, and the time for 500 requests per second. Steps
// have no such limit; Python takes less than half a minute for them, even on a
// slow machine.
func (r *runner) timeLimit(work Work, side Side) time.Duration {
	if work.Steps > 0 {
		return 3 * time.Minute
	}
	return 30*time.Second + 10*side.limit(work.Downloads, r.Latency) + time.Duration(work.Downloads)*2*time.Millisecond
}

// check compares a side's own counts with the server's and with the sizes of
// the pages, and its answer with the known one.
func (r *runner) check(work Work, outcome Outcome, served int) error {
	var expected int64
	sizes := r.sizes[work.Blog]
	for i := range work.Downloads {
		expected += sizes[i%len(sizes)]
	}
	var errs []error
	if outcome.Downloads != work.Downloads || served != work.Downloads {
		errs = append(errs, fmt.Errorf("%d downloads reported and %d requests served, want %d", outcome.Downloads, served, work.Downloads))
	}
	if outcome.Bytes != expected {
		errs = append(errs, fmt.Errorf("%d bytes downloaded, want %d", outcome.Bytes, expected))
	}
	if outcome.Steps != work.Steps || outcome.Answer != work.Answer {
		errs = append(errs, fmt.Errorf("%d steps done with the answer %q, want %d with %q", outcome.Steps, outcome.Answer, work.Steps, work.Answer))
	}
	return errors.Join(errs...)
}
