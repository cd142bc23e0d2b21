// Speedup-bench measures Go and Python in one run: downloads from a local server,
// CPU-bound work, and the cost of process pools, generators and tasks. It prints
// times and ratios, and whether the project's requirements hold.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"example.com/speedup/kernel-helpers/internal/bench"
)

// peerArgument is the argument with which the program runs as the Go side of a
// measurement.
const peerArgument = "peer"

const usage = `Usage: speedup-bench [flags]

Speedup-bench does the same work in Go and in Python: downloads from a server on
this machine that takes 50 ms to answer, CPU-bound sums (also in C, if there is a
compiler), tasks on process pools, and steps of generators. For each work it
prints the time, the peak memory, Go's figures relative to those of the other
sides, and whether the project's requirements hold. For downloads it also prints
the limit, which is the time that no client can beat. It takes 3 to 5 minutes. The
sides run in turn, so that other load on the machine affects all of them.

Works, for --only:
%s
The Python sides run on the Python that --python or $%s names, or
else on that of the checkout's .venv, which ./install.sh lab creates. If there is
none, they are skipped.

Exit status: 0 if all runs succeeded; 1 if one failed or was interrupted, or if a
requirement did not hold with --check; 2 for wrong usage.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type settings struct {
	runs                                 int
	only, python                         string
	quick, long, check, asJSON, markdown bool
	latency                              time.Duration
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == peerArgument {
		if err := bench.ServePeer(ctx, stdin, stdout); err != nil {
			fmt.Fprintln(stderr, err)
			return 1
		}
		return 0
	}
	set, err := parse(args, stdout, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "speedup-bench: %v; see speedup-bench --help\n", err)
		return 2
	}
	if err := measure(ctx, set, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "speedup-bench:", err)
		return 1
	}
	return 0
}

func parse(args []string, stdout, stderr io.Writer) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("speedup-bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&set.runs, "runs", 0, "run each side `N` times (default 3, but 2 for long and 10 for short works; 1 with --quick)")
	flags.StringVar(&set.only, "only", "", "measure only these works, a comma-separated list of `names`")
	flags.BoolVar(&set.quick, "quick", false, "use small sizes, which take a few seconds: show that all sides work, without verdicts")
	flags.BoolVar(&set.long, "long", false, "also run aiohttp on 100,000 downloads (up to a minute and 700 MB more per run)")
	flags.DurationVar(&set.latency, "latency", 50*time.Millisecond, "`time` that the server takes to answer")
	flags.StringVar(&set.python, "python", "", "`path` of the Python that runs the Python sides")
	flags.BoolVar(&set.check, "check", false, "exit with status 1 if a requirement failed or was not measured")
	flags.BoolVar(&set.asJSON, "json", false, "print all measurements as JSON")
	flags.BoolVar(&set.markdown, "markdown", false, "print Markdown tables")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(stdout, usage, workList(), bench.PythonVariable)
			flags.SetOutput(stdout)
			flags.PrintDefaults()
		}
		return set, err
	}
	runsGiven := false
	flags.Visit(func(f *flag.Flag) { runsGiven = runsGiven || f.Name == "runs" })
	switch {
	case flags.NArg() > 0:
		return set, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case runsGiven && set.runs < 1:
		return set, fmt.Errorf("--runs %d: must be at least 1", set.runs)
	case set.latency <= 0:
		return set, fmt.Errorf("--latency %v: must be positive", set.latency)
	case set.asJSON && set.markdown:
		return set, errors.New("--json and --markdown are mutually exclusive")
	case set.quick && set.check:
		return set, errors.New("--quick and --check are mutually exclusive")
	}
	if set.runs == 0 && set.quick {
		set.runs = 1
	}
	_, err := works(set)
	return set, err
}

func workList() string {
	var b strings.Builder
	for _, work := range bench.Works(false) {
		fmt.Fprintf(&b, "  %-17s %s\n", work.Name, work.Title)
	}
	return b.String()
}

// works returns the works that --only selects, in the order of bench.Works.
func works(set settings) ([]bench.Work, error) {
	all := bench.Works(set.quick)
	if set.only == "" {
		return all, nil
	}
	asked := make(map[string]bool)
	for name := range strings.SplitSeq(set.only, ",") {
		asked[strings.TrimSpace(name)] = true
	}
	var chosen []bench.Work
	var names []string
	for _, work := range all {
		names = append(names, work.Name)
		if asked[work.Name] {
			chosen = append(chosen, work)
			delete(asked, work.Name)
		}
	}
	for name := range asked {
		return nil, fmt.Errorf("--only: no work is called %q, want one of %s", name, strings.Join(names, ", "))
	}
	return chosen, nil
}

func measure(ctx context.Context, set settings, stdout, stderr io.Writer) error {
	chosen, err := works(set)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	options := bench.Options{
		Works: chosen, Runs: set.runs, Latency: set.latency, Long: set.long, Quick: set.quick,
		GoPeer: []string{program, peerArgument},
	}
	path, err := bench.FindPython(set.python)
	switch {
	case errors.Is(err, bench.ErrNoPython):
		options.NoPython = err.Error()
	case err != nil:
		return err
	default:
		if options.Python, err = bench.OpenPython(ctx, path); err != nil {
			return err
		}
	}
	progress, clearProgress := progressOn(stderr)
	options.Progress = progress

	report, err := bench.Run(ctx, options)
	clearProgress()
	var writeErr error
	switch {
	case len(report.Rows) == 0: // interrupted before the first measurement
	case set.asJSON:
		writeErr = report.WriteJSON(stdout)
	case set.markdown:
		writeErr = report.WriteMarkdown(stdout)
	default:
		writeErr = report.WriteText(stdout)
	}
	if err := errors.Join(err, writeErr); err != nil {
		return err
	}
	if failures := report.Failures(); len(failures) > 0 {
		return fmt.Errorf("%d sides failed, the first with: %s", len(failures), failures[0])
	}
	if failed, open := report.Count(bench.Fails), report.Count(bench.NotMeasured); set.check && failed+open > 0 {
		return fmt.Errorf("check: requirements that failed: %d, not measured: %d", failed, open)
	}
	return nil
}

// progressOn returns a function that shows the progress in one line of the
// terminal, and one that clears that line. If stderr is no terminal, show is nil
// and clear does nothing.
func progressOn(stderr io.Writer) (show func(string), clear func()) {
	file, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, func() {}
	}
	const eraseLine = "\r\x1b[K"
	return func(line string) { fmt.Fprint(file, eraseLine+line) },
		func() { fmt.Fprint(file, eraseLine) }
}
