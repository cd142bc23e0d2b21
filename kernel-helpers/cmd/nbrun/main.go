// Nbrun executes Jupyter notebooks, each in its own kernel, and saves the
// outputs as JupyterLab does. Run nbrun --help for its options.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

const usage = `Nbrun executes Jupyter notebooks, each in its own kernel.

Usage: nbrun [-o OUT | --inplace] [options] FILE.ipynb ...

  -o OUT           save the executed notebook to this file; if there are
                   several notebooks, or if OUT is a folder or ends in /, save
                   them in this folder under their own names
  --inplace        replace each notebook by the executed one
                   (without -o and --inplace, nothing is saved)
  --timeout TIME   time limit for each cell, such as 90, 90s or 5m;
                   0 means no limit (default 5m)
  --kernel NAME    use this kernelspec instead of the one that the notebook
                   names (a notebook that names none runs on gonb)
  --allow-errors   continue after a cell that fails, as after one with the
                   tag raises-exception
  --parallel N     run N notebooks at the same time (default 1)
  --json           print the results as a JSON object
  --help           print this help

The kernel's working directory is the notebook's folder. A run stops at the
first cell that fails, exceeds the time limit or loses its kernel. The notebook
is then saved with the outputs so far and with an error output in that cell that
describes what happened; the cells after it have no outputs. A file is replaced
as a whole or not at all. Nbrun keeps the first 10 MB that each cell prints to
stdout and stderr; if there is more, a line says how much was omitted.

Cells tagged skip-execution are not run. Execution times are recorded in the
cells' metadata if at least one cell of the notebook already has them.

Ctrl-C, SIGTERM or SIGHUP interrupts the running cells; nbrun saves the
notebooks and exits. A second signal kills the kernels immediately.

Exit status: 0 if all notebooks passed, 1 if one failed or was interrupted, 2 for
wrong usage.
`

// settings are the values of the command line.
type settings struct {
	out         string
	inplace     bool
	timeout     seconds
	kernel      string
	allowErrors bool
	parallel    int
	json        bool
	files       []string
}

// seconds is a duration flag whose unit may be omitted.
type seconds time.Duration

func (s *seconds) String() string { return time.Duration(*s).String() }

func (s *seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if n, numErr := strconv.ParseFloat(text, 64); numErr == nil {
		d, err = time.Duration(n*float64(time.Second)), nil
	}
	if err != nil || d < 0 {
		return errors.New("not a time such as 90, 90s or 5m")
	}
	*s = seconds(d)
	return nil
}

// parse parses the command line. Options may follow files.
func parse(args []string) (settings, error) {
	s := settings{timeout: seconds(5 * time.Minute)}
	flags := flag.NewFlagSet("nbrun", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.out, "o", "", "")
	flags.BoolVar(&s.inplace, "inplace", false, "")
	flags.Var(&s.timeout, "timeout", "")
	flags.StringVar(&s.kernel, "kernel", "", "")
	flags.BoolVar(&s.allowErrors, "allow-errors", false, "")
	flags.IntVar(&s.parallel, "parallel", 1, "")
	flags.BoolVar(&s.json, "json", false, "")
	for {
		if err := flags.Parse(args); err != nil {
			return s, err
		}
		if flags.NArg() == 0 {
			break
		}
		s.files = append(s.files, flags.Arg(0))
		args = flags.Args()[1:]
	}
	switch {
	case len(s.files) == 0:
		return s, errors.New("no notebook given")
	case s.inplace && s.out != "":
		return s, errors.New("-o and --inplace are mutually exclusive")
	case s.parallel < 1:
		return s, errors.New("--parallel must be at least 1")
	}
	return s, nil
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr *os.File) int {
	s, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return 0
	}
	var jobs []job
	if err == nil {
		jobs, err = plan(s)
	}
	if err != nil {
		fmt.Fprintf(stderr, "nbrun: %v; see nbrun --help\n", err)
		return 2
	}
	begin := time.Now()
	width := 0
	if term.IsTerminal(int(stderr.Fd())) {
		width, _, _ = term.GetSize(int(stderr.Fd()))
	}
	lines := newScreen(stdout, stderr, width, s.json)
	ctx, abort, stop := handleSignals(lines)
	defer stop()
	reports := execute(ctx, abort, s, jobs, lines)
	total := sum(reports, time.Since(begin))
	if s.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(total)
	} else {
		_, err = fmt.Fprintln(stdout, total.line())
	}
	if err != nil {
		fmt.Fprintf(stderr, "nbrun: write the results: %v\n", err)
		return 1
	}
	if total.Passed < len(reports) {
		return 1
	}
	return 0
}

// execute runs the jobs and returns their reports in the jobs' order.
func execute(ctx context.Context, abort <-chan struct{}, s settings, jobs []job, lines *screen) []report {
	folders := checkoutKernels()
	reports := make([]report, len(jobs))
	var group errgroup.Group
	group.SetLimit(s.parallel)
	for i, j := range jobs {
		group.Go(func() error {
			if ctx.Err() != nil {
				reports[i] = report{File: j.file, Status: notRun}
				return nil
			}
			reports[i] = j.run(ctx, notebook.Options{
				Kernel:      s.kernel,
				Folders:     folders,
				Timeout:     time.Duration(s.timeout),
				AllowErrors: s.allowErrors,
				Abort:       abort,
				Progress:    func(cell, cells int) { lines.progress(i, j.file, cell, cells) },
			})
			lines.finish(i, reports[i])
			return nil
		})
	}
	_ = group.Wait() // the reports hold the errors
	return reports
}

// checkoutKernels returns the folder of kernelspecs in the checkout that contains
// the program, so that bin/nbrun finds the kernels of .venv from any directory.
func checkoutKernels() []string {
	program, err := os.Executable()
	if err != nil {
		return nil
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		return nil
	}
	return []string{filepath.Join(filepath.Dir(filepath.Dir(program)), ".venv", "share", "jupyter", "kernels")}
}

// handleSignals cancels the context at the first signal and closes abort at the
// second. The function stop stops handling signals.
func handleSignals(lines *screen) (ctx context.Context, abort <-chan struct{}, stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // it is ignored under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	aborted := make(chan struct{})
	stopping := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case s := <-signals:
			lines.message("nbrun: " + s.String() + ": interrupting the running cells; a second signal kills the kernels")
			cancel(fmt.Errorf("%v", s))
		case <-stopping:
			return
		}
		select {
		case <-signals:
			close(aborted)
		case <-stopping:
		}
	}()
	return ctx, aborted, func() {
		signal.Stop(signals)
		close(stopping)
		<-stopped
		cancel(nil)
	}
}
