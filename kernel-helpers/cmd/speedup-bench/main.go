// Command speedup-bench measures Go and Python side by side in one run:
// downloads from one local server, CPU-bound work, and what process pools,
// generators and tasks cost. It prints times, ratios and what must hold.
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

// peerArgument makes this program the Go side of a measurement.
const peerArgument = "peer"

const usage = `Usage: speedup-bench [flags]

Does the same work in Go and in Python, side by side: downloads from one server
on this machine whose answers take 50 ms, CPU-bound sums (in C, too, where there
is a compiler), tasks on process pools, steps of generators. Prints for each
work the time taken, for downloads the limit (the time that no client can beat),
peak memory, Go's figures as a share of the others', and whether what the
project promises holds. Takes 3 to 5 minutes; the sides take turns, so other
load meets all of them.

Works, for --only:
%s
The Python sides run on the checkout's .venv (./install.sh lab makes it), or the
Python that --python or $%s names; without one they are skipped.

Exit status: 0 well; 1 a run failed, was stopped, or a must failed with --check;
2 wrong usage.

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
		fmt.Fprintf(stderr, "speedup-bench: %v (--help tells more)\n", err)
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
	flags.IntVar(&set.runs, "runs", 0, "run each side `N` times (default 3; 2 where a run is long, 10 where it is short; with --quick 1)")
	flags.StringVar(&set.only, "only", "", "measure only these works: `names` separated by commas")
	flags.BoolVar(&set.quick, "quick", false, "small sizes, a few seconds: shows that all sides work, judges nothing")
	flags.BoolVar(&set.long, "long", false, "also aiohttp on 100,000 downloads (up to a minute and 700 MB more a run)")
	flags.DurationVar(&set.latency, "latency", 50*time.Millisecond, "`time` that the server takes to answer")
	flags.StringVar(&set.python, "python", "", "`path` of the Python for the Python sides")
	flags.BoolVar(&set.check, "check", false, "exit with status 1 if a must fails or could not be measured")
	flags.BoolVar(&set.asJSON, "json", false, "print everything measured as JSON")
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
		return set, fmt.Errorf("--latency %v: must be above 0", set.latency)
	case set.asJSON && set.markdown:
		return set, errors.New("--json and --markdown: only one of them")
	case set.quick && set.check:
		return set, errors.New("--quick and --check: quick sizes are not judged")
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

// works are the ones asked for, in the order of the whole.
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
		return nil, fmt.Errorf("--only: no work %q (there are %s)", name, strings.Join(names, ", "))
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
	case len(report.Rows) == 0: // stopped before anything was measured
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
		return fmt.Errorf("%d sides failed, the first: %s", len(failures), failures[0])
	}
	if failed, open := report.Count(bench.Fails), report.Count(bench.NotMeasured); set.check && failed+open > 0 {
		return fmt.Errorf("check: %d musts failed, %d not measured", failed, open)
	}
	return nil
}

// progressOn returns a function that shows what is going on in one line of a
// terminal, and one that clears the line. Elsewhere they do nothing.
func progressOn(stderr io.Writer) (show func(string), clear func()) {
	file, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, func() {}
	}
	const eraseLine = "\r\x1b[K"
	return func(line string) { fmt.Fprint(file, eraseLine+line) },
		func() { fmt.Fprint(file, eraseLine) }
}
