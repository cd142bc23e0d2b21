// Command coursework makes, releases, checks and grades assignments on
// concurrency. Run it with --help.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/term"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/shared"
)

const usage = `coursework makes, releases, checks and grades assignments on concurrency, in
nbgrader's course layout.

For students
  coursework check [FILE.ipynb] [EXERCISE]
        Runs the visible tests on the notebook as it was last saved, by the rules
        of grading. In a notebook: !coursework check

  coursework doctor
        Says what is missing on this machine for each command, and what to do.
        Exit status 1 if something is missing.

For teachers, in the course's folder or with --course DIR
  coursework new DIR              makes a course, with one assignment to start with
                                  (inside the checkout, write ./DIR)
  coursework new NAME             adds an assignment, in a course's folder or with --course
  coursework verify [NAME ...]    checks the tests with the reference solution, the
                                  stub and every mutant
  coursework release NAME ...     makes release/NAME without solutions and hidden tests
  coursework handout DIR          copies the checkout for students: with what was
                                  released, without solutions, hidden tests and notes
  coursework collect NAME FILE ...
                                  puts handed-in STUDENT.ipynb or .zip files into submitted/
  coursework roster               prints the class list in roster.csv, and takes students
                                  out of the results who are not on it; see below
  coursework grade NAME [STUDENT ...]
                                  grades what is in submitted/, into results/, grades.csv
                                  and nbgrader's gradebook
  coursework feedback NAME [STUDENT ...]
                                  writes feedback/ from the results and from the points
                                  and comments in nbgrader's gradebook, after updating it
  coursework intake NAME STUDENT NOTEBOOK
                                  prints a submitted notebook as nbgrader gets it; nbgrader
                                  autograde runs this
  coursework similar NAME         lists answers that are equal after renaming, reordering
                                  and formatting, by exercise
  coursework stats NAME           prints how many passed each test, how the points of each
                                  exercise are spread, and the most frequent messages
  coursework export [NAME ...]    prints the grades of these or all assignments as CSV:
                                  the points of the tests
  coursework export --format FORMAT NAME
                                  prints grades with what a person gave, for a platform

Options
  --course DIR           the course (default: this folder, or notebooks/coursework
                         of the checkout)
  --json                 print results as JSON (all commands but new and release)
  --parallel N           grade, verify: submissions or answers to run at once
                         (default: one per processor, at most 8)
  --again                grade: also submissions that have a result of the same
                         inputs; collect: let a class's zip file replace what
                         students handed in before
  --no-gradebook         grade, feedback, roster, export: leave nbgrader's gradebook alone
  --format FORMAT        export: csv; canvas, for Canvas's Gradebook > Import; moodle, for
                         the offline grading worksheet or, without --into, the
                         gradebook's import; gradescope, a student's results.json.
                         stats: csv, or html, a page with charts
  --into FILE            export: fill in this file, which Canvas's Export or Moodle's
                         Download grading worksheet gave
  --student STUDENT      export: only this student
  --github-classroom     handout: add .github/workflows/classroom.yml, which runs
                         coursework check on each push; the handout is then the
                         template repository of a GitHub Classroom assignment
  --zip FILE             feedback: also a zip file of the pages. Students' files have the
                         names that Moodle's Upload multiple feedback files and
                         Canvas's Upload Submissions take back, if the notebooks were
                         collected from a zip file of Moodle or Canvas
  --against DIR          similar: compare with an earlier year as well: a course, or a
                         folder with notebooks; may be repeated
  --at-least PERCENT     similar: list pairs from this similarity on (default: 80)
  --mutants              verify: also generate wrong answers from the reference
                         solutions, run them, and name those that pass
  --times N              verify: run the reference solution N times (default: 1)
  --unsafe-no-sandbox    grade, verify: run answers without a sandbox. They can then
                         read what you can read
  --help                 print this

Answers are graded outside of any kernel: they are compiled with the course's tests
under the race detector and run in a sandbox (bubblewrap) without a network, within
limits of time, memory, processes and output. If grading is interrupted, the same
command continues it. Due dates, the time zone, grace time and the cost of lateness
are in the course's coursework.json.

A course may have a class list, roster.csv: what Canvas or Moodle export, or a file
with the columns student,name,email,group,extension,grace, of which the first is
needed. Then everybody on it has a result, 0 for who handed nothing in; the last
submission of a group counts for all its members; an extension such as "2 days" or
"ps1=2026-11-27 17:00; ps2=48h" and a grace time such as 15m count for one student.
Who is not on it is not graded, and is taken out of the results, into removed/.

Exit status: 0 success, 1 something failed (check: a test did not
pass), 2 wrong usage.
`

// commands are the verbs, by name.
var commands = map[string]func(ctx context.Context, s settings, out *output) error{
	"check":    check,
	"collect":  collect,
	"doctor":   examine,
	"export":   export,
	"feedback": feedback,
	"grade":    grade,
	"handout":  handout,
	"intake":   intake,
	"new":      create,
	"release":  release,
	"roster":   roster,
	"similar":  similarAnswers,
	"stats":    statistics,
	"verify":   verify,
}

func main() {
	coursework.Main() // the sandbox starts this program again
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr *os.File) int {
	s, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return 0
	}
	if err == nil {
		out := &output{stdout: stdout, stderr: stderr, json: s.json, colour: term.IsTerminal(int(stdout.Fd())), live: term.IsTerminal(int(stderr.Fd()))}
		if err = useInstallation(ctx, s.command); err == nil {
			err = commands[s.command](ctx, s, out)
		}
	}
	switch _, wrong := errors.AsType[coursework.UsageError](err); {
	case err == nil:
		return 0
	case wrong:
		fmt.Fprintf(stderr, "coursework: %v; see coursework --help\n", err)
		return 2
	case errors.Is(err, errReported):
		return 1
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "coursework: stopped"+continuing[s.command])
		return 1
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("%w: free some space, then run the same command again", err)
	}
	fmt.Fprintf(stderr, "coursework: %v\n", err)
	return 1
}

// compiling lists the commands that compile what students wrote.
var compiling = []string{"check", "grade", "verify"}

// useInstallation lets a command compile with the seeds of an installation for many
// users, if this program is of one. Otherwise the first run of a user takes minutes.
func useInstallation(ctx context.Context, command string) error {
	if !slices.Contains(compiling, command) {
		return nil
	}
	root, err := checkout.Find(".")
	if err != nil {
		return nil // the command says so, if it needs one
	}
	return shared.UseIfPrepared(ctx, root)
}

// continuing says how to continue an interrupted command, unless that is clear.
var continuing = map[string]string{
	"grade":   "; the same command continues from here",
	"collect": "; what was collected stays: run the same command again (for a class's zip file, with --again)",
}

// errReported is returned by commands that did their work, and printed what failed.
var errReported = errors.New("something failed")
