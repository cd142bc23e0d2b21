// Nbrun executes Jupyter notebooks on their kernels and saves the outputs as
// JupyterLab would. Run it with --help.
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

const usage = `nbrun executes Jupyter notebooks, each in a kernel of its own.

usage: nbrun [-o OUT | --inplace] [options] FILE.ipynb ...

  -o OUT           save the executed notebook to this file; with several
                   notebooks, or when OUT is a folder or ends in /, to this
                   folder under their own names
  --inplace        save each executed notebook over itself
                   (with neither, nothing is saved: a check that all runs)
  --timeout TIME   the longest a cell may take, such as 90, 90s or 5m;
                   0 is no limit (default 5m)
  --kernel NAME    run on this kernelspec, not on the one that the notebook
                   names (a notebook that names none runs on gonb)
  --allow-errors   go on after a cell that fails, as after one that has the
                   tag raises-exception
  --parallel N     run so many notebooks at the same time (default 1)
  --json           print the results as one JSON object
  --help           print this

The kernel works in the notebook's folder. A run stops at the first cell that
fails, takes too long or loses its kernel; what has been output until then is
saved, with an error output in that cell that says what happened, and the
cells after it are saved without outputs. A file is replaced as a whole or not
at all. Of each cell's stdout and stderr the first 10 MB are kept, and a line
says how much was left out.

Cells tagged skip-execution are not run. Times are recorded in the cells'
metadata if a cell of the notebook has such times already.

Ctrl-C (or SIGTERM, SIGHUP) interrupts the running cells, saves, and ends; a second
one kills the kernels at once. Exit status: 0 all went well, 1 something
failed or was interrupted, 2 wrong usage.
`

// settings are what the command line says.
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

// seconds is a duration whose unit may be left out.
type seconds time.Duration

func (s *seconds) String() string { return time.Duration(*s).String() }

func (s *seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if n, numErr := strconv.ParseFloat(text, 64); numErr == nil {
		d, err = time.Duration(n*float64(time.Second)), nil
	}
	if err != nil || d < 0 {
		return errors.New("want a time such as 90, 90s or 5m")
	}
	*s = seconds(d)
	return nil
}

// parse reads the command line; options may stand after files.
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
		return s, errors.New("no notebook is named")
	case s.inplace && s.out != "":
		return s, errors.New("-o and --inplace exclude each other")
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
	ctx, abort, stop := listen(lines)
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
		fmt.Fprintf(stderr, "nbrun: print the results: %v\n", err)
		return 1
	}
	if total.Passed < len(reports) {
		return 1
	}
	return 0
}

// execute runs the jobs and returns their reports in the jobs' order.
func execute(ctx context.Context, abort <-chan struct{}, s settings, jobs []job, lines *screen) []report {
	folders := besideProgram()
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
			lines.done(i, reports[i])
			return nil
		})
	}
	_ = group.Wait() // failures are in the reports
	return reports
}

// besideProgram returns the folder of kernelspecs in the checkout that the
// program was installed in: bin/nbrun finds .venv's kernels from anywhere.
func besideProgram() []string {
	program, err := os.Executable()
	if err != nil {
		return nil
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		return nil
	}
	return []string{filepath.Join(filepath.Dir(filepath.Dir(program)), ".venv", "share", "jupyter", "kernels")}
}

// listen turns the first signal into the end of the context and the second
// into abort. stop ends the listening.
func listen(lines *screen) (ctx context.Context, abort <-chan struct{}, stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
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
			lines.say("nbrun: " + s.String() + ": interrupting the running cells; once more ends at once")
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
